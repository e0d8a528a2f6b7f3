"""Figures of a perf run for a terminal: a number with its mark, in few columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnibench.core import Provenance, Value
from omnibench.report.cells import SYMBOLS, cell_of

WORDS: Mapping[Provenance, str] = {
    "measured": "measured",
    "derived": "from measured figures, or the model's shape",
    "projected": "projected by a roofline",
    "estimated": "estimated from watts and CPU time",
    "published": "published by others",
}


def first(
    values: Sequence[Value], provenances: Sequence[Provenance], profile: str | None = None
) -> Value | None:
    """The first figure of such a provenance, and of a profile where one is named."""
    return next((value for value in values if value.provenance in provenances), None)


def marked(value: Value | None, *, plain: Provenance | None = None) -> str:
    """The figure with its provenance's symbol; without where it is the column's own (`plain`)."""
    if value is None:
        return ""
    shown = cell_of(value)
    if value.value is None or value.provenance == plain:
        return shown.text
    return f"{shown.symbol} {shown.text}"


def ranged(value: Value | None, *, plain: Provenance | None = None) -> str:
    """The figure and, on the same line, its interval."""
    if value is None or value.value is None:
        return marked(value, plain=plain)
    interval = cell_of(value).interval
    return f"{marked(value, plain=plain)} ({interval})" if interval else marked(value, plain=plain)


def legend(values: Sequence[Value]) -> str:
    """What the symbols mean that these figures carry."""
    seen = {value.provenance for value in values if value.value is not None}
    return "; ".join(f"{SYMBOLS[name]} {words}" for name, words in WORDS.items() if name in seen)
