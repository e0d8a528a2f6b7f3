"""Questions that name two answers, one of them right; which is named first is drawn."""

import random

from omnivlm.data.asked import Asked, Maker, some_wrong
from omnivlm.data.claims import only
from omnivlm.data.scene import Scene
from omnivlm.data.words import COLOURS, KINDS, with_article


def _two(rng: random.Random, wording: str, name: str, right: str, wrong: str) -> Asked:
    first, second = rng.sample((right, wrong), 2)
    return Asked(wording.format(name, first, second), right, (wrong,), "choose")


def colour_or(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask which of two colours an object has."""
    once = [t for t in scene.things if only(scene, t.kind)]
    if not once:
        return None
    thing = rng.choice(once)
    (wrong,) = some_wrong(rng, list(COLOURS), thing.colour, 1)
    wording = rng.choice(("Is the {} {} or {}?", "Which colour is the {}, {} or {}?"))
    return _two(rng, wording, thing.kind, thing.colour, wrong)


def kind_or(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask which of two kinds the only object of a colour is."""
    once = [t for t in scene.things if scene.count(colour=t.colour) == 1]
    if not once:
        return None
    thing = rng.choice(once)
    (wrong,) = some_wrong(rng, list(KINDS), thing.kind, 1)
    first, second = rng.sample((thing.kind, wrong), 2)
    question = f"Is the {thing.colour} object {with_article(first)} or {with_article(second)}?"
    return Asked(question, thing.kind, (wrong,), "choose")


def side_or(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask on which of two opposite sides an object stands."""
    found = []
    for thing in scene.things:
        if only(scene, thing.kind):
            found += [(thing, "left", "right", thing.column)] if thing.column != 1 else []
            found += [(thing, "top", "bottom", thing.row)] if thing.row != 1 else []
    if not found:
        return None
    thing, near, far, number = rng.choice(found)
    wording = rng.choice(("Is the {} on the {} side or the {} side of the picture?",
                          "On which side is the {}, the {} or the {}?"))  # fmt: skip
    right, wrong = (near, far) if number == 0 else (far, near)
    return _two(rng, wording, thing.kind, right, wrong)


CHOICES: tuple[Maker[Scene], ...] = (colour_or, kind_or, side_or)
