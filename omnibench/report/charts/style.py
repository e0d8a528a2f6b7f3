"""matplotlib's SVG made fit for a page: real text, the page's colours, no style of its own.

matplotlib writes `style` attributes, which a page that forbids inline styles would not obey, and
fixed colours, which would not follow a dark page. Both are rewritten here.
"""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from omnibench.report.text import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

INK, MUTED, LINE, PAPER = "#000101", "#000102", "#000103", "#000104"
SERIES = tuple(f"#0002{number:02x}" for number in range(8))
STAGES = tuple(f"#0003{number:02x}" for number in range(6))
TOKENS: Mapping[str, str] = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)},
    **{colour: f"var(--stage-{number})" for number, colour in enumerate(STAGES, start=1)},
}
"""A colour that matplotlib is given -> what the page paints in its place."""

MARKERS: Mapping[str, str] = {
    "measured": "o",
    "derived": "o",
    "projected": "D",
    "estimated": "^",
    "published": "s",
}
"""Shapes of the symbols that stand for a provenance in words and tables."""

_SETTINGS: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "omnibench",
    "text.parse_math": False,
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 1,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
}
_PLACES = (
    "cx",
    "cy",
    "d",
    "height",
    "points",
    "r",
    "transform",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
)
_KEPT = frozenset(_PLACES) | {
    "clip-path", "fill", "fill-opacity", "font-size", "href", "id", "opacity", "patternUnits",
    "preserveAspectRatio", "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor",
    "viewBox",
}  # fmt: skip
"""Attributes that a chart keeps; whatever else matplotlib writes is dropped."""

_FONT_SIZE = re.compile(r"([\d.]+)px")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")


@contextmanager
def canvas(width_px: int, height_px: int) -> Iterator[Figure]:
    """A figure to draw on, in the page's style, whatever the user's matplotlibrc says."""
    import matplotlib
    from matplotlib.figure import Figure

    # 72 units of the SVG to the inch: one is then one CSS pixel.
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        parameters: Any = matplotlib.rcParams
        parameters.update(_SETTINGS)
        yield Figure(figsize=(width_px / 72, height_px / 72), layout="constrained")


def svg(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as an <svg> element: text as text, colours of the page, named for a reader.

    name: unlike that of every other chart of the page; it begins the element's ids.
    """
    name = f"chart-{name}"
    buffer = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    root = ET.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _restyle(element, name)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {
        "role": "img", "aria-labelledby": f"{name}-title {name}-description", "class": "chart",
        "stroke-linecap": "butt", "stroke-linejoin": "round",
    }  # fmt: skip
    for place, text in (("title", title), ("description", description)):
        tag = "title" if place == "title" else "desc"
        label = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{place}"})
        label.text = plain(text)
        root.insert(0 if place == "title" else 1, label)
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    return ET.tostring(root, encoding="unicode")


def label(text: str, most: int = 28) -> str:
    """A name for an axis: no control characters, not longer than fits."""
    text = " ".join(plain(text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def filled(provenance: str, colour: str) -> str:
    """The inside of a mark: full for what was measured, the page's colour for all else."""
    return colour if provenance in ("measured", "derived") else PAPER


def provenance_handles(kinds: Iterable[str], colour: str = INK) -> list[Any]:
    """What a legend says of the marks: each provenance once."""
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [], [], marker=MARKERS[kind], linestyle="none", color=colour, label=kind,
            markerfacecolor=filled(kind, colour),
        )
        for kind in dict.fromkeys(kinds)
    ]  # fmt: skip


def legend_below(figure: Figure, handles: Sequence[Any], columns: int) -> None:
    """A legend under the drawing."""
    figure.legend(
        handles=handles, loc="outside lower center", ncols=columns, fontsize=11,
        handlelength=1.2, columnspacing=1.2,
    )  # fmt: skip


def _restyle(element: ET.Element, name: str) -> None:
    """Presentation attributes in place of `style`; ids of this chart alone; short numbers."""
    given = {**element.attrib, **dict(_declarations(element.attrib.get("style", "")))}
    # By version, matplotlib writes `font: 11px 'DejaVu Sans'` or `font-size: 11px`.
    size = _FONT_SIZE.search(given.get("font-size", given.get("font", "")))
    if size:
        given["font-size"] = size[1]
    if element.tag == f"{{{SVG}}}g":
        given.pop("id", None)
    if f"{{{XLINK}}}href" in given:
        given["href"] = given[f"{{{XLINK}}}href"]
    kept = {key: _rewritten(key, value, name) for key, value in given.items() if key in _KEPT}
    element.attrib.clear()
    element.attrib.update(kept)


def _rewritten(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    if value.startswith("url(#"):
        return f"url(#{name}-{value.removeprefix('url(#')}"
    if key in _PLACES:
        return _LONG_NUMBER.sub(_short, value)
    return TOKENS.get(value.lower(), value)


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        key, colon, value = declaration.partition(":")
        if colon:
            yield key.strip(), value.strip()


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}"
