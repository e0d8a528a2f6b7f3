"""Diagrams and charts with all that they show: one kind after the other, with few words first.

Where a word stands in a picture, and what stands at a place, is learned of one kind of picture with
few different words within some thousand pictures, and of others then sooner. Of all words at once
it was not learned in as many (docs/training-data.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from omnivlm.data.canvas import Picture
from omnivlm.data.charts import TOPICS, sample_chart
from omnivlm.data.diagram_questions import (
    ORGANISMS,
    sample_chains,
    sample_magnets,
    sample_map,
    sample_prices,
    sample_shelf,
)
from omnivlm.data.parts import Part, item_random
from omnivlm.data.words import PLACES
from omnivlm.training.drawn import image_key
from omnivlm.training.picture_facts import picture_facts
from omnivlm.training.picture_lists import picture_lists
from omnivlm.training.picture_turns import open_turns, solved_turns
from omnivlm.training.samples import Conversation, Turn

_OPEN, _SOLVED = 4, 4  # questions to a picture, at most
_PLACES = ("Bank", "Park", "Mill", "School", "Market", "Garden")
_GOODS = ("Bread", "Milk", "Pizza", "Rice", "Tea", "Cake")
_ORGANISMS = tuple(level[:2] for level in ORGANISMS)
_PRICES = (3, 5, 8, 12, 14, 17)
_TOPICS = TOPICS[:1]

_Draw = Callable[[random.Random, Part, bool], Picture]
"""(what draws, the part, whether with few words) -> a picture's description."""

_DRAWS: tuple[_Draw, ...] = (
    lambda rng, _, few: sample_map(rng, _PLACES if few else PLACES),
    lambda rng, _, few: sample_chains(rng, _ORGANISMS if few else ORGANISMS),
    lambda rng, _, few: sample_prices(rng, _GOODS, _PRICES) if few else sample_prices(rng),
    lambda rng, part, few: (
        sample_chart(rng, part, form="bar", topics=_TOPICS) if few else sample_chart(rng, part)
    ),
    lambda rng, _part, _few: sample_shelf(rng, 2),
    lambda rng, _part, _few: sample_magnets(rng, rng.random() < 0.5),
)
# Up to which share of the lessons, how often each kind is drawn, how many of them with few words.
_LATEST: tuple[float, tuple[int, ...], float] = (1.0, (3, 3, 3, 3, 2, 1), 0.0)
_PHASES = (
    (0.45, (8, 0, 0, 0, 1, 1), 1.0),
    (0.60, (4, 4, 0, 0, 1, 1), 0.6),
    (0.75, (2, 2, 5, 0, 1, 1), 0.6),
    (0.90, (2, 2, 2, 4, 1, 1), 0.6),
    _LATEST,
)


def sample_diagram(rng: random.Random, part: Part) -> Picture:
    """Draw a diagram's or a chart's description, of any kind and with all words."""
    (draw,) = rng.choices(_DRAWS, _LATEST[1])
    return draw(rng, part, False)


class DiagramLessons:
    """Item i is one picture: its caption, its facts, and questions with and without letters.

    The first lessons are easier than the last, and meant to be had in their order; without
    `easy_first` all are like the last.
    """

    def __init__(self, part: Part, seed: int, count: int, easy_first: bool = True) -> None:
        self._part: Part = part
        self._seed = seed
        self._count = count
        self._phases = _PHASES if easy_first else (_LATEST,)

    def __len__(self) -> int:
        """How many pictures there are."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One picture; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"lesson {index} of {self._count}")
        rng = item_random(self._part, "lesson", self._seed, index)
        _, weights, few = next(phase for phase in self._phases if index < phase[0] * self._count)
        (draw,) = rng.choices(_DRAWS, weights)
        picture = draw(rng, self._part, rng.random() < few)
        turns = (
            Turn("Describe the image.", picture.describe()),
            *picture_lists(picture, rng),
            *picture_facts(picture),
            *open_turns(picture, rng, _OPEN),
            *solved_turns(picture, rng, _SOLVED),
        )
        return Conversation(
            id=f"lesson-{self._part}-{self._seed}-{index}",
            pictures=(picture.draw,),
            image_keys=(image_key(picture),),
            turns=tuple({turn.prompt: turn for turn in turns}.values()),
        )
