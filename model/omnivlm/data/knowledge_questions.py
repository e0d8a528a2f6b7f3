"""Questions that take common knowledge about what is seen; the object itself is never named."""

import random

from omnivlm.data.asked import Asked, Maker, numbers_near, some_wrong
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import NUMBER_WORDS

Facts = dict[str, tuple[str, ...]]
"""kind -> its certain answer, then other ways of saying it."""

USED_FOR: Facts = {
    "cup": ("drinking", "to drink", "holding drinks"),
    "key": ("opening locks", "unlocking doors", "unlocking"),
    "book": ("reading", "to read"),
    "lamp": ("lighting", "light", "giving light"),
    "boat": ("sailing", "crossing water"),
    "umbrella": ("keeping dry", "rain protection"),
    "car": ("driving", "transportation"),
    "house": ("living in", "living", "shelter"),
}
FOUND_IN: Facts = {
    "fish": ("water", "sea", "ocean"),
    "boat": ("water", "sea", "harbour"),
    "car": ("road", "street"),
    "tree": ("forest", "woods"),
    "cloud": ("sky", "air"),
    "book": ("library", "bookshelf"),
    "cup": ("kitchen", "cupboard"),
}
MADE_OF: Facts = {
    "book": ("paper", "pages"),
    "key": ("metal", "steel"),
    "car": ("metal", "steel"),
    "tree": ("wood", "timber"),
    "cloud": ("water", "water vapor", "droplets"),
}
GROUPS: Facts = {
    "fish": ("animal", "animals"),
    "tree": ("plant", "plants"),
    "flower": ("plant", "plants"),
    "car": ("vehicle", "vehicles"),
    "boat": ("vehicle", "vehicles"),
    "house": ("building", "buildings"),
    "circle": ("shape", "shapes"),
    "square": ("shape", "shapes"),
    "triangle": ("shape", "shapes"),
}
SIDES = {"circle": 0, "triangle": 3, "square": 4}
MIXED = {
    frozenset(("red", "yellow")): "orange",
    frozenset(("red", "blue")): "purple",
    frozenset(("yellow", "blue")): "green",
}
SIGNALS: Facts = {
    "red": ("stop", "halt"),
    "yellow": ("slow down", "prepare to stop"),
    "green": ("go", "drive"),
}


def _refer(scene: Scene, thing: Thing, rng: random.Random) -> str:
    """Name an object by its place, or by its colour where it alone has it."""
    place = "centre" if thing.place == "centre" else f"{thing.place} part"
    if scene.count(colour=thing.colour) == 1 and rng.random() < 0.5:
        return f"the {thing.colour} object"
    return f"the object in the {place} of the image"


def _by_fact(
    scene: Scene, rng: random.Random, facts: Facts, wordings: tuple[str, ...], skill: str
) -> Asked | None:
    known = [t for t in scene.things if t.kind in facts]
    if not known:
        return None
    thing = rng.choice(known)
    answer, *also = facts[thing.kind]
    pool = [words[0] for words in facts.values() if words[0] not in also]
    question = rng.choice(wordings).format(_refer(scene, thing, rng))
    return Asked(question, answer, some_wrong(rng, pool, answer), skill, tuple(also))


def used_for(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask what an object is for."""
    wordings = ("What is {} used for?", "What do people use {} for?")
    return _by_fact(scene, rng, USED_FOR, wordings, "use")


def found_in(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask where an object belongs."""
    wordings = ("Where would you most likely find {}?", "Where does {} usually belong?")
    return _by_fact(scene, rng, FOUND_IN, wordings, "where")


def made_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask what an object mostly consists of."""
    wordings = ("What does {} mostly consist of in real life?",
                "Which material is {} mainly made of in real life?")  # fmt: skip
    return _by_fact(scene, rng, MADE_OF, wordings, "material")


def group_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask whether an object is an animal, a plant, a vehicle ..."""
    wordings = ("What kind of thing is {}: an animal, a plant, a vehicle, a building or a shape?",
                "Is {} an animal, a plant, a vehicle, a building or a shape?")  # fmt: skip
    return _by_fact(scene, rng, GROUPS, wordings, "group")


def sides_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask how many straight sides a shape has."""
    shapes = [t for t in scene.things if t.kind in SIDES]
    if not shapes:
        return None
    thing = rng.choice(shapes)
    sides = SIDES[thing.kind]
    wording = rng.choice(("How many straight sides does {} have?",
                          "How many corners does {} have?"))  # fmt: skip
    question = wording.format(_refer(scene, thing, rng))
    return Asked(question, str(sides), numbers_near(sides, rng), "sides", (NUMBER_WORDS[sides],))


def mixed_colour(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask which colour the colours of two objects give when mixed as paint."""
    alone = scene.alone()
    pairs = [(a, b) for a in alone for b in alone if frozenset((a.colour, b.colour)) in MIXED]
    if not pairs:
        return None
    one, two = rng.choice(pairs)
    answer = MIXED[frozenset((one.colour, two.colour))]
    wording = rng.choice((
        "If you mix paint of the colours of the {} and the {}, what do you get?",
        "Which colour comes from mixing the colours of the {} and the {}?",
    ))  # fmt: skip
    wrong = some_wrong(rng, [*MIXED.values(), "brown"], answer)
    return Asked(wording.format(one.kind, two.kind), answer, wrong, "mix")


def signal_of(scene: Scene, rng: random.Random) -> Asked | None:
    """Ask what a traffic light of an object's colour means."""
    known = [t for t in scene.alone() if t.colour in SIGNALS]
    if not known:
        return None
    thing = rng.choice(known)
    answer, *also = SIGNALS[thing.colour]
    wording = rng.choice((
        "What should a driver do at a traffic light that has the colour of the {}?",
        "A traffic light shows the colour of the {}. What does it tell drivers to do?",
    ))  # fmt: skip
    wrong = some_wrong(rng, [*(words[0] for words in SIGNALS.values()), "turn back"], answer)
    return Asked(wording.format(thing.kind), answer, wrong, "signal", tuple(also))


KNOWLEDGE: tuple[Maker[Scene], ...] = (
    used_for, found_in, made_of, group_of, sides_of, mixed_colour, signal_of,
)  # fmt: skip
