"""A perf plan carried out: every model in a process of its own, its trials interleaved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from omnibench.core import Meter, TrialRecord
from omnibench.engine.measure.bench import Bench
from omnibench.engine.measure.energy import Pace, energy
from omnibench.engine.measure.limits import check_memory, check_threads
from omnibench.engine.measure.schedule import Budget
from omnibench.engine.measure.timing import load_all, new_trials, time_trials, warm_up
from omnibench.errors import OmnibenchError
from omnibench.meters.tdp import PowerModel
from omnibench.plan import PerfPlan

Tell = Callable[[str], None]

ENERGY_SHARE = 0.5
"""Of the time budget: what is kept for joules where there are meters for them."""
_FULL_PACE = Pace()


def measure(
    plan: PerfPlan,
    *,
    meters: Sequence[Meter] = (),
    power: PowerModel | None = None,
    tell: Tell = lambda _: None,
    root: Path = Path("/"),
    pace: Pace = _FULL_PACE,
) -> Iterator[TrialRecord]:
    """Carry out a plan; a record is yielded as soon as its trial has ended.

    Each of `plan.models` is opened with `plan.weights` in a fresh process (`open_for_speed`), and
    its records carry the name of the card at the same place in `plan.cards`.
    Kinds, in this order: `load` and `first_image` (cold, once a model), `warmup` (at least
    `plan.warmups` a model, with every image size), `timing` (`plan.trials` a model and case, twice
    as many where their spread is above 3 %; models A B B A, so that neighbours in `order` are the
    pairs to compare), and, with meters, `idle`, `energy` and `idle` again.

    meters: those that return joules, opened by the caller, the most trusted first; none: no energy
        pass, and joules only as `power` estimates them in the timing trials.
    power: the profile's watts, for that estimate; None: there are none to go by.
    tell: is told in a few words what begins, for a person who waits.
    root: where /proc and /sys lie, for conditions; pace: how long windows of energy are.

    Readings of a trial (`TrialRecord.readings`), times in s, memory in bytes, energy in J:

    - load: `start.time_s` (the process, its imports), `load.time_s`, `load.peak_rss_bytes`,
      `load.rss_anon_bytes`, `load.rss_file_bytes`;
    - requests: `<phase>.time_s` of each phase that the backend tells apart, `ttft.time_s`,
      `gap.time_s`, `decode.time_s` (first token to last), `request.time_s`, `file_decode.time_s`
      (a JPEG of that size, before the request begins), `<phase>.peak_rss_bytes`,
      `<phase>.rss_anon_bytes`, `<phase>.rss_file_bytes`; `.cpu_s` wherever a phase, the first token
      or the request has `.time_s`: the CPU time of the model's process; with power, estimates
      `<phase>.package_j`, `ttft.package_j`, `request.package_j` of the timing trials;
    - energy: one record a window (`vision`, `prefill`, `decode`, `request`), each with
      `<window>.time_s` and what every meter says of it, such as `decode.package_j`: totals of
      `repeats` requests. A second meter's reading of the same quantity ends in `/<meter>`;
    - idle: `idle.time_s` and joules, with all models resident; of no model more than another, and
      written under the first card's and first case's name.

    A trial that was not made for want of time is a record with `left_out` and no readings; one that
    failed, whose process died say, has `error` and what it read before; the other models go on. A
    reading that could not be had is `missing` with its reason.
    Raises OmnibenchError, before anything is loaded, for what cannot be measured here: more threads
    than cores, models that do not fit in memory, a case with a batch.
    """
    _check(plan)
    bench = Bench(plan, power, root, Budget(plan.budget_s))
    return _measured(bench, meters, tell, pace)


def _check(plan: PerfPlan) -> None:
    check_threads(plan.threads)
    for case in plan.cases:
        if case.batch != 1:
            raise OmnibenchError(
                f"case {case.name} has a batch of {case.batch}; phases are timed one request at a"
                " time: leave batch out"
            )
    if plan.device == "cpu":
        check_memory([card.name for card in plan.cards], plan.cases, plan.dtype)


def _measured(
    bench: Bench, meters: Sequence[Meter], tell: Tell, pace: Pace
) -> Iterator[TrialRecord]:
    trials = new_trials()
    names = ", ".join(card.name for card in bench.plan.cards)
    bench.budget.reserved_s = bench.plan.budget_s * ENERGY_SHARE if meters else 0.0
    with closing(bench):
        tell(f"loading {names}")
        yield from load_all(bench)
        tell("warming up")
        yield from warm_up(bench)
        tell("timing")
        yield from time_trials(bench, trials)
        if meters and bench.living:
            tell(f"energy, by {', '.join(meter.name for meter in meters)}")
            yield from energy(bench, meters, trials, pace)
