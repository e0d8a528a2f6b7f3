"""The outline of every kind of object, as strokes in a box from -1 to 1 (y points down)."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal

from omnivlm.data.canvas import Box, Canvas, Point
from omnivlm.data.words import COLOURS, Colour

Tone = Literal["body", "shade", "light", "paper"]


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled polygon."""

    points: tuple[Point, ...]
    tone: Tone = "body"
    outlined: bool = True


@dataclass(frozen=True, slots=True)
class Ellipse:
    """A filled ellipse in a box (left, top, right, bottom)."""

    box: Box
    tone: Tone = "body"
    outlined: bool = True


Stroke = Polygon | Ellipse


def _rectangle(left: float, top: float, right: float, bottom: float, tone: Tone) -> Polygon:
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)), tone, False)


def _around(count: int, radii: tuple[float, ...], start: float) -> tuple[Point, ...]:
    """Points around the origin whose distances take turns."""
    angles = [start + 2 * pi * i / count for i in range(count)]
    return tuple(
        (radii[i % len(radii)] * cos(a), radii[i % len(radii)] * sin(a))
        for i, a in enumerate(angles)
    )


def _flower() -> tuple[Stroke, ...]:
    petals = [
        Ellipse((x - 0.3, y - 0.65, x + 0.3, y - 0.05)) for x, y in _around(6, (0.36,), pi / 6)
    ]
    stem = _rectangle(-0.06, 0, 0.06, 1, "shade")
    leaf = Polygon(((0, 0.8), (0.5, 0.45), (0.35, 0.8)), "shade", False)
    return (stem, leaf, *petals, Ellipse((-0.24, -0.59, 0.24, -0.11), "light"))


def _umbrella() -> tuple[Stroke, ...]:
    dome = [(cos(pi + pi * i / 16), sin(pi + pi * i / 16)) for i in range(17)]
    hem = ((0.66, -0.14), (0.33, 0), (0, -0.14), (-0.33, 0), (-0.66, -0.14))
    hook = [(0.16 + 0.16 * cos(pi * i / 8), 0.8 + 0.16 * sin(pi * i / 8)) for i in range(9)]
    inner = [(0.16 + 0.06 * cos(pi * i / 8), 0.8 + 0.06 * sin(pi * i / 8)) for i in range(9)]
    handle = Polygon((*hook, *reversed(inner)), "shade", False)
    return (_rectangle(-0.05, -0.2, 0.06, 0.82, "shade"), handle, Polygon((*dome, *hem)))


def _cloud() -> tuple[Stroke, ...]:
    puffs = ((-1, -0.1, -0.2, 0.6), (-0.7, -0.6, 0.2, 0.3), (-0.1, -0.5, 0.7, 0.3))
    return (
        *(Ellipse(box, "body", False) for box in puffs),
        Ellipse((0.2, -0.15, 1, 0.6), "body", False),
        _rectangle(-0.6, 0.1, 0.6, 0.6, "body"),
    )


def _line_of_print(side: int, y: float) -> Polygon:
    outer, inner = side * 0.85, side * 0.15
    corners = ((outer, y), (inner, y + 0.14), (inner, y + 0.22), (outer, y + 0.08))
    return Polygon(corners, "light", False)


SHAPES: dict[str, tuple[Stroke, ...]] = {
    "circle": (Ellipse((-0.9, -0.9, 0.9, 0.9)),),
    "square": (Polygon(((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85))),),
    "triangle": (Polygon(((0, -0.9), (1, 0.8), (-1, 0.8))),),
    "star": (Polygon(_around(10, (1, 0.42), -pi / 2)),),
    "house": (
        Polygon(((-0.75, -0.15), (0.75, -0.15), (0.75, 0.95), (-0.75, 0.95))),
        Polygon(((-1, -0.15), (0, -0.95), (1, -0.15)), "shade"),
        _rectangle(-0.15, 0.35, 0.2, 0.95, "light"),
        _rectangle(-0.6, 0.1, -0.28, 0.42, "light"),
        _rectangle(0.33, 0.1, 0.62, 0.42, "light"),
    ),
    "tree": (
        _rectangle(-0.14, 0.6, 0.14, 1, "shade"),
        Polygon(((0, -0.35), (0.85, 0.65), (-0.85, 0.65))),
        Polygon(((0, -0.7), (0.68, 0.15), (-0.68, 0.15))),
        Polygon(((0, -1), (0.5, -0.35), (-0.5, -0.35))),
    ),
    "car": (
        Polygon(((-0.6, -0.1), (-0.35, -0.6), (0.35, -0.6), (0.65, -0.1))),
        Polygon(((-1, -0.1), (0.9, -0.1), (1, 0.1), (1, 0.4), (-1, 0.4))),
        Polygon(((-0.42, -0.12), (-0.27, -0.48), (-0.05, -0.48), (-0.05, -0.12)), "light", False),
        Polygon(((0.07, -0.12), (0.07, -0.48), (0.28, -0.48), (0.46, -0.12)), "light", False),
        Ellipse((-0.75, 0.15, -0.25, 0.65), "shade"),
        Ellipse((0.25, 0.15, 0.75, 0.65), "shade"),
        Ellipse((-0.58, 0.32, -0.42, 0.48), "light", False),
        Ellipse((0.42, 0.32, 0.58, 0.48), "light", False),
    ),
    "flower": _flower(),
    "cup": (
        Ellipse((0.2, -0.4, 0.95, 0.35)),
        Ellipse((0.38, -0.2, 0.75, 0.17), "paper"),
        Polygon(((-0.8, -0.7), (0.55, -0.7), (0.4, 0.8), (-0.65, 0.8))),
        Ellipse((-0.8, -0.85, 0.55, -0.55), "shade"),
    ),
    "key": (
        Ellipse((-1, -0.45, -0.1, 0.45)),
        Ellipse((-0.75, -0.2, -0.35, 0.2), "paper"),
        _rectangle(-0.15, -0.11, 1, 0.11, "body"),
        _rectangle(0.5, 0.1, 0.66, 0.45, "body"),
        _rectangle(0.84, 0.1, 1, 0.5, "body"),
    ),
    "book": (
        Polygon(((-1, -0.6), (0, -0.4), (0, 0.75), (-1, 0.55))),
        Polygon(((1, -0.6), (0, -0.4), (0, 0.75), (1, 0.55))),
        *(_line_of_print(side, y) for side in (-1, 1) for y in (-0.35, -0.1, 0.15)),
    ),
    "lamp": (
        _rectangle(-0.08, -0.1, 0.08, 0.8, "shade"),
        Polygon(((-0.4, -0.95), (0.4, -0.95), (0.8, -0.05), (-0.8, -0.05))),
        Polygon(((-0.35, 0.75), (0.35, 0.75), (0.55, 1), (-0.55, 1))),
    ),
    "fish": (
        Polygon(((0.35, 0), (1, -0.55), (0.85, 0), (1, 0.55))),
        Ellipse((-1, -0.5, 0.6, 0.5)),
        Ellipse((-0.72, -0.22, -0.46, 0.04), "light"),
        Polygon(((-0.2, 0.02), (0.2, 0.22), (-0.15, 0.25)), "shade", False),
    ),
    "boat": (
        _rectangle(-0.04, -0.95, 0.06, 0.4, "shade"),
        Polygon(((0.14, -0.9), (0.85, 0.2), (0.14, 0.2))),
        Polygon(((-0.12, -0.6), (-0.12, 0.2), (-0.65, 0.2))),
        Polygon(((-1, 0.35), (1, 0.35), (0.6, 0.9), (-0.6, 0.9))),
    ),
    "umbrella": _umbrella(),
    "cloud": _cloud(),
}  # fmt: skip


def _tones(colour: str, paper: Colour) -> dict[Tone, Colour]:
    red, green, blue = COLOURS[colour]
    shade = (110, 110, 118) if colour == "black" else (red * 5 // 9, green * 5 // 9, blue * 5 // 9)
    return {"body": (red, green, blue), "shade": shade, "light": (255, 255, 255), "paper": paper}


def draw_shape(
    canvas: Canvas, kind: str, colour: str, middle: Point, half_px: float, paper: Colour
) -> None:
    """Draw an object of a kind; `half_px` is half the side of its box."""
    tones = _tones(colour, paper)

    def place(x: float, y: float) -> Point:
        return middle[0] + x * half_px, middle[1] + y * half_px

    for stroke in SHAPES[kind]:
        outline = tones["shade"] if stroke.outlined else None
        if isinstance(stroke, Polygon):
            canvas.polygon([place(x, y) for x, y in stroke.points], tones[stroke.tone], outline)
        else:
            left, top, right, bottom = stroke.box
            box = (*place(left, top), *place(right, bottom))
            canvas.ellipse(box, tones[stroke.tone], outline)
