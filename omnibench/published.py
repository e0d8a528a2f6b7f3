"""What papers print of models on devices: figures with their source, in a column of their own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from omnibench.core import Value
from omnibench.core.files import read_toml
from omnibench.errors import OmnibenchError
from omnibench.resources import shipped

Words = Annotated[str, msgspec.Meta(min_length=1)]


class PublishedFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number as it stands in a paper, in this project's units.

    model: this project's name of it, or the paper's words for one that is not here.
    quantity: one of those that `perf` writes, where it has one.
    where: the table or section.
    profiles, cases: the devices and requests that it is about; none: any.
    text_tokens: of the prompt with which the figure comes out, where it is one of arithmetic.
    image_in_prompt: whether the language model read the image's tokens when it was counted.
    """

    model: Words
    quantity: Words
    value: float
    unit: Words
    where: Words
    profiles: tuple[Words, ...] = ()
    cases: tuple[Words, ...] = ()
    text_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    image_in_prompt: bool = True
    note: str = ""


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One publication. source: how it is cited."""

    id: Words
    title: Words
    source: Words
    figures: tuple[PublishedFigure, ...]
    note: str = ""


def papers() -> list[Paper]:
    """All that are shipped, by their names."""
    return [read_paper(path) for path in sorted((shipped("reports") / "published").glob("*.toml"))]


def read_paper(path: Path) -> Paper:
    """One file. Raises OmnibenchError naming it and the key at fault."""
    paper = read_toml(path, Paper, "published figures")
    for number, figure in enumerate(paper.figures):
        if not (math.isfinite(figure.value) and figure.value > 0):
            raise OmnibenchError(
                f"published figures {path}: figures[{number}].value is {figure.value},"
                " which no paper prints"
            )
    return paper


def published_values(
    papers: Iterable[Paper], *, model: str, profile: str, case: str
) -> dict[str, list[Value]]:
    """Quantity -> what papers print of a model on a device for a request."""
    found: dict[str, list[Value]] = {}
    for paper in papers:
        for figure in paper.figures:
            if figure.model == model and _is(profile, figure.profiles) and _is(case, figure.cases):
                on = profile if figure.profiles else None
                found.setdefault(figure.quantity, []).append(as_value(paper, figure, on))
    return found


def as_value(paper: Paper, figure: PublishedFigure, profile: str | None = None) -> Value:
    """A figure with its citation; what the paper leaves unsaid stands in `method`."""
    unsaid = paper.note if figure.profiles else ""
    return Value(
        figure.value,
        figure.unit,
        "published",
        source=f"{paper.source}, {figure.where}",
        method=figure.note or unsaid or None,
        profile=profile,
    )


def _is(name: str, names: Sequence[str]) -> bool:
    return not names or name in names
