"""Joules of a phase, a token and a request: gross, and net of what the machine takes idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnibench.core import TrialRecord, Value
from omnibench.engine.perf.absent import missing
from omnibench.engine.perf.timings import counted, reading

NO_JOULES = "no instrument here returns joules, and no profile's watts stand for this machine"


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A window and what its joules are shared among. name: with `{}` where `net_` goes."""

    window: str
    name: str
    unit: str


_QUANTITIES = (
    _Quantity("vision", "vision_{}j", "J"),
    _Quantity("prefill", "prefill_{}j_per_token", "J/token"),
    _Quantity("decode", "decode_{}j_per_token", "J/token"),
    _Quantity("request", "request_{}j", "J"),
)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Joules of all windows of a kind together. shares: requests, or tokens of all requests."""

    joules: float
    low_j: float
    high_j: float
    seconds: float | None
    shares: float
    windows: int
    first: Value


def energies(
    trials: Sequence[TrialRecord], idle: Sequence[TrialRecord], new_tokens: int
) -> dict[str, list[Value]]:
    """Quantity -> one figure for each instrument and scope, in the order of their trust.

    trials: of one model and case; idle: those of the run.
    """
    windows, estimates = counted(trials, "energy"), counted(trials, "timing")
    rest = _idle_watts(counted(idle, "idle"))
    figures: dict[str, list[Value]] = {
        f"idle_w/{key}" if number else "idle_w": [value]
        for number, (key, value) in enumerate(rest.items())
    }
    for quantity in _QUANTITIES:
        gross: list[Value] = []
        net: list[Value] = []
        for source in (windows, estimates):
            for key in _keys(source, quantity.window):
                spent = _spent(source, quantity, key, new_tokens)
                gross.append(_gross(spent, quantity, key))
                if key in rest and source is windows:
                    net.append(_net(spent, quantity, key, rest[key]))
        reasons = _reasons([*windows, *estimates], quantity.window) or _failures(trials)
        why = reasons[0] if reasons else NO_JOULES
        kept = [value for value in gross if value.value is not None]
        figures[quantity.name.format("")] = kept or [missing(quantity.unit, why)]
        figures[quantity.name.format("net_")] = net or [
            missing(quantity.unit, _why_no_net(kept, why))
        ]
    return figures


def _keys(trials: Sequence[TrialRecord], window: str) -> list[str]:
    """The joules that were read of a window, such as `package_j` or `package_j/pyrapl`."""
    names = {
        name.removeprefix(f"{window}."): None
        for trial in trials
        for name, value in trial.readings.items()
        if name.startswith(f"{window}.") and value.unit == "J" and value.value is not None
    }
    return list(names)


def _spent(trials: Sequence[TrialRecord], quantity: _Quantity, key: str, new_tokens: int) -> _Spent:
    name = f"{quantity.window}.{key}"
    read = [trial for trial in trials if reading(trial, name) is not None]
    values = [trial.readings[name] for trial in read]
    spans = [value.interval or (value.value or 0.0, value.value or 0.0) for value in values]
    seconds = [reading(trial, f"{quantity.window}.time_s") for trial in read]
    known = [second for second in seconds if second is not None]
    return _Spent(
        joules=sum(value.value or 0.0 for value in values),
        low_j=sum(low for low, _ in spans),
        high_j=sum(high for _, high in spans),
        seconds=sum(known) if len(known) == len(read) else None,
        shares=sum(trial.repeats * _share(trial, quantity, new_tokens) for trial in read),
        windows=len(read),
        first=values[0],
    )


def _share(trial: TrialRecord, quantity: _Quantity, new_tokens: int) -> int:
    if quantity.window == "decode":
        return new_tokens - 1
    return (trial.tokens_in or 1) if quantity.window == "prefill" else 1


def _gross(spent: _Spent, quantity: _Quantity, key: str) -> Value:
    ends = (spent.low_j / spent.shares, spent.high_j / spent.shares)
    method = f"{_scope(key)}, gross; {spent.windows} windows, {_shared(spent, quantity)}"
    if spent.first.method:
        method = f"{method}; {spent.first.method}"
    return Value(
        spent.joules / spent.shares,
        quantity.unit,
        spent.first.provenance,
        n=spent.windows,
        interval=ends,
        method=method,
        source=spent.first.source,
    )


def _net(spent: _Spent, quantity: _Quantity, key: str, idle: Value) -> Value:
    """Less the idle power over the same time; a figure that idling swallows is not resolved."""
    if spent.seconds is None or idle.value is None:
        return missing(quantity.unit, "the length of its window is not known")
    low_w, high_w = idle.interval or (idle.value, idle.value)
    net, low, high = (
        joules - watts * spent.seconds
        for joules, watts in (
            (spent.joules, idle.value), (spent.low_j, high_w), (spent.high_j, low_w),
        )
    )  # fmt: skip
    if low <= 0:
        return missing(
            quantity.unit, f"not resolved: idling took {idle.value:.3g} W, as much as this within"
            " the instruments' steps",
        )  # fmt: skip
    return Value(
        net / spent.shares,
        quantity.unit,
        "derived",
        n=spent.windows,
        interval=(low / spent.shares, high / spent.shares),
        method=f"{_scope(key)}, net of {idle.value:.3g} W idle; {_shared(spent, quantity)}",
        source=spent.first.source,
    )


def _idle_watts(trials: Sequence[TrialRecord]) -> dict[str, Value]:
    """Key of joules -> watts at rest, from the windows before and after; their range is kept."""
    watts: dict[str, list[float]] = {}
    sources: dict[str, str | None] = {}
    for trial in trials:
        seconds = reading(trial, "idle.time_s")
        for key in _keys([trial], "idle"):
            joules = reading(trial, f"idle.{key}")
            if seconds and joules is not None:
                watts.setdefault(key, []).append(joules / seconds)
                sources[key] = trial.readings[f"idle.{key}"].source
    return {
        key: Value(
            sum(found) / len(found),
            "W",
            "derived",
            n=len(found),
            interval=(min(found), max(found)),
            method=f"{_scope(key)} at rest, models resident; mean of windows before and after",
            source=sources[key],
        )
        for key, found in watts.items()
    }


def _shared(spent: _Spent, quantity: _Quantity) -> str:
    what = "tokens" if quantity.unit == "J/token" else "requests"
    return f"shared among {spent.shares:g} {what}"


def _scope(key: str) -> str:
    scope, _, meter = key.partition("/")
    return f"{scope.removesuffix('_j')} by {meter}" if meter else scope.removesuffix("_j")


def _reasons(trials: Sequence[TrialRecord], window: str) -> list[str]:
    return [
        value.reason
        for trial in trials
        for name, value in trial.readings.items()
        if name.startswith(f"{window}.") and value.unit == "J" and value.reason
    ]


def _failures(trials: Sequence[TrialRecord]) -> list[str]:
    energy = [trial for trial in trials if trial.kind == "energy"]
    return [reason for trial in energy if (reason := trial.error or trial.left_out)]


def _why_no_net(gross: Sequence[Value], why: str) -> str:
    if not gross:
        return why
    if gross[0].provenance == "estimated":
        return "an estimate from watts at rest and under load has no net part of its own"
    return "idle power was not measured"


def joules_of(figures: Mapping[str, Sequence[Value]], quantity: str = "request_j") -> Value | None:
    """The most trusted joules of a quantity; None where there are none."""
    return next((value for value in figures.get(quantity, ()) if value.value is not None), None)
