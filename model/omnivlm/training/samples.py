"""What training reads, wherever it comes from: drawn, LLaVA's files or preference rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy
import PIL.Image
from numpy.typing import NDArray

Picture = Callable[[], PIL.Image.Image]
"""Opens or draws one picture; raises PictureError for a file that is missing or broken."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt, as a user would type it, and the answer that the model shall learn.

    learned: where in the answer the parts begin and end that alone are learned; None means all of
    it, with the header before it and the end of the turn. What cannot be known only disturbs.
    """

    prompt: str
    answer: str
    learned: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some pictures and the turns about them; every turn is a question of its own.

    image_keys: one for each picture; equal keys mean equal pictures, so that features are kept
    once.
    """

    id: str
    pictures: tuple[Picture, ...]
    image_keys: tuple[str, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """One picture, one prompt and two answers, of which `chosen` is the better."""

    id: str
    picture: Picture
    image_key: str
    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture with a class for every patch, in raster order.

    classes: name of the labelling -> (rows, columns) of class numbers; 0 is the empty paper.
    """

    picture: PIL.Image.Image
    classes: dict[str, NDArray[numpy.int64]]


class Conversations(Protocol):
    """A data set of conversations. An index always gives the same one, made when it is asked."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, index: int, /) -> Conversation:
        """One of them; IndexError beyond the last."""


Preferences = Sequence[Preference]


def listed(request: str, pairs: Sequence[tuple[str, str]]) -> Turn:
    """A list whose names are given and whose answers alone are learned: "star yes, key no"."""
    answer, learned = "", []
    for given, wanted in pairs:
        answer += f", {given}" if answer else given
        learned.append((len(answer), len(answer) + 1 + len(wanted)))
        answer += f" {wanted}"
    return Turn(request, answer, tuple(learned))
