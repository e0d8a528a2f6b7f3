"""Drawings of one thing whose parts carry letters."""

import random
from dataclasses import dataclass

from PIL import Image

from omnivlm.data.asked import Asked, Maker, some_wrong
from omnivlm.data.canvas import Canvas, Point
from omnivlm.data.parts import Part, colours_for
from omnivlm.data.shapes import draw_shape
from omnivlm.data.words import INK, sentences, with_article

_MIDDLE: Point = (189, 189)
_HALF_PX = 108
_WHITE = (255, 255, 255)

# part -> (a point on it, where its letter stands), both in the box of the shape from -1 to 1
PARTS: dict[str, dict[str, tuple[Point, Point]]] = {
    "fish": {
        "eye": ((-0.59, -0.09), (-0.9, -1.1)),
        "tail": ((0.85, 0.2), (1.25, 1.1)),
        "fin": ((-0.03, 0.17), (0.1, 1.2)),
        "mouth": ((-0.99, 0.02), (-1.45, 0.7)),
    },
    "house": {
        "roof": ((0.25, -0.5), (0.95, -1.2)),
        "door": ((0.02, 0.7), (0.02, 1.45)),
        "window": ((-0.44, 0.26), (-1.4, 0.05)),
        "wall": ((0.6, 0.7), (1.4, 0.5)),
    },
    "flower": {
        "petal": ((0.33, -0.55), (1.1, -1.0)),
        "centre": ((-0.05, -0.35), (-1.2, -0.6)),
        "stem": ((0.0, 0.4), (-1.0, 0.5)),
        "leaf": ((0.32, 0.66), (1.2, 0.7)),
    },
    "boat": {
        "mast": ((0.01, -0.85), (-0.8, -1.2)),
        "sail": ((0.4, -0.1), (1.3, -0.6)),
        "hull": ((0.3, 0.65), (1.2, 1.2)),
    },
    "lamp": {
        "shade": ((0.3, -0.5), (1.25, -0.9)),
        "stand": ((0.0, 0.35), (-1.1, 0.35)),
        "base": ((0.2, 0.9), (1.2, 1.2)),
    },
    "umbrella": {
        "canopy": ((0.5, -0.5), (1.3, -1.0)),
        "shaft": ((0.0, 0.3), (-1.1, 0.4)),
        "handle": ((0.26, 0.88), (1.1, 0.9)),
    },
    "key": {
        "bow": ((-0.85, -0.2), (-1.1, -1.1)),
        "shaft": ((0.2, 0.0), (0.2, -1.0)),
        "teeth": ((0.92, 0.35), (0.8, 1.2)),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelledParts:
    """A thing and the letter of each of its parts."""

    kind: str
    colour: str
    letters: dict[str, str]

    def describe(self) -> str:
        """Name the thing and its parts by their letters."""
        parts = sorted(self.letters, key=lambda part: self.letters[part])
        return sentences(
            f"{with_article(self.colour).capitalize()} {self.kind}",
            *(f"{self.letters[part]}: {part}" for part in parts),
        )

    def draw(self) -> Image.Image:
        """Draw the thing with a line from each letter to its part, 378 x 378."""
        canvas = Canvas(378, 378)
        draw_shape(canvas, self.kind, self.colour, _MIDDLE, _HALF_PX, _WHITE)
        for part, letter in self.letters.items():
            on, away = (_place(point) for point in PARTS[self.kind][part])
            canvas.line([on, away], INK, 2)
            canvas.ellipse((on[0] - 5, on[1] - 5, on[0] + 5, on[1] + 5), _WHITE, INK)
            canvas.ellipse((away[0] - 17, away[1] - 17, away[0] + 17, away[1] + 17), _WHITE, INK)
            canvas.text(away, letter, 23)
        return canvas.finish()


def _place(point: Point) -> Point:
    return _MIDDLE[0] + point[0] * _HALF_PX, _MIDDLE[1] + point[1] * _HALF_PX


def sample_parts(rng: random.Random, part: Part) -> LabelledParts:
    """Draw a thing whose letters are dealt at random."""
    kind = rng.choice(list(PARTS))
    names = list(PARTS[kind])
    letters = rng.sample("ABCD"[: len(names)], len(names))
    colours = [c for c in colours_for(kind, part) if c != "black"]
    return LabelledParts(kind, rng.choice(colours), dict(zip(names, letters, strict=True)))


def part_of_letter(picture: LabelledParts, rng: random.Random) -> Asked:
    """Ask which part a letter shows."""
    part, letter = rng.choice(list(picture.letters.items()))
    # The wording hangs on the letter, so that no letter is asked for twice in two wordings.
    wording = ("Which part of the {} does the letter {} show?",
               "What part of the {} is labelled {}?")[ord(letter) % 2]  # fmt: skip
    there = [p for p in picture.letters if p != part]
    wrong = (*some_wrong(rng, there, part), *_elsewhere(picture, rng))[:3]
    return Asked(wording.format(picture.kind, letter), part, wrong, "label")


def letter_of_part(picture: LabelledParts, rng: random.Random) -> Asked:
    """Ask which letter shows a part."""
    part, letter = rng.choice(list(picture.letters.items()))
    wording = ("Which letter shows the {} of the {}?",
               "Which letter points to the {} of the {}?")[len(part) % 2]  # fmt: skip
    wrong = some_wrong(rng, list(picture.letters.values()), letter)
    return Asked(wording.format(part, picture.kind), letter, wrong, "label")


def _elsewhere(picture: LabelledParts, rng: random.Random) -> tuple[str, ...]:
    """Parts that this thing does not have."""
    own = PARTS[picture.kind]
    pool = [p for parts in PARTS.values() for p in parts if p not in own]
    return some_wrong(rng, pool, "")


PART: tuple[Maker[LabelledParts], ...] = (part_of_letter, letter_of_part)
