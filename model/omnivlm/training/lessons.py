"""In which order the drawn world is told to a language model, and what is asked of it after that.

What holds a small model back is not how much it is shown but how much it is shown at once: where a
word stands in a picture it learns from maps alone within some thousand pictures, and from then on
of every other kind soon; letters it learns from lists alone (docs/training-data.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from omnivlm.training.diagram_lessons import KINDS, Depth, DiagramLessons
from omnivlm.training.drawn import TOLD, DrawnConversations
from omnivlm.training.in_turn import Endless, InTurn, Round
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.recipe import DrawnData

_PICTURES = 2000  # different ones of each kind of diagram
_SCENES = {"pope": 1.0}
_CHOSEN = 2  # of an item's lists of options

# Shares of the items, and what a round of them is made of.
_TOLD: tuple[tuple[float, Round], ...] = (
    (0.22, {"maps alone": 1}),
    (0.18, {"scenes": 6, "maps": 2, "chains": 3, "prices": 3, "charts": 2}),
    (0.18, {"scenes": 8, "maps": 2, "chains": 2, "prices": 2, "charts": 2}),
    (0.22, {"few options": 10, "scenes": 3, "maps": 1, "chains": 1, "prices": 1}),
    (0.20, {"options": 6, "scenes": 4, "maps": 1, "chains": 2, "prices": 1, "charts": 2}),
)
_ASKED: Round = {
    "conversations": 20,
    "maps": 4, "chains": 4, "prices": 2, "charts": 3, "solutions": 2, "magnets": 2,
    "options": 3,
}  # fmt: skip


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
    ends = [0, *(round(data.samples * end) for end in _running(_TOLD))]
    counts = [end - start for start, end in itertools.pairwise(ends)]
    return InTurn(of, [(n, shares) for n, (_, shares) in zip(counts, _TOLD, strict=True)])


def questions_and_lessons(data: DrawnData) -> InTurn:
    """Conversations in the benchmarks' forms, with lessons and lists so that none is unlearned."""
    of: Mapping[str, Endless] = {
        "conversations": DrawnConversations("train", data.seed, data.samples, data.mix),
        "options": OptionLists("train", data.seed + 1, chosen=_CHOSEN),
        **_diagrams("asked", data),
    }
    return InTurn(of, [(data.samples, _ASKED)])


def _diagrams(depth: Depth, data: DrawnData) -> dict[str, Endless]:
    return {kind: DiagramLessons(kind, depth, "train", data.seed, _PICTURES) for kind in KINDS}


def _running(shares: tuple[tuple[float, Round], ...]) -> list[float]:
    ends, total = [], 0.0
    for share, _ in shares:
        total += share
        ends.append(total)
    return ends
