"""School questions that need no picture and whose answers are certain."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from omnivlm.data.asked import Asked, numbers_near, some_wrong
from omnivlm.data.diagram_questions import DIRECTIONS
from omnivlm.data.words import PLACES


@dataclass(frozen=True, slots=True)
class TextItem:
    """A question without a picture, its context and its place among the school subjects."""

    asked: Asked
    hint: str
    subject: str
    topic: str


_RHYMES = (
    ("cat", "hat", "mat", "bat"), ("dog", "frog", "log", "fog"), ("tree", "bee", "knee", "sea"),
    ("cake", "lake", "snake", "rake"), ("night", "light", "kite", "bite"),
    ("ring", "king", "wing", "sing"), ("boat", "goat", "coat", "note"),
    ("rain", "train", "cane", "plane"), ("ball", "wall", "tall", "fall"),
)  # fmt: skip
_NOUNS = ("river", "teacher", "kitchen", "mountain", "city", "sister", "village", "cousin")
_VERBS = ("write", "sing", "bring", "become", "forget", "listen", "arrive", "explain")
_ADJECTIVES = ("happy", "tall", "clever", "polite", "hungry", "heavy", "lucky", "angry")
_OPPOSITES = (
    ("hot", "cold"), ("big", "small"), ("early", "late"), ("full", "empty"), ("fast", "slow"),
    ("high", "low"), ("strong", "weak"), ("open", "closed"), ("wet", "dry"), ("old", "new"),
)  # fmt: skip
_WORDS = (
    "anchor", "basket", "candle", "dragon", "engine", "forest", "guitar", "hammer", "island",
    "jacket", "kitten", "ladder", "mirror", "needle", "orange", "pepper", "rabbit", "saddle",
    "ticket", "velvet", "window", "yellow",
)  # fmt: skip
_THINGS = ("cup of tea", "bar of iron", "bowl of soup", "brick", "cherry pie", "glass of milk")
_GROUPS = (
    ("mammal", ("dog", "horse", "whale", "bat")), ("bird", ("eagle", "penguin", "duck", "ostrich")),
    ("fish", ("salmon", "shark", "tuna", "cod")), ("insect", ("ant", "bee", "beetle", "butterfly")),
    ("reptile", ("snake", "turtle", "crocodile", "lizard")),
)  # fmt: skip
_OPPOSITE_WAY = {"north": "south", "south": "north", "east": "west", "west": "east"}


def rhyme(rng: random.Random) -> TextItem:
    """Ask which word rhymes with another."""
    group, *others = rng.sample(_RHYMES, 4)
    word, answer = rng.sample(group, 2)
    wrong = tuple(rng.choice(other) for other in others)
    asked = Asked(f"Which word rhymes with {word}?", answer, wrong, "rhyme")
    return TextItem(asked, "", "language science", "phonological-awareness")


def word_class(rng: random.Random) -> TextItem:
    """Ask which word is a noun, a verb or an adjective."""
    classes = [("noun", _NOUNS), ("verb", _VERBS), ("adjective", _ADJECTIVES)]
    rng.shuffle(classes)
    (name, words), (_, some), (_, others) = classes
    wrong = (rng.choice(some), rng.choice(others))
    question = f"Which of these words is {'an' if name[0] == 'a' else 'a'} {name}?"
    asked = Asked(question, rng.choice(words), wrong, "word class")
    return TextItem(asked, "", "language science", "grammar")


def dictionary(rng: random.Random) -> TextItem:
    """Ask which word comes first or last in a dictionary."""
    words = sorted(rng.sample(_WORDS, 4))
    first = rng.random() < 0.5
    answer = words[0] if first else words[-1]
    wrong = tuple(rng.sample([w for w in words if w != answer], 3))
    question = f"Which of these words comes {'first' if first else 'last'} in a dictionary?"
    return TextItem(Asked(question, answer, wrong, "order"), "", "language science",
                    "reference-skills")  # fmt: skip


def opposite(rng: random.Random) -> TextItem:
    """Ask for the opposite of a word."""
    pairs = rng.sample(_OPPOSITES, 4)
    word, answer = rng.sample(pairs[0], 2)
    wrong = tuple(rng.choice(pair) for pair in pairs[1:])
    asked = Asked(f"Which word is the opposite of {word}?", answer, wrong, "opposite")
    return TextItem(asked, "", "language science", "vocabulary")


def thermal_energy(rng: random.Random) -> TextItem:
    """Ask which of two equal things has more thermal energy."""
    thing, start = rng.choice(_THINGS), rng.randrange(60, 90, 5)
    warm, cold = (
        f"a {thing} at a temperature of {start + extra}°F" for extra in (rng.choice((10, 15)), 0)
    )
    more = rng.random() < 0.5
    answer, wrong = (warm, cold) if more else (cold, warm)
    question = f"Which object has {'more' if more else 'less'} thermal energy?"
    hint = "The objects are identical except for their temperatures."
    asked = Asked(question, answer, (wrong,), "temperature")
    return TextItem(asked, hint, "natural science", "physics")


def animal_group(rng: random.Random) -> TextItem:
    """Ask which animal belongs to a group."""
    (name, members), *others = rng.sample(_GROUPS, 4)
    wrong = tuple(rng.choice(animals) for _, animals in others)
    question = f"Which of these animals is {'an' if name[0] == 'i' else 'a'} {name}?"
    asked = Asked(question, rng.choice(members), wrong, "group")
    return TextItem(asked, "", "natural science", "biology")


def described_direction(rng: random.Random) -> TextItem:
    """Ask for the direction back, or for a place from a described map."""
    here, there, other = rng.sample(PLACES, 3)
    way, second = rng.sample(DIRECTIONS, 2)
    hint = f"On a map, the {there} is {way} of the {here}. The {other} is {second} of the {here}."
    if rng.random() < 0.5:
        back = _OPPOSITE_WAY[way]
        question = f"In which direction must you go from the {there} to reach the {here}?"
        asked = Asked(question, back, some_wrong(rng, DIRECTIONS, back), "direction")
    else:
        question = f"Which place is {second} of the {here}?"
        asked = Asked(question, other, (there, here), "direction")
    return TextItem(asked, hint, "social science", "geography")


def arithmetic(rng: random.Random) -> TextItem:
    """Ask how the price of several equal things adds up."""
    price, count = rng.randint(3, 9), rng.randint(3, 8)
    thing = rng.choice(("ticket", "notebook", "loaf of bread", "bus ride"))
    hint = f"A {thing} costs ${price}. Sam has to pay for {count} of them."
    asked = Asked("How much must Sam pay in all?", f"${price * count}",
                  tuple(f"${n}" for n in numbers_near(price * count, rng, price, price)),
                  "arithmetic")  # fmt: skip
    return TextItem(asked, hint, "social science", "economics")


TEXT_MAKERS: tuple[Callable[[random.Random], TextItem], ...] = (
    rhyme, thermal_energy, described_direction, word_class, animal_group, arithmetic, dictionary,
    opposite,
)  # fmt: skip
