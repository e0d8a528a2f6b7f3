"""Figures as readers see them: text, interval, provenance and, where one is missing, the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from omnibench.core import Provenance, Value

DASH = "–"
SYMBOLS: Mapping[Provenance, str] = {
    "measured": "●",
    "derived": "◐",
    "projected": "◇",
    "estimated": "△",
    "published": "□",
    "missing": DASH,
}
"""What stands beside the word, so that colour is never needed to tell provenances apart."""

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SMALL_PREFIXES = ((1e-6, "µ"), (1e-9, "n"))
_COUNTS = ("", "params", "tokens")
_SMALL = ("s", "J", "J/token")
_LARGE = ("FLOP", "FLOP/s", "bytes", "B/s", "bytes/s", "J", "", "params", "FLOP/byte")
_SHORT = {"bytes": "B", "bytes/s": "B/s", "params": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure. sort: what a table is sorted by; note: reason of what is missing, or method."""

    text: str
    interval: str
    provenance: Provenance
    note: str
    sort: float | None
    low: float | None = None
    high: float | None = None

    @property
    def symbol(self) -> str:
        """The mark of its provenance."""
        return SYMBOLS[self.provenance]


def cell(row: Mapping[Any, Any]) -> Cell:
    """A row of a table of figures (`frames`) as a cell."""
    value, low, high = (number(row[name]) for name in ("value", "low", "high"))
    provenance: Provenance = row["provenance"]
    if value is None:
        return Cell(DASH, "", "missing", words(row["reason"]) or "no reason was recorded", None)
    factor, unit = scale(value, row["unit"])
    interval = ""
    if low is not None and high is not None:
        ends = (low * factor, high * factor)
        interval = " – ".join(_digits(end, row["unit"]) for end in ends)
    notes = (words(row["method"]), words(row["source"]))
    return Cell(
        text=f"{_digits(value * factor, row['unit'])} {unit}".rstrip(),
        interval=interval,
        provenance=provenance,
        note="; ".join(note for note in notes if note),
        sort=value,
        low=low,
        high=high,
    )


def cell_of(value: Value) -> Cell:
    """A figure of a record as a cell."""
    low, high = value.ci95 or value.interval or (None, None)
    return cell(msgspec.structs.asdict(value) | {"low": low, "high": high})


def scale(value: float, unit: str) -> tuple[float, str]:
    """(what a figure is multiplied by, the unit that it then has)."""
    if unit == "fraction":
        return 100.0, "%"
    size = abs(value)
    for least, prefix in _PREFIXES if unit in _LARGE else ():
        if size >= least:
            return 1 / least, prefix + _SHORT.get(unit, unit)
    # Thousandths stay in the unit itself, so that what stands in one column can be compared.
    for least, prefix in _SMALL_PREFIXES if unit in _SMALL and 0 < size < 1e-3 else ():
        if size >= least:
            return 1 / least, prefix + unit
    return 1.0, _SHORT.get(unit, unit)


def number(value: object) -> float | None:
    """A number of a table; None where it holds none."""
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def words(value: object) -> str:
    """A text of a table; empty where it holds none."""
    return value if isinstance(value, str) else ""


def _digits(value: float, unit: str) -> str:
    """Fractions and points as the terminal prints them, all else with three significant digits."""
    if unit == "fraction":
        return f"{value:.2f}"
    if unit == "points":
        return f"{value:.1f}"
    size = abs(value)
    if size >= 1000 or (unit in _COUNTS and value == int(value)):
        return f"{value:,.0f}"
    decimals = 2 if size == 0 else max(0, 2 - math.floor(math.log10(size)))
    return f"{value:.{min(decimals, 9)}f}"
