"""A teacher that knows the drawn scene and corrects a caption with the fewest changed words."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from omnivlm.data.captions import read_caption
from omnivlm.data.scene import Scene, Thing
from omnivlm.training.edits import word_edits

_REMOVED = -1
_Plan = tuple[int, int, tuple[int, ...]]
"""(words changed, places changed, object of each sentence)."""


def corrected(caption: str, scene: Scene) -> str | None:
    """Make every sentence true of an object of its own, or take it out, at the least cost.

    The cost is the number of changed words; among equal ones the least places are changed. What
    the caption leaves out stays out: that is no falsehood. None where the caption cannot be read.
    """
    said = read_caption(caption)
    if said is None:
        return None
    plan = _cheapest(said, scene)
    kept = [
        _made_true(one, scene.things[place]).describe()
        for one, place in zip(said, plan, strict=True)
        if place != _REMOVED
    ]
    return " ".join(kept)


def _made_true(said: Thing, thing: Thing) -> Thing:
    """Say what is true of the thing, and of its label only where one was said."""
    return replace(thing, label=thing.label if said.label else None)


def _cost(said: Thing, thing: Thing) -> tuple[int, int]:
    """Count the words, and the places, to change."""
    edits = word_edits(said.describe(), _made_true(said, thing).describe())
    return edits, int((said.row, said.column) != (thing.row, thing.column))


def _cheapest(said: list[Thing], scene: Scene) -> tuple[int, ...]:
    """For each sentence the object it shall speak of; none is spoken of twice."""
    costs = [[_cost(one, thing) for thing in scene.things] for one in said]

    @cache
    def best(number: int, taken: frozenset[int]) -> _Plan:
        if number == len(said):
            return 0, 0, ()
        words, places, rest = best(number + 1, taken)
        plans = [(words + len(said[number].describe().split()), places, (_REMOVED, *rest))]
        for choice, (edits, moved) in enumerate(costs[number]):
            if choice not in taken:
                words, places, rest = best(number + 1, taken | {choice})
                plans.append((words + edits, places + moved, (choice, *rest)))
        return min(plans)

    return best(0, frozenset())[2]
