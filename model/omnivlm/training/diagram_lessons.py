"""Diagrams and charts of one kind, with all that they show as lists, facts and questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Literal

from omnivlm.data.canvas import Picture
from omnivlm.data.charts import sample_chart
from omnivlm.data.diagram_questions import (
    sample_chains,
    sample_magnets,
    sample_map,
    sample_prices,
    sample_shelf,
)
from omnivlm.data.parts import Part, item_random
from omnivlm.training.drawn import image_key
from omnivlm.training.picture_facts import some_facts
from omnivlm.training.picture_lists import picture_lists
from omnivlm.training.picture_turns import open_turns, solved_turns
from omnivlm.training.samples import Conversation, Turn

Kind = Literal["maps", "chains", "prices", "charts", "solutions", "magnets"]
Depth = Literal["lists", "told", "asked"]
"""Lists of what is where alone; with the caption; or with facts and questions, too."""

_OPEN, _SOLVED, _FACTS = 4, 4, 8  # questions to a picture, at most
_DRAWS: Mapping[Kind, Callable[[random.Random, Part], Picture]] = {
    "maps": lambda rng, _: sample_map(rng),
    "chains": lambda rng, _: sample_chains(rng),
    "prices": lambda rng, _: sample_prices(rng),
    "charts": lambda rng, part: sample_chart(rng, part),
    "solutions": lambda rng, _: sample_shelf(rng, 2),
    "magnets": lambda rng, _: sample_magnets(rng, rng.random() < 0.5),
}
KINDS: tuple[Kind, ...] = tuple(_DRAWS)


def diagram(kind: Kind, part: Part, seed: int, index: int) -> Picture:
    """One picture's description, the same whatever is told or asked of it."""
    return _DRAWS[kind](item_random(part, "lesson", kind, seed, index), part)


class DiagramLessons:
    """Item i is a picture of the kind. pictures: how many different ones; then they come again.

    What comes again has its lists in another order and other questions.
    """

    def __init__(self, kind: Kind, depth: Depth, part: Part, seed: int, pictures: int) -> None:
        self._kind, self._depth, self._pictures = kind, depth, pictures
        self._part: Part = part
        self._seed = seed

    def __getitem__(self, index: int, /) -> Conversation:
        """One picture with its turns; there is no last."""
        rng = item_random(self._part, "asked lesson", self._kind, self._seed, index)
        picture = diagram(self._kind, self._part, self._seed, index % self._pictures)
        turns = picture_lists(picture, rng)
        if self._depth == "asked":
            turns = [
                *solved_turns(picture, rng, _SOLVED),
                *open_turns(picture, rng, _OPEN),
                *turns,
                *some_facts(picture, rng, _FACTS),
            ]
        if self._depth != "lists":
            turns.insert(0, Turn("Describe the image.", picture.describe()))
        return Conversation(
            id=f"{self._kind}-{self._depth}-{self._part}-{self._seed}-{index}",
            pictures=(picture.draw,),
            image_keys=(image_key(picture),),
            turns=tuple({turn.prompt: turn for turn in turns}.values()),
        )
