"""A question with its certain answer, before any benchmark's form is put on it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from omnivlm.data.canvas import Picture
from omnivlm.data.parts import Part, item_random

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question whose answer follows from a description.

    wrong: answers that are certainly wrong, as many as a form may need (at least two, but for
    yes/no); skill: what it takes, in one word; also: other ways of saying the answer.
    """

    question: str
    answer: str
    wrong: tuple[str, ...]
    skill: str
    also: tuple[str, ...] = ()


Maker = Callable[[P, random.Random], Asked | None]
"""Asks one thing about a description, or returns None where it cannot be asked of this one."""


def ask(
    picture: P, rng: random.Random, makers: Sequence[Maker[P]], count: int, turn: int = 0
) -> list[Asked]:
    """Ask up to `count` different questions of one picture, by different makers where possible.

    `turn` says which maker begins, so that over many pictures each has its share.
    """
    found: dict[str, Asked] = {}
    first = turn % len(makers)
    for maker in [*makers[first:], *makers[:first]] * 8:
        if len(found) == count:
            break
        asked = maker(picture, rng)
        if asked is not None:
            found.setdefault(asked.question, asked)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question together with the pictures it is about."""

    pictures: tuple[Picture, ...]
    asked: Asked


Key = str | int
Source = Callable[[Part, int, int, tuple[Key, ...]], list[Drawn]]
"""(part, sets of pictures, questions to a set, keys of the seeds) -> the questions, set by set."""


def source(
    sample: Callable[[random.Random, Part], P],
    makers: Sequence[Maker[P]],
    shown: Callable[[P], tuple[Picture, ...]],
    every_other: Callable[[P], bool] | None = None,
) -> Source:
    """Combine what is drawn with what is asked of it; `shown` lists the pictures of a set.

    `every_other`, where given, is true of the first, third, fifth ... set and of no other: it
    balances answers that hang on the picture alone. No two sets are alike.
    """

    def draw_sets(part: Part, sets: int, each: int, keys: tuple[Key, ...]) -> list[Drawn]:
        found: list[Drawn] = []
        for index in range(sets):
            rng = item_random(part, *keys, index)
            asked: list[Asked] = []
            pictures: tuple[Picture, ...] = ()
            while len(asked) < each or any(pictures == drawn.pictures for drawn in found):
                picture = sample(rng, part)
                pictures = shown(picture)
                if every_other is None or every_other(picture) == (index % 2 == 0):
                    asked = ask(picture, rng, makers, each, index * each)
                else:
                    asked = []
            found.extend(Drawn(pictures, one) for one in asked)
        return found

    return draw_sets


def numbers_near(answer: int, rng: random.Random, step: int = 1, least: int = 0) -> tuple[str, ...]:
    """Return three wrong numbers; among the four the answer's rank is as open as `least` allows."""
    below = rng.randrange(4)
    while answer - below * step < least:
        below -= 1
    return tuple(str(answer + (i - below) * step) for i in range(4) if i != below)


def some_wrong(
    rng: random.Random, pool: Sequence[str], answer: str, most: int = 3
) -> tuple[str, ...]:
    """Choose wrong answers from a pool."""
    others = sorted({word for word in pool if word != answer})
    return tuple(rng.sample(others, min(most, len(others))))


class Places:
    """Deals out the place (from 0) of the right choice.

    In every run of n items with n choices each place occurs once, in an order drawn from the
    seed, so that no letter is the better guess.
    """

    def __init__(self, part: Part, task: str, seed: int) -> None:
        self._keys = (task, "places", seed)
        self._part = part
        self._dealt: dict[int, int] = {}

    def choices(self, asked: Asked, most: int = 4) -> tuple[list[str], int]:
        """List the choices of a question and say at which place the right one stands."""
        choices = list(asked.wrong[: most - 1])
        count = len(choices) + 1
        block, index = divmod(self._dealt.get(count, 0), count)
        self._dealt[count] = self._dealt.get(count, 0) + 1
        order = item_random(self._part, *self._keys, count, block).sample(range(count), count)
        choices.insert(order[index], asked.answer)
        return choices, order[index]
