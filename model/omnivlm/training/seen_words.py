"""Which words each visual token of a drawn picture should say: what it shows, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import PIL.Image

from omnivlm.data.canvas import WRITTEN, Picture, Written
from omnivlm.data.scene import SIDE_PX, Scene, cell_name
from omnivlm.training.drawn_labels import inked

_INK_PX = 60  # so much of an object must lie in a token for it to say what it is
_APART_PX = 3  # characters so far from each other belong to two words


def seen_words(
    described: Picture, picture: PIL.Image.Image, rows: int, columns: int, *, padded: bool = False
) -> list[list[str]]:
    """-> for each of rows x columns tokens, row by row, the words that it shows.

    Of a scene's objects kind and colour; of other pictures what is written in the token's strip.
    padded: tokens are of the picture padded to a square, as nanoLLaVA sees it; scenes are square.
    """
    longest = max(picture.size)
    width, height = (longest, longest) if padded else picture.size
    across, down = (width - picture.width) // 2, (height - picture.height) // 2
    cells: list[list[str]] = [[] for _ in range(rows * columns)]
    if isinstance(described, Scene):
        for token, words in _objects(described, picture, rows, columns):
            cells[token] += [word for word in words if word not in cells[token]]
    for word, (left, top, right, bottom) in _written(picture):
        row = _place(((top + bottom) / 2 + down) / height, rows)
        edges = (left, (left + right) / 2, right)
        for column in {_place((x + across) / width, columns) for x in edges}:
            token = row * columns + column
            if word not in cells[token]:
                cells[token].append(word)
    return cells


def place_words(token: int, rows: int, columns: int) -> list[str]:
    """The words of the ninth of the picture in which a token lies, as captions name it."""
    row = _place((token // columns + 0.5) / rows, 3)
    column = _place((token % columns + 0.5) / columns, 3)
    return cell_name(row, column).split()


def _objects(
    scene: Scene, picture: PIL.Image.Image, rows: int, columns: int
) -> Iterator[tuple[int, tuple[str, str]]]:
    ink = inked(scene, numpy.asarray(picture))
    for number, thing in enumerate(scene.things, 1):
        down, across = numpy.nonzero(ink == number)
        tokens = down * rows // SIDE_PX * columns + across * columns // SIDE_PX
        counts = numpy.bincount(tokens, minlength=rows * columns)
        for token in numpy.nonzero(counts >= _INK_PX)[0]:
            yield int(token), (thing.kind, thing.colour)


def _written(picture: PIL.Image.Image) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    word: list[Written] = []
    for each in (*picture.info.get(WRITTEN, ()), None):
        if word and (each is None or each.character == " " or _apart(word[-1], each)):
            lefts, tops, rights, bottoms = zip(*(one.box_px for one in word), strict=True)
            box = (min(lefts), min(tops), max(rights), max(bottoms))
            yield "".join(one.character for one in word), box
            word = []
        if each is not None and each.character != " ":
            word.append(each)


def _apart(one: Written, next_: Written) -> bool:
    far = abs(next_.box_px[0] - one.box_px[2]) > _APART_PX
    return far or next_.box_px[1] != one.box_px[1]


def _place(share: float, count: int) -> int:
    return min(count - 1, max(0, int(share * count)))
