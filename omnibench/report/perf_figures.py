"""Figures of a perf run for a terminal: a number with its mark, in few columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnibench.core import Provenance, Value
from omnibench.quantities import words_of
from omnibench.report.cells import DASH, SYMBOLS, cell_of

WORDS: Mapping[Provenance, str] = {
    "measured": "measured",
    "derived": "from measured figures, or the model's shape",
    "projected": "projected by a roofline",
    "estimated": "estimated from watts and CPU time",
    "published": "published by others",
}


_TITLES: Mapping[str, str] = {
    "ttft_s": "First token",
    "decode_tok_per_s": "Decoding",
    "itl_p50_s": "Token gap, p50",
    "itl_p90_s": "Token gap, p90",
    "itl_p99_s": "Token gap, p99",
    "prefill_tok_per_s": "Prefill rate",
    "inference_s": "Latency (unscoped)",
    "memory_needed_bytes": "Weights and cache",
    "mbu_decode": "MBU, decoding",
    "vision_j": "Joules: picture",
    "prefill_j_per_token": "... a prompt token",
    "decode_j_per_token": "... a new token",
    "request_j": "... an answer",
    "request_net_j": "... an answer, net",
    "j_per_correct_answer": "... a right answer",
    "questions_per_charge": "Questions a charge",
    "iphone_charge_share": "iPhone's charge",
    "params_active": "Active parameters",
    "flops_total": "Work to 1st token",
    "thop_gmacs": "GMAC by thop",
    "thop_params_binary_billions": "Params by thop",
    "image_tokens": "Tokens of the image",
    "image_j": "Energy of the image",
}
"""Names that fit into a narrow column; other quantities have those of `quantities`."""


def title(quantity: str) -> str:
    """How a quantity is called; what stands behind a slash is kept."""
    name, slash, facet = quantity.partition("/")
    return f"{_TITLES.get(name) or words_of(name).title}{slash}{facet}"


def first(
    values: Sequence[Value], provenances: Sequence[Provenance], profile: str | None = None
) -> Value | None:
    """The first figure of such a provenance, and of a profile where one is named."""
    return next((value for value in values if value.provenance in provenances), None)


def marked(value: Value | None, *, plain: Provenance | None = None) -> str:
    """The figure with its provenance's symbol; without where it is the column's own (`plain`)."""
    if value is None:
        return ""
    if value.value is None:
        return DASH
    text = _exact(value) or _short(cell_of(value).text)
    return text if value.provenance == plain else f"{SYMBOLS[value.provenance]} {text}"


def ranged(value: Value | None, *, plain: Provenance | None = None) -> str:
    """The figure and, on the same line, its interval."""
    if value is None or value.value is None:
        return marked(value, plain=plain)
    interval = cell_of(value).interval.replace(" – ", "–")
    return f"{marked(value, plain=plain)} ({interval})" if interval else marked(value, plain=plain)


def _short(text: str) -> str:
    """Units in as few letters as they can be read in."""
    return (
        text.replace("tokens", "tok").replace("token", "tok")
        if "/" in text
        else text.removesuffix(" tokens")
    )


def _exact(value: Value) -> str | None:
    """Counts that are known to the last digit, and what papers print with one decimal."""
    if value.value is None:
        return None
    if value.unit == "params":
        return f"{value.value:,.0f}"
    return f"{value.value:,.1f} {value.unit}" if value.unit == "GMAC" else None


def legend(values: Sequence[Value]) -> str:
    """What the symbols mean that these figures carry."""
    seen = {value.provenance for value in values if value.value is not None}
    return "; ".join(f"{SYMBOLS[name]} {words}" for name, words in WORDS.items() if name in seen)
