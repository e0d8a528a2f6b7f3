"""Questions about scenes; what a question presupposes to be unique is unique."""

import random

from omnivlm.data.asked import Asked, Maker, numbers_near, some_wrong
from omnivlm.data.scene import COLUMN_WORDS, GRID, ROW_WORDS, Scene, Thing
from omnivlm.data.words import COLOURS, KINDS, LABELS, NUMBER_WORDS, with_article

_STEPS = {
    "directly to the left of": (0, -1),
    "directly to the right of": (0, 1),
    "directly above": (-1, 0),
    "directly below": (1, 0),
}
PLACES = tuple(
    Thing("circle", "red", "large", row, column).place
    for row in range(len(ROW_WORDS))
    for column in range(len(COLUMN_WORDS))
)


def _counted(question: str, answer: int, rng: random.Random) -> Asked:
    also = (NUMBER_WORDS[answer],) if answer < len(NUMBER_WORDS) else ()
    return Asked(question, str(answer), numbers_near(answer, rng), "count", also)


def _nameable(scene: Scene, rng: random.Random) -> tuple[Thing, str] | None:
    found = [(t, name) for t in scene.things if (name := scene.name(t)) is not None]
    return rng.choice(found) if found else None


def _kinds_but(scene: Scene, thing: Thing, rng: random.Random) -> tuple[str, ...]:
    """Wrong kinds, those first that stand elsewhere in the scene."""
    there = sorted(scene.kinds() - {thing.kind})
    rng.shuffle(there)
    rest = some_wrong(rng, [k for k in KINDS if k not in there], thing.kind)
    return (*there, *rest)[:3]


def count_kind(scene: Scene, rng: random.Random) -> Asked | None:
    """How many of a kind, those twice there as likely as all single ones together."""
    twice = [k for k in sorted(scene.kinds()) if scene.count(kind=k) > 1]
    kind = rng.choice(twice if twice and rng.random() < 0.6 else sorted(scene.kinds()))
    plural = KINDS[kind].plural
    wording = rng.choice(("How many {} are there in the image?", "How many {} can you see?"))
    return _counted(wording.format(plural), scene.count(kind=kind), rng)


def count_colour(scene: Scene, rng: random.Random) -> Asked | None:
    """How many objects of a colour."""
    colour = rng.choice(sorted({t.colour for t in scene.things}))
    wording = rng.choice(("How many {} objects are there?", "How many of the objects are {}?"))
    return _counted(wording.format(colour), scene.count(colour=colour), rng)


def count_all(scene: Scene, rng: random.Random) -> Asked | None:
    """How many objects in all."""
    wording = rng.choice(("How many objects are in the image?", "How many objects are shown?"))
    return _counted(wording, len(scene.things), rng)


def colour_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Which colour an object of a kind that is there once has."""
    once = scene.alone()
    if not once:
        return None
    thing = rng.choice(once)
    wording = rng.choice(("What colour is the {}?", "Which colour does the {} have?"))
    wrong = some_wrong(rng, list(COLOURS), thing.colour)
    return Asked(wording.format(thing.kind), thing.colour, wrong, "colour")


def kind_of_colour(scene: Scene, rng: random.Random) -> Asked | None:
    """Which object has a colour that only one object has."""
    once = [t for t in scene.things if scene.count(colour=t.colour) == 1]
    if not once:
        return None
    thing = rng.choice(once)
    wording = rng.choice(("Which object is {}?", "What is the {} object?"))
    return Asked(wording.format(thing.colour), thing.kind, _kinds_but(scene, thing, rng), "kind")


def kind_at(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask what stands at a place."""
    thing = rng.choice(scene.things)
    place = "centre" if thing.place == "centre" else f"{thing.place} part"
    wording = rng.choice(("What is in the {} of the image?", "Which object is in the {}?"))
    return Asked(wording.format(place), thing.kind, _kinds_but(scene, thing, rng), "place")


def place_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Where an object stands."""
    if (found := _nameable(scene, rng)) is None:
        return None
    thing, name = found
    wording = rng.choice(("Where in the image is the {}?", "In which part of the image is the {}?"))
    wrong = some_wrong(rng, PLACES, thing.place)
    return Asked(wording.format(name), thing.place, wrong, "place")


def neighbour_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask what stands directly beside, above or below an object."""
    pairs = []
    for thing in scene.things:
        for words, (down, right) in _STEPS.items():
            row, column = thing.row + down, thing.column + right
            name = scene.name(thing)
            if not (0 <= row < GRID and 0 <= column < GRID) or name is None:
                continue
            other = scene.at(row, column)
            if other is not None and other.kind != thing.kind:
                pairs.append((other, words, name))
    if not pairs:
        return None
    other, words, name = rng.choice(pairs)
    wording = rng.choice(("What is {} the {}?", "Which object is {} the {}?"))
    wrong = _kinds_but(scene, other, rng)
    return Asked(wording.format(words, name), other.kind, wrong, "relation")


def label_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Which word is written under an object."""
    found = _nameable(scene, rng)
    if found is None or found[0].label is None:
        return None
    name = found[1]
    wording = rng.choice(("What word is written under the {}?", "Read the word below the {}."))
    others = [t.label for t in scene.things if t.label]
    wrong = some_wrong(rng, others, found[0].label)
    if len(wrong) < 3:
        wrong = (*wrong, *some_wrong(rng, [w for w in LABELS if w not in others], ""))[:3]
    return Asked(wording.format(name), found[0].label, wrong, "read")


def labelled(scene: Scene, rng: random.Random) -> Asked | None:
    """Which object stands above a word."""
    thing = rng.choice(scene.things)
    if thing.label is None:
        return None
    wording = rng.choice(("Which object is labelled {}?", "The word {} is under which object?"))
    return Asked(wording.format(thing.label), thing.kind, _kinds_but(scene, thing, rng), "label")


def object_used(scene: Scene, rng: random.Random) -> Asked | None:
    """Which object in the scene fits what is known about one kind."""
    kinds = [k for k in sorted(scene.kinds()) if KINDS[k].use]
    if not kinds:
        return None
    kind = rng.choice(kinds)
    thing = next(t for t in scene.things if t.kind == kind)
    question = f"Which object in the image {KINDS[kind].use}?"
    return Asked(question, kind, _kinds_but(scene, thing, rng), "know")


def describe(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask for a description; the answer lists every object once, with its colour."""
    wording = rng.choice((
        "List the objects in the image with their colours.",
        "Describe every object in the image.",
        "What is shown in the image? Name each object and its colour.",
    ))  # fmt: skip
    facts = dict.fromkeys(with_article(f"{t.colour} {t.kind}") for t in scene.things)
    if len(facts) < len(scene.things):
        return None
    return Asked(wording, "<AND>".join(facts), (), "describe")


COUNTS: tuple[Maker[Scene], ...] = (count_kind, count_colour, count_all)
ABOUT: tuple[Maker[Scene], ...] = (colour_of, kind_of_colour, place_of, kind_at, neighbour_of)
READ: tuple[Maker[Scene], ...] = (label_of, labelled)
