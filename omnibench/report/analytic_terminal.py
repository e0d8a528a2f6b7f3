"""What requests cost by arithmetic, on a terminal: modules, phases, memory; 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from omnibench.core import Provenance
from omnibench.core.analysis import Analysis, AnalyticResults
from omnibench.report.cells import SYMBOLS, cell_of
from omnibench.report.perf_figures import marked, title
from omnibench.report.tables import drawn, numbers_table, row, wrapped

WIDTH = 80
_BESIDE = ("params", "params_active", "visual_tokens", "flops_total", "weights_bytes")
_COLUMNS: Mapping[Provenance, str] = {"derived": "worked out", "published": "published"}
_THOP = ("thop_gmacs", "thop_params_binary_billions")


def analytic_page(results: AnalyticResults, *, thop: bool = False) -> str:
    """The page. thop: also what papers print that count with it."""
    lines = [
        f"arithmetic on shapes, in {results.dtype}: 1 MAC = 2 FLOP, attention in full, logits for"
        " the last position; nothing was measured"
    ]
    for model, cases in results.models.items():
        for name, analysis in cases.items():
            lines += ["", *_head(model, name, analysis), _modules(analysis), _phases(analysis)]
            lines += [_memory(analysis), _beside(analysis, thop=thop)]
            if thop:
                lines += _fitted(analysis)
    lines += ["", *_image_tokens(results)]
    lines.append("; ".join(f"{SYMBOLS[name]} {words}" for name, words in _COLUMNS.items()))
    return "\n".join(wrapped(lines, WIDTH))


def _head(model: str, name: str, analysis: Analysis) -> Iterator[str]:
    case = analysis.case
    tiles = f"{analysis.tiles} tiles of " if analysis.tiles > 1 else ""
    yield (
        f"{model}, {name}: {case.width_px}x{case.height_px} px, {tiles}{analysis.patches} patches,"
        f" {analysis.visual_tokens} visual + {analysis.text_tokens} text tokens"
    )


def _modules(analysis: Analysis) -> str:
    table = numbers_table("module", "parameters", "GFLOP", "MB moved")
    for module, cost in analysis.modules.items():
        row(
            table, module.replace("_", " "), f"{cost.params:,}", f"{cost.flops / 1e9:,.2f}",
            f"{cost.moved_bytes / 1e6:,.1f}",
        )  # fmt: skip
    return drawn(table, WIDTH)


def _phases(analysis: Analysis) -> str:
    table = numbers_table("phase", "GFLOP", "causal", "MB moved", "FLOP/byte")
    for phase, cost in analysis.phases.items():
        intensity = cost.flops / cost.moved_bytes if cost.moved_bytes else 0.0
        row(
            table, "one more token" if phase == "decode" else phase, f"{cost.flops / 1e9:,.2f}",
            f"{cost.flops_causal / 1e9:,.2f}", f"{cost.moved_bytes / 1e6:,.1f}",
            f"{intensity:,.1f}",
        )  # fmt: skip
    table.add_section()
    total, causal = (analysis.figures[f"flops_total{kind}"].value for kind in ("", "_causal"))
    row(table, "to the first token", _giga(total), _giga(causal), "", "")
    return drawn(table, WIDTH)


def _memory(analysis: Analysis) -> str:
    kept = analysis.visual_tokens + analysis.text_tokens + analysis.case.new_tokens
    table = numbers_table("memory needed in", *analysis.memory_bytes)
    sizes = (cell_of(value).text for value in analysis.memory_bytes.values())
    row(table, f"weights + cache of {kept} tokens", *sizes)
    return drawn(table, WIDTH)


def _beside(analysis: Analysis, *, thop: bool) -> str:
    """What was worked out beside what papers print of the same."""
    table = numbers_table(
        "", f"{SYMBOLS['derived']} worked out", f"{SYMBOLS['published']} published"
    )
    for quantity in (*_BESIDE, *(_THOP if thop else ())):
        printed = analysis.published.get(quantity, [])
        row(
            table, title(quantity), marked(analysis.figures[quantity], plain="derived"),
            ", ".join(marked(value, plain="published") for value in printed),
        )  # fmt: skip
    return drawn(table, WIDTH)


def _fitted(analysis: Analysis) -> Iterator[str]:
    for fitted in analysis.thop_as_fitted:
        counted = marked(fitted.worked_out, plain="derived")
        yield (
            f"with {fitted.text_tokens} text tokens thop counts {counted};"
            f" {fitted.printed.source} {fitted.printed.method}"
        )


def _image_tokens(results: AnalyticResults) -> Iterator[str]:
    yield "An image of 1024x1024 px by the papers' example, none of it measured:"
    for quantity, values in results.image_tokens.items():
        shown = "  ".join(marked(value) for value in values)
        how = values[0].method or values[0].reason or ""
        yield f"  {title(quantity)}: {shown}  ({how.partition(': ')[2] or how})"
    for model, cases in results.models.items():
        for analysis in cases.values():
            yield f"  {model} reads {analysis.visual_tokens} tokens of its image"
            break


def _giga(flops: float | None) -> str:
    return "" if flops is None else f"{flops / 1e9:,.2f}"
