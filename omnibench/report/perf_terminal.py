"""A perf run on a terminal: stages, figures in columns by provenance, what to doubt; 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from omnibench.core import Conditions, PerfResults, Provenance, Value
from omnibench.report.cells import DASH, SYMBOLS
from omnibench.report.perf_conditions import conditions_line
from omnibench.report.perf_figures import first, legend, marked, ranged, title
from omnibench.report.perf_ratios import ratios_table
from omnibench.report.tables import drawn, numbers_table, row, wrapped
from omnibench.report.text import plain

WIDTH = 80
HERE: tuple[Provenance, ...] = ("measured", "derived", "estimated")
Figures = Mapping[str, Sequence[Value]]

_STAGES = ("preprocess", "vision", "projector", "prefill", "first_sample")
_SHOWN = (
    "ttft_s", "decode_tok_per_s", "itl_p50_s", "itl_p90_s", "itl_p99_s", "prefill_tok_per_s",
    "latency_s", "inference_s", "load_s", "first_image_s", "peak_rss_bytes", "weights_bytes",
    "memory_needed_bytes", "mfu_vision", "mfu_prefill", "mbu_decode", "vision_j",
    "prefill_j_per_token", "decode_j_per_token", "request_j", "request_net_j",
    "questions_per_charge", "iphone_charge_share", "params", "visual_tokens", "flops_total",
)  # fmt: skip
_THOP = ("thop_gmacs", "thop_params_binary_billions")


def perf_page(
    results: PerfResults,
    folder: Path,
    conditions: Sequence[Conditions] = (),
    *,
    thop: bool = False,
) -> str:
    """The page. conditions: of the trials that were timed. thop: also what papers count with it."""
    lines = list(_heading(results))
    shown: list[Value] = []
    for model, cases in results.models.items():
        for name, figures in cases.items():
            lines += ["", *_about(results, model, name, figures)]
            lines.append(_stages(figures))
            table, values = _columns(results, figures, thop=thop)
            shown += values
            lines += [table, *_citations(figures, thop=thop), *_missing(figures)]
    lines += ["", *ratios_table(results, WIDTH)]
    lines.append(legend(shown))
    if conditions:
        lines.append(conditions_line(conditions, results.threads))
    lines += [f"! {plain(doubt)}" for doubt in results.doubts]
    lines.append(f"run: {folder}")
    return "\n".join(wrapped(lines, WIDTH))


def _heading(results: PerfResults) -> Iterator[str]:
    threads = f"{results.threads} thread{'s' if results.threads != 1 else ''}"
    yield f"{results.dtype} on {threads}; device asked about: {results.profile}"
    if not results.host_matches_profile:
        yield (
            f"This machine is not a {results.profile}: what was measured here stands apart from"
            " what is projected for it."
        )
    for card in results.cards.values():
        yield f"{plain(card.name)}, weights: {plain(card.weights)}"


def _about(results: PerfResults, model: str, name: str, figures: Figures) -> Iterator[str]:
    case = results.cases[name]
    tokens = " + ".join(
        f"{value.value:.0f} {words}"
        for words, quantity in (("visual", "visual_tokens"), ("text tokens", "text_tokens"))
        if (value := first(figures.get(quantity, ()), ("derived",))) and value.value is not None
    )
    yield (
        f"{plain(model)}, {name}: {case.width_px}x{case.height_px} px, {tokens or 'a prompt'},"
        f" {case.new_tokens} new"
    )


def _stages(figures: Figures) -> str:
    """The time to the first token by stage, with the work of each and how fast it was done."""
    table = numbers_table("stage", "time", "share", "GFLOP", "GFLOP/s", "of ceiling")
    whole = _here(figures, "ttft_s")
    for stage in (*_STAGES, "gap"):
        time = _here(figures, f"{stage}_s")
        work = first(figures.get(f"flops_{stage}", ()), ("derived",))
        share = None
        if time is not None and whole is not None and time.value is not None and whole.value:
            share = time.value / whole.value
        use = _here(figures, f"mfu_{stage}")
        row(
            table, title(f"{stage}_s"), marked(time, plain="measured") or DASH,
            "" if share is None else f"{share:.1%}",
            "" if work is None or work.value is None else f"{work.value / 1e9:,.1f}",
            _rate(work, time), marked(use, plain="derived"),
        )  # fmt: skip
    table.add_section()
    total = first(figures.get("flops_total", ()), ("derived",))
    row(
        table, title("ttft_s"), marked(whole, plain="measured") or DASH, "",
        "" if total is None or total.value is None else f"{total.value / 1e9:,.1f}",
        _rate(total, whole), "",
    )  # fmt: skip
    return drawn(table, WIDTH)


def _columns(results: PerfResults, figures: Figures, *, thop: bool) -> tuple[str, list[Value]]:
    """Figures by where they come from, and all that stand in the table.

    A column's own provenance, its first, carries no mark; all others do.
    """
    columns = list(_origins(results, figures))
    table = numbers_table("", *(heading for heading, _ in columns))
    shown: list[Value] = []
    for quantity in _quantities(figures, thop=thop):
        cells = [(first(figures[quantity], origins), origins[0]) for _, origins in columns]
        known = [value for value, _ in cells if value is not None and value.value is not None]
        if known:
            shown += known
            texts = (ranged(value, plain=own) or DASH for value, own in cells)
            row(table, title(quantity), *texts)
    return drawn(table, WIDTH), shown


def _origins(
    results: PerfResults, figures: Figures
) -> Iterator[tuple[str, tuple[Provenance, ...]]]:
    """The columns: a heading, and the provenances that stand below it."""
    yield "this machine", HERE
    if not results.host_matches_profile:
        yield f"{SYMBOLS['projected']} {results.profile}", ("projected",)
    if any(first(values, ("published",)) for values in figures.values()):
        yield f"{SYMBOLS['published']} published", ("published",)


def _quantities(figures: Figures, *, thop: bool) -> Iterator[str]:
    right = [name for name in figures if name.startswith("j_per_correct_answer")]
    for quantity in (*_SHOWN, *right, *(_THOP if thop else ())):
        if quantity in figures:
            yield quantity


def _citations(figures: Figures, *, thop: bool) -> Iterator[str]:
    """Where the published figures stand, and what is to be said of them."""
    cited: dict[tuple[str, str], list[str]] = {}
    for quantity in _quantities(figures, thop=thop):
        value = first(figures[quantity], ("published",))
        if value is not None and value.source is not None:
            cited.setdefault((value.source, value.method or ""), []).append(title(quantity))
    for (source, note), quantities in cited.items():
        said = f" ({note})" if note else ""
        yield plain(f"{SYMBOLS['published']} {source}: {', '.join(quantities)}{said}")


def _missing(figures: Figures) -> Iterator[str]:
    """Quantities without any figure, by the reason that they share; no net without its gross."""
    reasons: dict[str, list[str]] = {}
    for quantity, values in figures.items():
        gross = quantity.replace("_net_", "_")
        if _here(figures, gross) is None and gross != quantity:
            continue
        if all(value.value is None for value in values):
            reason = next((value.reason for value in values if value.reason), "no reason recorded")
            reasons.setdefault(reason, []).append(quantity)
    for reason, quantities in reasons.items():
        yield f"missing: {', '.join(quantities)}: {plain(reason)}"


def _here(figures: Figures, quantity: str) -> Value | None:
    """What this machine, or arithmetic, says."""
    return first(figures.get(quantity, ()), HERE)


def _rate(work: Value | None, time: Value | None) -> str:
    if work is None or time is None or not work.value or not time.value:
        return ""
    return f"{work.value / time.value / 1e9:,.1f}"
