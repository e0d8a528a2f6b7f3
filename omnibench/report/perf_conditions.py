"""Under which conditions a run was timed, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omnibench.core import Conditions


def conditions_line(conditions: Sequence[Conditions], threads: int) -> str:
    """The range of each condition over the trials; what cannot be read is unknown, not fine."""
    governors = sorted({each.governor for each in conditions if each.governor is not None})
    parts = [
        f"others {_range((each.others_cpu for each in conditions), '{:.2f}', ' cores')}",
        f"steal {_range((each.steal for each in conditions), '{:.2f}', ' cores')}",
        f"threads {threads}",
        f"clock {_range((_giga(each.frequency_hz) for each in conditions), '{:.2f}', ' GHz')}",
        f"temperature {_range((each.temperature_c for each in conditions), '{:.0f}', ' °C')}",
        f"governor {', '.join(governors) or 'unknown'}",
    ]
    return f"conditions: {'; '.join(parts)}"


def _range(readings: Iterable[float | None], form: str, unit: str) -> str:
    known = [reading for reading in readings if reading is not None]
    if not known:
        return "unknown"
    low, high = form.format(min(known)), form.format(max(known))
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _giga(hertz: float | None) -> float | None:
    return None if hertz is None else hertz / 1e9
