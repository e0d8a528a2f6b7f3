"""One HTML file that holds everything: no network, no other file, readable without its script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench import __version__
from omnibench.quantities import words_of
from omnibench.report.cells import SYMBOLS
from omnibench.report.speed import STACKED
from omnibench.report.text import plain
from omnibench.resources import shipped

if TYPE_CHECKING:
    from jinja2 import Environment

    from omnibench.report.page import Page

FOLD_AFTER = 700
"""Characters of a text that stand open; what follows is folded."""

CUT_AFTER = 6_000
"""Characters of a text that are on the page at all."""


NAME_AFTER = 200
"""Characters of an id, a facet or a model's name that are on the page."""


def render(page: Page) -> str:
    """The page as one HTML document."""
    environment = _environment()
    folder = shipped("reports") / "templates"
    style, script = ((folder / name).read_text("utf-8") for name in ("report.css", "report.js"))
    return environment.get_template("report.html.j2").render(
        page=page,
        style=style,
        script=script,
        policy=policy(style, script),
        symbols=SYMBOLS,
        stages=[words_of(stage).title for stage in STACKED],
        version=__version__,
    )


def write_page(path: Path, page: Page) -> None:
    """Write the page whole: whoever opens the file sees the old page or the new one."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(render(page), encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def policy(style: str, script: str) -> str:
    """A content security policy under which nothing but this style and this script is obeyed."""
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def visible(text: object) -> str:
    """Text from outside with control and invisible characters written as escapes."""
    return plain(str(text), keep="\n\t")


def short(text: str) -> str:
    """A name, cut with a word where it is longer than any name should be."""
    cut = len(text) - NAME_AFTER
    return text if cut <= 0 else f"{text[:NAME_AFTER]}… ({cut:,} more characters)"


def folded(text: str) -> Mapping[str, Any]:
    """What of a text stands open, what is folded, and how much is left out."""
    return {
        "open": visible(text[:FOLD_AFTER]),
        "folded": visible(text[FOLD_AFTER:CUT_AFTER]),
        "left_out": max(0, len(text) - CUT_AFTER),
        "characters": len(text),
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    """Templates, compiled once a process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(shipped("reports") / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text of a run passes through here, whether a template thinks of it or not.
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
    )
    environment.filters |= {"folded": folded, "short": short}
    return environment
