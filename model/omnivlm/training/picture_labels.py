"""Dense labels of every kind of drawn picture: what is written, what tint, which object."""

from __future__ import annotations

import math

import numpy
import PIL.Image
from numpy.typing import NDArray

from omnivlm.data.canvas import WRITTEN, Picture, Written
from omnivlm.data.parts import Part, item_random, part_seed
from omnivlm.data.photographs import CloseUp
from omnivlm.data.words import COLOURS, KINDS, PAPERS
from omnivlm.training.drawn import form_block
from omnivlm.training.samples import Labelled

LEVELS = 3
CHARACTERS = 96
CLASSES = {"left": CHARACTERS, "right": CHARACTERS, "tint": LEVELS**3}
"""labelling -> how many classes. left and right: the character in that half of a patch, 0 for none,
then ASCII from "!" on, the last for all others. tint: the patch's mean, in levels of each primary
colour."""

_FORMS = ("scienceqa", "textvqa", "mme", "chartqa", "ai2d", "vizwiz", "scienceqa", "ocrvqa", "mmmu")
"""The forms that ask about more than scenes."""
_BLOCKS = 40  # packs that are drawn of each form
_FIRST = ord("!")

Labels = NDArray[numpy.int64]


def picture_labels(part: Part, seed: int, index: int, grid: int = 27) -> Labelled:
    """Draw a picture that a form asks about and label its grid x grid patches.

    The grid lies over the picture as it is stretched to a square. A close-up also has the labels of
    `drawn_labels`, kind and colour.
    """
    rng = item_random(part, "picture labels", seed, index)
    form = _FORMS[index % len(_FORMS)]
    groups = form_block(form, part, part_seed(part, form, seed, rng.randrange(_BLOCKS)))
    pictures, _ = rng.choice([group for group in groups if group[0]])
    described = rng.choice(pictures)
    picture = described.draw()
    return Labelled(picture, _classes(described, picture, grid))


def _classes(described: Picture, picture: PIL.Image.Image, grid: int) -> dict[str, Labels]:
    classes = {"tint": tints(picture, grid)}
    if WRITTEN in picture.info:
        classes["left"], classes["right"] = characters(picture, grid)
    if isinstance(described, CloseUp):
        shown = _drawn_on(picture, PAPERS[described.paper], grid)
        classes["kind"] = shown * (1 + list(KINDS).index(described.kind))
        classes["colour"] = shown * (1 + list(COLOURS).index(described.colour))
    return classes


def characters(picture: PIL.Image.Image, grid: int) -> tuple[Labels, Labels]:
    """What is written in the left and in the right half of each patch."""
    halves = numpy.zeros((grid, 2 * grid), numpy.int64)
    written: tuple[Written, ...] = picture.info[WRITTEN]
    across, down = 2 * grid / picture.width, grid / picture.height
    for each in written:
        left, top, right, bottom = each.box_px
        rows = _whose_middle(top * down, bottom * down, grid)
        columns = _whose_middle(left * across, right * across, 2 * grid)
        halves[rows, columns] = _number(each.character)
    return halves[:, 0::2], halves[:, 1::2]


def tints(picture: PIL.Image.Image, grid: int) -> Labels:
    """The mean colour of each patch, in `LEVELS` levels of red, green and blue."""
    small = numpy.asarray(picture.resize((grid, grid), PIL.Image.Resampling.BOX), numpy.int64)
    levels = small * LEVELS // 256
    numbers: Labels = levels @ numpy.array([LEVELS * LEVELS, LEVELS, 1])
    return numbers


def _drawn_on(picture: PIL.Image.Image, paper: tuple[int, int, int], grid: int) -> Labels:
    differs = (numpy.asarray(picture) != numpy.array(paper)).any(axis=2)
    ink = PIL.Image.fromarray(differs.astype(numpy.uint8) * 255)
    share = numpy.asarray(ink.resize((grid, grid), PIL.Image.Resampling.BOX))
    return (share > 25).astype(numpy.int64)


def _whose_middle(start: float, end: float, count: int) -> slice:
    """The places of a row whose middle lies between two bounds."""
    return slice(max(0, math.ceil(start - 0.5)), min(count, max(0, math.ceil(end - 0.5))))


def _number(character: str) -> int:
    if character == " ":
        return 0
    return min(max(ord(character) - _FIRST + 1, 0), CHARACTERS - 1) or CHARACTERS - 1
