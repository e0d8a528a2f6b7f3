"""A pack in memory: rows in a benchmark's own columns and the pictures they name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from omnivlm.data.canvas import Picture
from omnivlm.data.parts import Part

T = TypeVar("T")
Cell = str | int | list[str] | list[dict[str, str | int]] | dict[str, str] | None
Row = dict[str, Cell]


@dataclass(slots=True)
class Pack:
    """Rows and pictures of one benchmark's form; equal pictures are kept once.

    answers: how OK-VQA's answers are written, "raw" or "stemmed".
    """

    task: str
    part: Part
    seed: int
    split: str | None = None
    answers: str | None = None
    rows: list[Row] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def keep(self, picture: Picture) -> str:
        """Keep a picture and return the file name that rows use for it."""
        for name, known in self.pictures.items():
            if known == picture:
                return name
        name = f"{self.task}_{len(self.pictures):03d}.png"
        self.pictures[name] = picture
        return name


def interleave(runs: Sequence[Sequence[T]]) -> list[T]:
    """Mix runs evenly, each in its own order, so that the first rows hold something of all."""
    marked = [
        ((index + 0.5) / len(run), number, index)
        for number, run in enumerate(runs)
        for index in range(len(run))
    ]
    return [runs[number][index] for _, number, index in sorted(marked)]
