"""A scene: objects on a grid of cells, one to a cell, so that none overlaps another."""

from dataclasses import dataclass

from PIL import Image

from omnivlm.data.canvas import Canvas
from omnivlm.data.shapes import draw_shape
from omnivlm.data.words import PAPERS

SIDE_PX = 378
GRID = 3
SIZES: dict[str, float] = {"small": 0.56, "large": 0.84}
"""The side of an object's box as a share of its cell."""

ROW_WORDS = ("top", "middle", "bottom")
COLUMN_WORDS = ("left", "centre", "right")


def cell_name(row: int, column: int) -> str:
    """Name a cell of a grid of three by three: "top left", "middle right", "centre"."""
    if (row, column) == (1, 1):
        return "centre"
    return f"{ROW_WORDS[row]} {COLUMN_WORDS[column]}"


@dataclass(frozen=True, slots=True)
class Thing:
    """One object; `row` and `column` count from the top left, `label` is written under it."""

    kind: str
    colour: str
    size: str
    row: int
    column: int
    label: str | None = None

    @property
    def place(self) -> str:
        """Say where it stands: "top left", "middle right", "centre"."""
        return cell_name(self.row, self.column)

    def describe(self) -> str:
        """Say where it stands, how large it is, its colour, its kind and its label."""
        named = f"{self.place.capitalize()}: a {self.size} {self.colour} {self.kind}"
        return f"{named} labelled {self.label}." if self.label else f"{named}."


@dataclass(frozen=True, slots=True)
class Scene:
    """A complete description of a drawn scene, in raster order."""

    things: tuple[Thing, ...]
    paper: int = 0

    def kinds(self) -> set[str]:
        """Return the kinds that are there."""
        return {t.kind for t in self.things}

    def count(self, *, kind: str | None = None, colour: str | None = None) -> int:
        """Count the objects of a kind, of a colour, or of both."""
        return sum(kind in (None, t.kind) and colour in (None, t.colour) for t in self.things)

    def at(self, row: int, column: int) -> Thing | None:
        """Return the object in a cell."""
        return next((t for t in self.things if (t.row, t.column) == (row, column)), None)

    def alone(self) -> list[Thing]:
        """List the objects that are the only ones of their kind."""
        return [t for t in self.things if self.count(kind=t.kind) == 1]

    def name(self, thing: Thing) -> str | None:
        """Name an object so that nothing else is meant: "cup", "red cup", or None."""
        if self.count(kind=thing.kind) == 1:
            return thing.kind
        if self.count(kind=thing.kind, colour=thing.colour) == 1:
            return f"{thing.colour} {thing.kind}"
        return None

    def describe(self) -> str:
        """Say of every object where it stands, how large it is, its colour and its kind."""
        return " ".join(thing.describe() for thing in self.things)

    def draw(self) -> Image.Image:
        """Draw the scene, 378 x 378."""
        paper = PAPERS[self.paper]
        canvas = Canvas(SIDE_PX, SIDE_PX, paper)
        cell_px = SIDE_PX / GRID
        for thing in self.things:
            middle = ((thing.column + 0.5) * cell_px, (thing.row + 0.5) * cell_px)
            half_px = SIZES[thing.size] * cell_px / 2
            if thing.label is not None:
                canvas.text((middle[0], middle[1] + 0.40 * cell_px), thing.label, 22)
                middle = (middle[0], middle[1] - 0.10 * cell_px)
                half_px = min(half_px, 0.36 * cell_px)
            draw_shape(canvas, thing.kind, thing.colour, middle, half_px, paper)
        return canvas.finish()
