"""Timings of two sides: by runs where each side has several, else by the trials of one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from omnibench.core import PerfResults, Value
from omnibench.errors import OmnibenchError
from omnibench.quantities import words_of
from omnibench.report import matching
from omnibench.report.comparison import PerfDifference
from omnibench.report.matching import Mismatch
from omnibench.report.opened import Opened, OpenedPerf
from omnibench.scoring import ratio

_COMPUTED = (
    "visual_tokens", "text_tokens", "weights_bytes", "kv_bytes_per_token", "memory_needed_bytes",
)  # fmt: skip
_COMPUTED_PREFIXES = ("params", "flops_", "bytes_", "thop_")
_NO_JOULES = frozenset({"clock", "memory", "tdp"})
"""Meters that measure no energy: time, bytes, and an estimate."""
_TIMING = ("machine", "threads", "dtype", "protocol")
"""What matters where something was timed; what is computed is the same everywhere."""


def is_computed(quantity: str) -> bool:
    """Whether a quantity follows from the model's shape: the same on every machine, every time."""
    name = quantity.partition("/")[0]
    return name in _COMPUTED or name.startswith(_COMPUTED_PREFIXES)


@dataclass(frozen=True, slots=True)
class PerfPair:
    """The perf runs of both sides, and which model of the base stands beside which."""

    base: tuple[OpenedPerf, ...]
    candidate: tuple[OpenedPerf, ...]
    models: tuple[tuple[str, str], ...]

    def mismatches(self) -> list[Mismatch]:
        """The fingerprints in which a run of either side differs from the base's first."""
        first, *others = (*self.base, *self.candidate)
        found = {
            (one.fingerprint, one.words): one
            for other in others
            for one in matching.of_perf(first.run.plan, other.run.plan)
        }
        timed = all(any(map(_has_timings, side)) for side in (self.base, self.candidate))
        return [one for one in found.values() if timed or one.fingerprint not in _TIMING]


def pair_perfs(base: Opened, candidate: Opened) -> PerfPair | None:
    """The perf runs of both sides; None where a side has none, or they share no model.

    One model a side is compared whatever the two are called; of several, those of one name.
    """
    if not base.perfs or not candidate.perfs:
        return None
    ones, twos = _models(base.perfs), _models(candidate.perfs)
    if len(ones) == len(twos) == 1:
        models = [(ones[0], twos[0])]
    else:
        models = [(name, name) for name in ones if name in twos]
    return PerfPair(base.perfs, candidate.perfs, tuple(models)) if models else None


def compare_quantities(pair: PerfPair) -> list[PerfDifference]:
    """Every quantity that either side has, of the cases that both have."""
    found = []
    for one, two in pair.models:
        for case in _shared_cases(pair, one, two):
            base, candidate = _figures(pair.base, one, case), _figures(pair.candidate, two, case)
            for quantity in dict.fromkeys([*base, *candidate]):
                sides = base.get(quantity, []), candidate.get(quantity, [])
                found.append(_difference(pair, (one, two), case, quantity, *sides))
    return found


def worth_showing(perf: Iterable[PerfDifference]) -> tuple[list[PerfDifference], list[str]]:
    """(what a reader wants to see, what is left out, in words)."""
    shown, same, absent = [], 0, 0
    for one in perf:
        if one.base.value is None and one.candidate.value is None:
            absent += 1
        elif is_computed(one.quantity) and one.base.value == one.candidate.value:
            same += 1
        else:
            shown.append(one)
    left_out = [f"{same} computed figures are the same on both sides"] if same else []
    return shown, left_out + ([f"{absent} figures are missing on both sides"] if absent else [])


def _difference(
    pair: PerfPair,
    models: tuple[str, str],
    case: str,
    quantity: str,
    base: Sequence[Value],
    candidate: Sequence[Value],
) -> PerfDifference:
    runs = (*pair.base, *pair.candidate)
    found = _ratio(quantity, base, candidate)
    return PerfDifference(
        case=case,
        quantity=quantity,
        base_model=models[0],
        candidate_model=models[1],
        base=_of_side(base, quantity),
        candidate=_of_side(candidate, quantity),
        ratio=found.value,
        p=found.p,
        p_method=found.p_method,
        better=words_of(quantity).better,
        contended=_can_be_disturbed(quantity) and any(map(_is_contended, runs)),
        no_sensor=lacks_sensor(quantity, base, pair.base)
        or lacks_sensor(quantity, candidate, pair.candidate),
    )


def _ratio(quantity: str, base: Sequence[Value], candidate: Sequence[Value]) -> ratio.Ratio:
    ones, twos = _numbers(base), _numbers(candidate)
    for side, numbers, values in (("base", ones, base), ("candidate", twos, candidate)):
        if not numbers:
            return ratio.missing(f"the {side} has no measured figure{_why(values)}")
    if is_computed(quantity):
        if len(set(ones)) > 1 or len(set(twos)) > 1:
            return ratio.missing("the runs of one side differ in what should be the same always")
        return ratio.exactly(ones[0], twos[0])
    if min(*ones, *twos) <= 0:
        return ratio.missing("a figure that is not above 0 has no ratio")
    return ratio.of_runs(_known(base), _known(candidate))


def _figures(runs: Sequence[OpenedPerf], model: str, case: str) -> dict[str, list[Value]]:
    """Each quantity's figure in each run: measured or derived, else why there is none."""
    found: dict[str, list[Value]] = {}
    for results in map(_results, runs):
        for quantity, values in results.models.get(model, {}).get(case, {}).items():
            here = [value for value in values if value.provenance in ("measured", "derived")]
            missing = [value for value in values if value.provenance == "missing"]
            found.setdefault(quantity, []).extend((here or missing or values)[:1])
    return found


def _of_side(values: Sequence[Value], quantity: str) -> Value:
    """One figure for a side: the geometric mean of its runs, or why there is none."""
    numbers = _numbers(values)
    unit = words_of(quantity).unit if not values else values[0].unit
    if not numbers:
        reason = _why(values).removeprefix(": ") or "not in its results"
        return Value(value=None, unit=unit, provenance="missing", reason=reason)
    if len(values) == len(numbers) == 1:
        return values[0]
    if min(numbers) <= 0 or is_computed(quantity):
        return Value(value=fmean(numbers), unit=unit, provenance="derived", n=len(numbers))
    return ratio.mean_of_runs(_known(values))


def _known(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if value.provenance in ("measured", "derived")]


def _numbers(values: Sequence[Value]) -> list[float]:
    return [value.value for value in _known(values) if value.value is not None]


def _why(values: Sequence[Value]) -> str:
    for value in values:
        if value.reason:
            return f": {value.reason}"
        if value.provenance not in ("measured", "derived", "missing"):
            return f": it is {value.provenance}"
    return ""


def lacks_sensor(quantity: str, values: Sequence[Value], runs: Sequence[OpenedPerf]) -> bool:
    """Whether joules are missing since the runs had no instrument for them.

    Where they had one and it gave no figure, that is a measurement that went wrong.
    """
    unit = values[0].unit if values else words_of(quantity).unit
    if not unit.startswith("J") or _numbers(values):
        return False
    return not any(set(run.run.plan.meters) - _NO_JOULES for run in runs)


def _shared_cases(pair: PerfPair, one: str, two: str) -> Iterator[str]:
    candidates = {case for run in pair.candidate for case in _results(run).models.get(two, {})}
    bases = [case for run in pair.base for case in _results(run).models.get(one, {})]
    return (case for case in dict.fromkeys(bases) if case in candidates)


def _models(runs: Sequence[OpenedPerf]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in _results(run).models))


def _can_be_disturbed(quantity: str) -> bool:
    """Times, rates and joules; neither what is computed nor how much memory is held."""
    return not is_computed(quantity) and "_bytes" not in quantity


def _has_timings(run: OpenedPerf) -> bool:
    return any(
        value.provenance == "measured"
        for cases in _results(run).models.values()
        for quantities in cases.values()
        for values in quantities.values()
        for value in values
    )


def _is_contended(run: OpenedPerf) -> bool:
    return _results(run).contended


def _results(run: OpenedPerf) -> PerfResults:
    if run.results is None:
        raise OmnibenchError(f"{run.run.folder} was cut off and has no results; measure again")
    return run.results
