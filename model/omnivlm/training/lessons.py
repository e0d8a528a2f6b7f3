"""In which order the drawn world is told to a language model, and what is asked of it after that.

What holds a small model back is not how much it is shown but how much it is shown at once: where a
word stands in a picture it learns from maps alone within some thousand pictures, and from then on
of every other kind soon; letters it learns from lists alone. What it has learned so, a few lessons
among many conversations keep (docs/training-data.md).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping

from omnivlm.training.diagram_lessons import KINDS, Depth, DiagramLessons
from omnivlm.training.drawn import TOLD, DrawnConversations
from omnivlm.training.in_turn import Again, Endless, InTurn
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.recipe import DrawnData

_PICTURES = 2000  # different ones of each kind of diagram
_CONVERSATIONS = 20_000  # different ones; most come twice
_SCENES = {"pope": 1.0}
_CHOSEN = 2  # of an item's lists of options

# Shares of the items, and how many of each data set make a round of them.
_Parts = tuple[tuple[float, Mapping[str, int]], ...]
_TOLD: _Parts = (
    (0.22, {"maps alone": 1}),
    (0.18, {"scenes": 6, "maps": 2, "chains": 3, "prices": 3, "charts": 2}),
    (0.18, {"scenes": 8, "maps": 2, "chains": 2, "prices": 2, "charts": 2}),
    (0.22, {"few options": 10, "scenes": 3, "maps": 1, "chains": 1, "prices": 1}),
    (0.20, {"options": 6, "scenes": 4, "maps": 1, "chains": 2, "prices": 1, "charts": 2}),
)
_ASKED: _Parts = (
    (0.32, {
        "conversations": 20,
        "maps": 4, "chains": 4, "prices": 2, "charts": 3, "solutions": 2, "magnets": 2,
        "options": 3,
    }),
    (0.68, {
        "conversations": 34,
        "maps": 1, "chains": 1, "charts": 1, "solutions": 1, "magnets": 1,
        "options": 1,
    }),
)  # fmt: skip


def told(data: DrawnData) -> InTurn:
    """What comes before questions: what is there, where and how often, and lists of options.

    In its order: maps alone, scenes and diagrams, then lists of few and of all words beside them.
    """
    of: dict[str, Endless] = {
        "scenes": DrawnConversations("train", data.seed, data.samples, _SCENES, TOLD),
        "maps alone": DiagramLessons("maps", "lists", "train", data.seed, _PICTURES),
        "few options": OptionLists("train", data.seed, few=True),
        "options": OptionLists("train", data.seed),
        **_diagrams("told", data),
    }
    return InTurn(of, _rounds(_TOLD, data.samples))


def questions_and_lessons(data: DrawnData) -> InTurn:
    """Conversations in the benchmarks' forms, with lessons and lists: at first half, then a few."""
    drawn = DrawnConversations("train", data.seed, _CONVERSATIONS, data.mix)
    of: Mapping[str, Endless] = {
        "conversations": Again(drawn),
        "options": OptionLists("train", data.seed + 1, chosen=_CHOSEN),
        **_diagrams("asked", data),
    }
    parts = _rounds(_ASKED, data.samples)
    order = random.Random(data.seed)
    mixed = [(count, order.sample(names, len(names))) for count, names in parts]
    return InTurn(of, mixed)


def _rounds(parts: _Parts, samples: int) -> list[tuple[int, list[str]]]:
    """How many items each part has, and the names of a round of it."""
    ends = [0, *(round(samples * end) for end in itertools.accumulate(each for each, _ in parts))]
    counts = [end - start for start, end in itertools.pairwise(ends)]
    names = [[name for name, each in shares.items() for _ in range(each)] for _, shares in parts]
    return list(zip(counts, names, strict=True))


def _diagrams(depth: Depth, data: DrawnData) -> dict[str, Endless]:
    return {kind: DiagramLessons(kind, depth, "train", data.seed, _PICTURES) for kind in KINDS}
