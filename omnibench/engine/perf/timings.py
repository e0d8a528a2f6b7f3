"""Times, rates and memory of one model in one case, from its trials."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from omnibench.core import TrialKind, TrialRecord, Value
from omnibench.engine.measure.spread import LEAST_N_OF_PERCENTILE, median_value, percentile
from omnibench.engine.perf.absent import missing

STAGES = ("preprocess", "vision", "projector", "prefill", "first_sample")
"""The phases up to the first token, in their order."""
MEMORY = ("peak_rss_bytes", "rss_anon_bytes", "rss_file_bytes")
PERCENTILES = (50, 90, 99)

_TIMES: Mapping[str, str] = {
    **{f"{stage}_s": f"{stage}.time_s" for stage in STAGES},
    "ttft_s": "ttft.time_s",
    "gap_s": "gap.time_s",
    "latency_s": "request.time_s",
    "file_decode_s": "file_decode.time_s",
}
"""Quantity -> the reading of a trial that it is the median of."""


def counted(trials: Iterable[TrialRecord], kind: TrialKind) -> list[TrialRecord]:
    """The trials of a kind that were made and did not fail."""
    return [
        trial
        for trial in trials
        if trial.kind == kind and trial.error is None and trial.left_out is None
    ]


def reading(trial: TrialRecord, name: str) -> float | None:
    """One reading's figure; None where it is missing."""
    value = trial.readings.get(name)
    return None if value is None else value.value


def timings(trials: Sequence[TrialRecord], cold: Sequence[TrialRecord]) -> dict[str, Value]:
    """All that clocks and /proc said.

    trials: of this model and case; cold: loading and the first image of the model, whichever case
    it was asked in.
    """
    timed = counted(trials, "timing")
    figures = {quantity: _median(timed, name, trials) for quantity, name in _TIMES.items()}
    figures["decode_tok_per_s"] = _rate(timed, decode_rate, "(N-1)/(t_N - t_1)", trials)
    figures["prefill_tok_per_s"] = _rate(
        timed, _prefill_rate, "(text + visual tokens)/prefill_s", trials
    )
    figures |= _gaps_between_tokens(timed, trials)
    figures |= _cold(cold)
    return {**figures, **_memory([*cold, *timed])}


def decode_rate(trial: TrialRecord) -> float | None:
    """Tokens a second from the first token to the last, the first one left out."""
    times = trial.token_times_s
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return (len(times) - 1) / (times[-1] - times[0])


def _prefill_rate(trial: TrialRecord) -> float | None:
    seconds = reading(trial, "prefill.time_s")
    if not seconds or trial.tokens_in is None:
        return None
    return trial.tokens_in / seconds


def _median(timed: Sequence[TrialRecord], name: str, trials: Sequence[TrialRecord]) -> Value:
    found = [value for trial in timed if (value := reading(trial, name)) is not None]
    return median_value(found, "s") if found else missing("s", _why(name, timed, trials))


def _rate(
    timed: Sequence[TrialRecord],
    rate: Callable[[TrialRecord], float | None],
    formula: str,
    trials: Sequence[TrialRecord],
) -> Value:
    """The median over trials of a quotient of readings."""
    found = [value for trial in timed if (value := rate(trial)) is not None]
    if not found:
        return missing("tokens/s", _why("token times or counts", timed, trials))
    median = median_value(found, "tokens/s")
    method = f"{formula}; {median.method}"
    return msgspec.structs.replace(median, provenance="derived", method=method)


def _why(name: str, timed: Sequence[TrialRecord], trials: Sequence[TrialRecord]) -> str:
    """Why nothing was read, in the words of the trials themselves."""
    for trial in timed:
        value = trial.readings.get(name)
        if value is not None and value.reason:
            return value.reason
    for trial in trials:
        if trial.error is not None:
            return f"the trial failed: {trial.error}"
    for trial in trials:
        if trial.left_out is not None:
            return trial.left_out
    return f"the backend did not tell {name}" if timed else "no trial was made"


def _gaps_between_tokens(
    timed: Sequence[TrialRecord], trials: Sequence[TrialRecord]
) -> dict[str, Value]:
    """Percentiles over all gaps of all trials; the interval draws trials, not gaps."""
    runs = [
        [after - before for before, after in itertools.pairwise(trial.token_times_s)]
        for trial in timed
    ]
    runs = [gaps for gaps in runs if gaps]
    pooled = [gap for gaps in runs for gap in gaps]
    figures = {}
    for percent in PERCENTILES:
        value = percentile(pooled, percent) if pooled else None
        if value is None:
            reason = (
                f"{len(pooled)} gaps between tokens; it takes {LEAST_N_OF_PERCENTILE[percent]}"
                if pooled
                else _why("token times", timed, trials)
            )
            figures[f"itl_p{percent}_s"] = Value(None, "s", "missing", n=len(pooled), reason=reason)
        else:
            figures[f"itl_p{percent}_s"] = Value(
                value,
                "s",
                "measured",
                n=len(pooled),
                ci95=_interval_over_trials(runs, percent),
                method=f"percentile over the gaps of {len(runs)} trials; interval: bootstrap over"
                " trials",
            )
    return figures


def _interval_over_trials(
    runs: Sequence[Sequence[float]], percent: int, *, draws: int = 2000, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of a pooled percentile; None for fewer than three trials."""
    if len(runs) < 3:
        return None
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(runs), size=(draws, len(runs)))
    arrays = [np.asarray(gaps) for gaps in runs]
    drawn = [np.percentile(np.concatenate([arrays[i] for i in row]), percent) for row in picks]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _cold(cold: Sequence[TrialRecord]) -> dict[str, Value]:
    """Loading and the first image: once a model, never averaged with the rest."""
    places: tuple[tuple[str, TrialKind, str], ...] = (
        ("start_s", "load", "start.time_s"),
        ("load_s", "load", "load.time_s"),
        ("first_image_s", "first_image", "ttft.time_s"),
    )
    figures = {}
    for quantity, kind, name in places:
        made = counted(cold, kind)
        found = [value for trial in made if (value := reading(trial, name)) is not None]
        figures[quantity] = (
            Value(found[0], "s", "measured", n=1, method="once, cold")
            if found
            else missing("s", _why(name, made, [trial for trial in cold if trial.kind == kind]))
        )
    return figures


def _memory(trials: Sequence[TrialRecord]) -> dict[str, Value]:
    """The largest that any trial saw, in all and by phase."""
    figures = {}
    for quantity in MEMORY:
        phases = sorted({
            name.partition(".")[0]
            for trial in trials
            for name in trial.readings
            if name.endswith(f".{quantity}")
        })  # fmt: skip
        by_phase = {
            phase: _largest([trial.readings.get(f"{phase}.{quantity}") for trial in trials])
            for phase in phases
        }
        known = {phase: value for phase, value in by_phase.items() if value.value is not None}
        if known:
            figures[quantity] = max(known.values(), key=lambda value: value.value or 0.0)
        else:
            reasons = [value.reason for value in by_phase.values() if value.reason]
            figures[quantity] = missing("bytes", reasons[0] if reasons else "it was not read")
        if quantity == "peak_rss_bytes":
            figures |= {f"{quantity}/{phase}": value for phase, value in by_phase.items()}
    return figures


def _largest(values: Sequence[Value | None]) -> Value:
    known = [value for value in values if value is not None and value.value is not None]
    if not known:
        reasons = [value.reason for value in values if value is not None and value.reason]
        return missing("bytes", reasons[0] if reasons else "it was not read")
    largest = max(known, key=lambda value: value.value or 0.0)
    method = "the largest of the trials, of the model's own process"
    return Value(
        largest.value, "bytes", "measured", n=len(known), method=method, source=largest.source
    )
