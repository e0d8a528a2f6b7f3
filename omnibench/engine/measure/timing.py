"""The first pass: loading, the first image, warm-ups, and trials on the clock in turns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from omnibench.core import PerfCase, TrialRecord
from omnibench.engine.measure.bench import Bench
from omnibench.engine.measure.schedule import turn, warmup_cases
from omnibench.engine.measure.spread import RESTLESS_CV, coefficient_of_variation

WARMUP_TOKENS = 5
"""A whole prompt and four steps of decoding warm a model up."""
WATCHED = ("ttft.time_s", "decode.time_s")

Trials = dict[tuple[int, str], list[TrialRecord]]
"""(model, case) -> its timing trials that came to their end."""


def load_all(bench: Bench) -> Iterator[TrialRecord]:
    """Load each model, and let it see its first image: both cold, both kept apart."""
    case = bench.plan.cases[0]
    for model in range(len(bench.plan.models)):
        yield bench.load(model)
        if model in bench.living:
            yield bench.ask(model, case, "first_image", 0, _few(case))


def warm_up(bench: Bench) -> Iterator[TrialRecord]:
    """Requests of every image size that no figure is taken from; one a model in any case."""
    left_out: Counter[int] = Counter()
    cases = warmup_cases(bench.plan.cases, bench.plan.warmups)
    for number, case in enumerate(cases):
        for model in turn(bench.living, number):
            if number and not bench.budget.fits((model, case.name, "warmup")):
                left_out[model] += 1
            else:
                yield bench.ask(model, case, "warmup", number, _few(case))
    for model, missed in left_out.items():
        why = f"{missed} of {len(cases)} warm-ups: {bench.overspent}"
        yield bench.left_out(model, cases[-1], "warmup", len(cases), why)


def time_trials(bench: Bench, trials: Trials) -> Iterator[TrialRecord]:
    """Rounds of one trial a model and case; a second set of rounds where readings lie far apart.

    A case is tried with all models or with none, so that they stay comparable; once in any case.
    trials: is filled.
    """
    wanted = bench.plan.trials
    for number in range(2 * wanted):
        for case in bench.plan.cases:
            due = number < wanted or _restless(bench, case, trials)
            if due and (number == 0 or _fits(bench, case)):
                for model in turn(bench.living, number):
                    record = bench.ask(model, case, "timing", number, case.new_tokens)
                    if record.error is None:
                        trials[model, case.name].append(record)
                    yield record
    yield from _left_out(bench, trials)


def new_trials() -> Trials:
    """None yet."""
    return defaultdict(list)


def _left_out(bench: Bench, trials: Trials) -> Iterator[TrialRecord]:
    """What the budget did not allow, a record for each model and case."""
    wanted = bench.plan.trials
    for case in bench.plan.cases:
        for model in bench.living:
            made = trials[model, case.name]
            if len(made) < wanted:
                why = f"{wanted - len(made)} of {wanted} trials: {bench.overspent}"
            elif len(made) < 2 * wanted and _spread(made) > RESTLESS_CV:
                why = (
                    f"{2 * wanted - len(made)} of the {2 * wanted} trials that a spread of"
                    f" {_spread(made):.0%} asks for: {bench.overspent}"
                )
            else:
                continue
            yield bench.left_out(model, case, "timing", len(made), why)


def _fits(bench: Bench, case: PerfCase) -> bool:
    needed_s = sum(bench.budget.expected_s((m, case.name, "timing")) for m in bench.living)
    return needed_s <= bench.budget.left_s


def _restless(bench: Bench, case: PerfCase, trials: Trials) -> bool:
    return any(_spread(trials[model, case.name]) > RESTLESS_CV for model in bench.living)


def _spread(trials: list[TrialRecord]) -> float:
    """The larger of the spreads of the first token's time and of decoding's."""
    spreads = [0.0]
    for name in WATCHED:
        values = [trial.readings[name].value for trial in trials if name in trial.readings]
        spreads.append(coefficient_of_variation([value for value in values if value is not None]))
    return max(spreads)


def _few(case: PerfCase) -> int:
    return min(case.new_tokens, WARMUP_TOKENS)
