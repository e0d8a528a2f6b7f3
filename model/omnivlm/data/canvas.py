"""A small drawing surface: smooth edges, sizes in pixels of the finished picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, sin
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont

from omnivlm.data.words import INK, Colour

Point = tuple[float, float]
Box = tuple[float, float, float, float]

_FINER = 2  # drawn at twice the size and reduced: PIL's own lines have no smooth edges


WRITTEN = "written"
"""Under this name a picture's `info` holds the characters in it, a tuple of `Written`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A character in a picture and its place there; all of a line are as high as the line."""

    character: str
    box_px: Box


class Picture(Protocol):
    """A complete description that can draw itself, always into the same pixels."""

    def describe(self) -> str:
        """Say in words all that can be asked about."""
        ...

    def draw(self) -> Image.Image:
        """Draw the picture as RGB."""
        ...


class Canvas:
    """Collects strokes; `finish` gives the picture."""

    def __init__(self, width_px: int, height_px: int, paper: Colour = (255, 255, 255)) -> None:
        self.width_px = width_px
        self.height_px = height_px
        self._image = Image.new("RGB", (width_px * _FINER, height_px * _FINER), paper)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}
        self._written: list[Written] = []

    def polygon(self, points: Sequence[Point], fill: Colour, outline: Colour | None = None) -> None:
        """Fill a polygon, with a thin outline where one is named."""
        scaled = [(x * _FINER, y * _FINER) for x, y in points]
        self._draw.polygon(scaled, fill=fill)
        if outline is not None:
            self._draw.line([*scaled, *scaled[:2]], fill=outline, width=2 * _FINER, joint="curve")

    def ellipse(self, box: Box, fill: Colour, outline: Colour | None = None) -> None:
        """Fill the ellipse that fits a box (left, top, right, bottom)."""
        left, top, right, bottom = (v * _FINER for v in box)
        self._draw.ellipse((left, top, right, bottom), fill=fill, outline=outline, width=2 * _FINER)

    def rectangle(self, box: Box, fill: Colour, outline: Colour | None = None) -> None:
        """Fill a rectangle (left, top, right, bottom)."""
        left, top, right, bottom = (v * _FINER for v in box)
        self._draw.rectangle(
            (left, top, right, bottom), fill=fill, outline=outline, width=2 * _FINER
        )

    def line(self, points: Sequence[Point], colour: Colour = INK, width_px: float = 2) -> None:
        """Draw a line through the points."""
        scaled = [(x * _FINER, y * _FINER) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width_px * _FINER), joint="curve")

    def arrow(self, start: Point, end: Point, colour: Colour = INK) -> None:
        """Draw an arrow whose tip is at `end`."""
        angle = atan2(end[1] - start[1], end[0] - start[0])
        neck = (end[0] - 9 * cos(angle), end[1] - 9 * sin(angle))
        self.line([start, neck], colour, 3)
        tip = [(end[0] - 14 * cos(angle + a), end[1] - 14 * sin(angle + a)) for a in (-0.5, 0.5)]
        self.polygon([end, *tip], colour)

    def text(
        self,
        at: Point,
        text: str,
        size_px: int,
        anchor: str = "mm",
        colour: Colour = INK,
        halo_px: int = 0,
    ) -> None:
        """Write one line; `anchor` as in Pillow ("mm" is the middle, "ls" the left baseline).

        `halo_px` is the width of a white edge that keeps the text legible over lines.
        """
        font = self._font(size_px)
        self._draw.text(
            (at[0] * _FINER, at[1] * _FINER),
            text,
            fill=colour,
            font=font,
            anchor=anchor,
            stroke_width=halo_px * _FINER,
            stroke_fill=(255, 255, 255),
        )
        left, top, _, bottom = self._draw.textbbox(
            (at[0] * _FINER, at[1] * _FINER), text, font=font, anchor=anchor
        )
        edges = [(left + font.getlength(text[:i])) / _FINER for i in range(len(text) + 1)]
        self._written += [
            Written(character, (start, top / _FINER, end, bottom / _FINER))
            for character, start, end in zip(text, edges, edges[1:], strict=False)
        ]

    def finish(self) -> Image.Image:
        """Return the picture at its own size, as RGB, with what is written in it."""
        finished = self._image.reduce(_FINER)
        finished.info[WRITTEN] = tuple(self._written)
        return finished

    def _font(self, size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        if size_px not in self._fonts:
            self._fonts[size_px] = ImageFont.load_default(size=size_px * _FINER)
        return self._fonts[size_px]
