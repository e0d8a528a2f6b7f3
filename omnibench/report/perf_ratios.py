"""Models of one run beside its first: times, and what their work would lead to expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from omnibench.core import PerfResults, Provenance, Value
from omnibench.report.cells import DASH, SYMBOLS
from omnibench.report.perf_figures import first, title
from omnibench.report.tables import drawn, numbers_table, row

_EXPECTED: Mapping[str, tuple[str, bool]] = {
    "ttft_s": ("flops_total", False),
    "vision_s": ("flops_vision", False),
    "prefill_s": ("flops_prefill", False),
    "decode_tok_per_s": ("bytes_decode_per_token", True),
}
"""Quantity -> what of the shape it should follow, and whether inversely."""


def ratios_table(results: PerfResults, columns: int) -> Iterator[str]:
    """A table for each case and each further model; nothing where there is one model."""
    base, *others = results.models
    for other in others:
        for case in results.cases:
            published = f"{SYMBOLS['published']} published"
            table = numbers_table(
                f"{other} / {base}, {case}", "this machine", "by its work", published
            )
            ours, theirs = results.models[base][case], results.models[other][case]
            for quantity, (work, inverse) in _EXPECTED.items():
                row(
                    table,
                    title(quantity),
                    _ratio(theirs, ours, quantity, ("measured", "derived")),
                    _ratio(*((ours, theirs) if inverse else (theirs, ours)), work, ("derived",)),
                    _ratio(theirs, ours, quantity, ("published",)),
                )
            yield drawn(table, columns)


def _ratio(
    above: Mapping[str, Sequence[Value]],
    below: Mapping[str, Sequence[Value]],
    quantity: str,
    provenances: Sequence[Provenance],
) -> str:
    pair = [first(side.get(quantity, ()), provenances) for side in (above, below)]
    if any(value is None or not value.value for value in pair):
        return DASH
    numbers = [value.value for value in pair if value is not None and value.value is not None]
    return f"{numbers[0] / numbers[1]:.3g}x"
