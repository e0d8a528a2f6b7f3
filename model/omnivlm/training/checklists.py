"""Lists of things in a scene, each named right before its answer: many truths in few words.

A small model learns to find what a word names where the answer follows the word; the benchmarks'
questions, whose answers come a sentence later, it then learns from that.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from omnivlm.data.even_claims import even_kinds
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import COLOURS
from omnivlm.training.samples import Turn, listed
from omnivlm.training.scene_turns import Shown

Answers = dict[str, str]
"""What is asked for -> its answer, in the order in which both are said."""


def checklists(shown: Shown, rng: random.Random, count: int) -> list[Turn]:
    """Ask `count` different lists, or as many as the scene has something for."""
    turns: list[Turn] = []
    for request, answers_of in rng.sample(_REQUESTS, len(_REQUESTS)):
        answers = answers_of(shown, rng)
        if answers and len(turns) < count:
            turns.append(listed(f"{request}: {', '.join(answers)}.", list(answers.items())))
    return turns


def _there(shown: Shown, rng: random.Random) -> Answers:
    there = shown.scene.kinds()
    return {kind: "yes" if kind in there else "no" for kind in _kinds(shown, rng)}


def _numbers(shown: Shown, rng: random.Random) -> Answers:
    return {kind: str(shown.scene.count(kind=kind)) for kind in _kinds(shown, rng)}


def _kinds(shown: Shown, rng: random.Random) -> list[str]:
    """Each kind is as often there as not, whatever the other kinds of its theme are."""
    there, absent = even_kinds(shown.scene, shown.shares, rng)
    kinds = [*there, *absent]
    rng.shuffle(kinds)
    return kinds


def _coloured(shown: Shown, rng: random.Random) -> Answers:
    colours = rng.sample(list(COLOURS), len(COLOURS))
    return {colour: str(shown.scene.count(colour=colour)) for colour in colours}


def _colours(shown: Shown, rng: random.Random) -> Answers:
    return {thing.kind: thing.colour for thing in _single(shown.scene, rng)}


def _places(shown: Shown, rng: random.Random) -> Answers:
    return {thing.kind: thing.place for thing in _single(shown.scene, rng)}


def _single(scene: Scene, rng: random.Random) -> list[Thing]:
    """The objects whose kind is there once, in any order."""
    single = scene.alone()
    return rng.sample(single, len(single))


_REQUESTS: tuple[tuple[str, Callable[[Shown, random.Random], Answers]], ...] = (
    ("Say of each whether it is in the image", _there),
    ("Say how many there are of each", _numbers),
    ("Say how many objects have each colour", _coloured),
    ("Say which colour each has", _colours),
    ("Say where each of these is", _places),
)
