"""The second pass: one kind of work, repeated until the meters can tell its joules.

The work of a window is of one kind alone: requests are first brought to where it begins, and then
all of them go through it. At rest is measured before and after, with the models in memory.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import msgspec

from omnibench.core import Meter, MeterReading, PerfCase, Phase, TrialRecord, Value
from omnibench.engine.measure.bench import LOOK_S, Bench, picture_number
from omnibench.engine.measure.messages import Go, Hold, Ran, stamp
from omnibench.engine.measure.readings import seconds
from omnibench.engine.measure.schedule import MOST_HELD, turn
from omnibench.engine.measure.timing import Trials
from omnibench.meters import spent_values

MARGIN = 1.05
"""Work that is a little quicker than it was must still fill the window."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long windows are, in seconds: at rest (before, and again after), and of work."""

    idle_s: float = 30.0
    window_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Work:
    """What a window repeats. skip: steps before it; take: steps of it, None: to the end.

    before_s, work_s: how long they took in the last timing trial, which read so many tokens.
    """

    name: str
    skip: int
    take: int | None
    before_s: float
    work_s: float
    tokens_in: int | None
    visual_tokens: int | None


WINDOWS = ("decode", "request", "prefill", "vision")
"""In the order in which they are wanted, should there not be time for all."""


def energy(
    bench: Bench, meters: Sequence[Meter], trials: Trials, pace: Pace
) -> Iterator[TrialRecord]:
    """At rest, every window of every model and case in turns, and at rest again."""
    rest_s = resting_s(bench.plan.budget_s, pace)
    bench.budget.reserved_s = rest_s
    yield _at_rest(bench, meters, 0, rest_s, pace)
    jobs = [(case, name) for case in bench.plan.cases for name in WINDOWS]
    for number, (case, name) in enumerate(jobs):
        for model in turn(bench.living, number):
            works = _works(trials[model, case.name])
            if name in works:
                yield _window(bench, meters, model, case, works[name], pace)
    bench.budget.reserved_s = 0.0
    yield _at_rest(bench, meters, 1, rest_s, pace)


def resting_s(budget_s: float, pace: Pace) -> float:
    """How long each of the two windows at rest is: in full, or a twelfth of the budget."""
    return min(pace.idle_s, budget_s / 12)


def repeats(work: Work, targets_s: Sequence[float], left_s: float) -> int:
    """How often to do it: for the longest target that fits; else as often as fits, if only 0."""
    each_s = work.before_s + work.work_s
    most = MOST_HELD if work.skip else math.inf
    for target_s in sorted(targets_s, reverse=True):
        count = min(most, max(1, math.ceil(MARGIN * target_s / work.work_s)))
        if count * each_s <= left_s:
            return int(count)
    return max(0, int(left_s / each_s))


def _works(trials: Sequence[TrialRecord]) -> dict[str, Work]:
    """What can be repeated, by the phases that the model goes through and how long they took."""
    if not trials:
        return {}
    took = {
        name.removesuffix(".time_s"): value.value
        for name, value in trials[-1].readings.items()
        if name.endswith(".time_s") and value.value
    }
    stages = [phase for phase in get_args(Phase) if phase in took and phase != "decode"]
    read = trials[-1].tokens_in, trials[-1].visual_tokens
    found, before_s = {}, 0.0
    for skip, stage in enumerate(stages):
        found[stage] = Work(stage, skip, 1, before_s, took[stage], *read)
        before_s += took[stage]
    if "decode" in took:
        found["decode"] = Work("decode", len(stages), None, before_s, took["decode"], *read)
    if "request" in took:
        found["request"] = Work("request", 0, None, 0.0, took["request"], *read)
    return found


def _window(
    bench: Bench, meters: Sequence[Meter], model: int, case: PerfCase, work: Work, pace: Pace
) -> TrialRecord:
    targets_s = [max(pace.window_s, meter.least_s) for meter in meters]
    count = repeats(work, targets_s, bench.budget.left_s)
    trial = WINDOWS.index(work.name)
    if count == 0:
        why = f"the energy of {work.name}: {bench.overspent}"
        return bench.left_out(model, case, "energy", trial, why)
    pictures = tuple(picture_number("energy", number % MOST_HELD) for number in range(count))
    began_s = bench.surroundings.look()
    _, error = bench.attempt(model, Hold(bench.stated(model, case), pictures, work.skip, work.take))
    readings: dict[str, Value] = {}
    if error is None:
        before = _read(meters)
        said, error = bench.attempt(model, Go(), lambda: _read(meters))
        after = _read(meters)
        for ran in said:
            if isinstance(ran, Ran):
                took = _said_if_short(seconds(ran.began, ran.ended), pace)
                readings = {
                    f"{work.name}.time_s": took,
                    **_joules(work.name, meters, before, after),
                }
    record = bench.record(
        model, case, "energy", trial, began_s, readings, repeats=count, error=error
    )
    return msgspec.structs.replace(
        record, tokens_in=work.tokens_in, visual_tokens=work.visual_tokens
    )


def _at_rest(
    bench: Bench, meters: Sequence[Meter], trial: int, rest_s: float, pace: Pace
) -> TrialRecord:
    """What is drawn while nothing is asked; of the machine, and so of no model."""
    model, case = 0, bench.plan.cases[0]
    if rest_s > bench.budget.left_s + bench.budget.reserved_s:
        why = f"the machine at rest: {bench.overspent}"
        return bench.left_out(model, case, "idle", trial, why)
    began_s, began = bench.surroundings.look(), stamp()
    before = _read(meters)
    end_s = time.perf_counter() + rest_s
    while (left_s := end_s - time.perf_counter()) > 0:
        time.sleep(min(LOOK_S, left_s))
        _read(meters)
    after = _read(meters)
    took = seconds(began, stamp())
    if took.value is not None and rest_s < pace.idle_s:
        took = msgspec.structs.replace(
            took, method=f"shortened from {pace.idle_s:g} s to fit the time budget"
        )
    readings = {"idle.time_s": took, **_joules("idle", meters, before, after)}
    return bench.record(model, case, "idle", trial, began_s, readings)


def _said_if_short(took: Value, pace: Pace) -> Value:
    if took.value is None or took.value >= pace.window_s:
        return took
    return msgspec.structs.replace(
        took, method=f"a window of less than {pace.window_s:g} s: more did not fit"
    )


def _read(meters: Sequence[Meter]) -> list[MeterReading]:
    return [meter.read() for meter in meters]


def _joules(
    window: str,
    meters: Sequence[Meter],
    before: Sequence[MeterReading],
    after: Sequence[MeterReading],
) -> dict[str, Value]:
    """What every meter says; the name of a quantity belongs to the first that has it."""
    readings: dict[str, Value] = {}
    for meter, first, last in zip(meters, before, after, strict=True):
        for quantity, value in spent_values(meter, first, last).items():
            name = f"{window}.{quantity}"
            readings[f"{name}/{meter.name}" if name in readings else name] = value
    return readings
