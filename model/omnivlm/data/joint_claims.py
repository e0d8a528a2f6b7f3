"""Claims about two kinds at once: both, either, and whether they share a colour."""

import random
from dataclasses import dataclass

from omnivlm.data.claims import Claim, only
from omnivlm.data.scene import Scene
from omnivlm.data.words import KINDS, with_article


@dataclass(frozen=True, slots=True)
class Both:
    """Two kinds are there."""

    one: str
    two: str

    def holds(self, scene: Scene) -> bool | None:
        """Look both up."""
        return {self.one, self.two} <= scene.kinds()

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Are there both {} and {} in the image?",
                              "Does the picture show {} and also {}?"))  # fmt: skip
        return wording.format(with_article(self.one), with_article(self.two))

    def statement(self, holds: bool) -> str:
        """State it."""
        pair = f"{with_article(self.one)} and {with_article(self.two)}"
        return f"there are {'both' if holds else 'not both'} {pair}"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of two kinds is there."""

    one: str
    two: str

    def holds(self, scene: Scene) -> bool | None:
        """Look both up."""
        return bool({self.one, self.two} & scene.kinds())

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Is there {} or {} in the image?", "Do you see either {} or {}?"))
        return wording.format(with_article(self.one), with_article(self.two))

    def statement(self, holds: bool) -> str:
        """State it."""
        if holds:
            return f"there is {with_article(self.one)} or {with_article(self.two)}"
        return f"there is neither {with_article(self.one)} nor {with_article(self.two)}"


@dataclass(frozen=True, slots=True)
class SameColour:
    """Two objects, each the only one of its kind, have the same colour."""

    one: str
    two: str

    def holds(self, scene: Scene) -> bool | None:
        """Compare their colours."""
        first, second = only(scene, self.one), only(scene, self.two)
        if first is None or second is None:
            return None
        return first.colour == second.colour

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Do the {} and the {} have the same colour?",
                              "Are the {} and the {} of one colour?"))  # fmt: skip
        return wording.format(self.one, self.two)

    def statement(self, holds: bool) -> str:
        """State it."""
        word = "the same colour" if holds else "different colours"
        return f"the {self.one} and the {self.two} have {word}"


def propose_both(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim two kinds that are there."""
    there = sorted(scene.kinds())
    if len(there) < 2:
        return None
    return (Both(*rng.sample(there, 2)),)


def propose_either(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim one of two kinds, of which one alone is there."""
    there = rng.choice(sorted(scene.kinds()))
    absent = rng.choice([k for k in KINDS if k not in scene.kinds()])
    return (Either(*rng.sample((there, absent), 2)),)


def propose_same_colour(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim that two objects share their colour where they do."""
    once = scene.alone()
    pairs = [(a.kind, b.kind) for a in once for b in once
             if a.kind < b.kind and a.colour == b.colour]  # fmt: skip
    return (SameColour(*rng.choice(pairs)),) if pairs else None
