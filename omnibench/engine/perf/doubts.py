"""What a reader should know before believing a run's figures, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from omnibench.core import PerfCase, TrialRecord, Value
from omnibench.engine.measure.spread import drift, drifted
from omnibench.engine.perf.timings import STAGES, counted, decode_rate, reading
from omnibench.plan import PerfPlan

WIDEST_GAP = 0.05
"""Share of the time to the first token that its stages may leave unexplained."""
FEWEST_TRIALS = 5


def doubts_of(
    plan: PerfPlan,
    trials: Sequence[TrialRecord],
    models: Mapping[str, Mapping[str, Mapping[str, Sequence[Value]]]],
) -> Iterator[str]:
    """Of the weights, of the machine, then of each model and case."""
    drawn = [card.name for card in plan.cards if card.weights.startswith("random")]
    if drawn:
        yield f"{', '.join(drawn)}: random weights; speed does not depend on them, answers do"
    timed = counted(trials, "timing")
    if timed:
        yield from _unknown_conditions(timed)
    for model, cases in models.items():
        for case in plan.cases:
            own = [t for t in trials if (t.model, t.case) == (model, case.name)]
            for doubt in _of_one(case, own, cases[case.name]):
                yield f"{model}, {case.name}: {doubt}" if _several(plan) else doubt
    for trial in trials:
        if trial.error is not None:
            yield f"{trial.model}, {trial.case}: a trial ({trial.kind}) failed: {trial.error}"
    left_out = [trial for trial in trials if trial.left_out is not None]
    if left_out:
        kinds = ", ".join(dict.fromkeys(trial.kind.replace("_", " ") for trial in left_out))
        yield f"left out ({kinds}): {left_out[0].left_out}"


def _several(plan: PerfPlan) -> bool:
    return len(plan.cards) * len(plan.cases) > 1


def _unknown_conditions(timed: Sequence[TrialRecord]) -> Iterator[str]:
    names = {
        "others_cpu": "the load of other processes", "steal": "CPU time stolen by the host",
        "frequency_hz": "clock", "temperature_c": "temperature", "governor": "governor",
    }  # fmt: skip
    unknown = [
        words
        for name, words in names.items()
        if all(getattr(trial.conditions, name) is None for trial in timed)
    ]
    if unknown:
        yield f"unknown here: {', '.join(unknown)}"


def _of_one(
    case: PerfCase, trials: Sequence[TrialRecord], figures: Mapping[str, Sequence[Value]]
) -> Iterator[str]:
    timed = counted(trials, "timing")
    if not timed:
        yield "no trial was timed"
        return
    if len(timed) < FEWEST_TRIALS:
        yield f"only {len(timed)} trials; {FEWEST_TRIALS} or more give an interval worth its name"
    contended = [trial for trial in timed if trial.contended]
    if contended:
        most = max(trial.conditions.others_cpu or 0.0 for trial in contended)
        yield (
            f"{len(contended)} of {len(timed)} trials were contended: other processes took up to"
            f" {most:.2g} cores"
        )
    yield from _gap(timed)
    for name, readings in (
        ("time to the first token", [reading(trial, "ttft.time_s") for trial in timed]),
        ("decoding rate", [decode_rate(trial) for trial in timed]),
    ):
        known = [value for value in readings if value is not None]
        if drifted(known):
            yield f"{name} drifted by {drift(known) or 0.0:+.1%} from the first half of the trials"
    short = [t for t in timed if t.token_times_s and len(t.token_times_s) != case.new_tokens]
    if short:
        yield f"{len(short)} trials ended before {case.new_tokens} tokens"


def _gap(timed: Sequence[TrialRecord]) -> Iterator[str]:
    """Whether the stages add up to the time to the first token."""
    shares = []
    for trial in timed:
        ttft_s = reading(trial, "ttft.time_s")
        stages = [reading(trial, f"{stage}.time_s") for stage in STAGES]
        if ttft_s:
            shares.append((ttft_s - sum(stage or 0.0 for stage in stages)) / ttft_s)
    worst = max(shares, key=abs, default=0.0)
    if abs(worst) > WIDEST_GAP:
        yield f"the stages leave up to {worst:.1%} of the time to the first token unexplained"
