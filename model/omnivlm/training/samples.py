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
    """A prompt, as a user would type it, and the answer that the model shall learn."""

    prompt: str
    answer: str


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
