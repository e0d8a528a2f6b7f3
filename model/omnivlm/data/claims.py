"""Claims about scenes: yes in one picture and no in another, so that the words tell nothing.

Two scenes are drawn together: whatever is claimed of both is true of one and false of the other.
A question made of it therefore has each answer once, whoever guesses from its words.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from omnivlm.data.parts import Part
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import COLOURS, KINDS, NUMBER_WORDS, with_article

_ATTEMPTS = 1500


class Claim(Protocol):
    """Something that is true of a scene, false of it, or presupposes what is not there."""

    def holds(self, scene: Scene) -> bool | None:
        """Say whether it is true; None where its objects are not there or are not unique."""
        ...

    def question(self, rng: random.Random) -> str:
        """Ask whether it is true."""
        ...

    def statement(self, holds: bool) -> str:
        """State it, or its contrary, as the end of a sentence: "there is a cup"."""
        ...


@dataclass(frozen=True, slots=True)
class Exists:
    """There is an object of a kind."""

    kind: str

    def holds(self, scene: Scene) -> bool | None:
        """Look the kind up."""
        return self.kind in scene.kinds()

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Is there {} in the image?", "Do you see {}?", "Is {} shown here?"))
        return wording.format(with_article(self.kind))

    def statement(self, holds: bool) -> str:
        """State it."""
        return f"there is {with_article(self.kind) if holds else f'no {self.kind}'} in the image"


@dataclass(frozen=True, slots=True)
class Coloured:
    """There is an object of a kind in a colour; the kind itself is there."""

    kind: str
    colour: str

    def holds(self, scene: Scene) -> bool | None:
        """Look the pair up where the kind is there."""
        if scene.count(kind=self.kind) == 0:
            return None
        return scene.count(kind=self.kind, colour=self.colour) > 0

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Is there {} in the image?", "Can you see {} in the picture?"))
        return wording.format(with_article(f"{self.colour} {self.kind}"))

    def statement(self, holds: bool) -> str:
        """State it."""
        phrase = f"{self.colour} {self.kind}"
        return f"there is {with_article(phrase) if holds else f'no {phrase}'} in the image"


@dataclass(frozen=True, slots=True)
class Counted:
    """There are so many objects of a kind, at least one being there."""

    kind: str
    number: int

    def holds(self, scene: Scene) -> bool | None:
        """Count."""
        count = scene.count(kind=self.kind)
        return count == self.number if count else None

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        if self.number == 1:
            wording = rng.choice(("Is there only one {} in the image?", "Is there exactly one {}?"))
            return wording.format(self.kind)
        wording = rng.choice(("Are there {} {} in the image?", "Are there exactly {} {}?"))
        return wording.format(NUMBER_WORDS[self.number], KINDS[self.kind].plural)

    def statement(self, holds: bool) -> str:
        """State it."""
        name = self.kind if self.number == 1 else KINDS[self.kind].plural
        verb = "is" if self.number == 1 else "are"
        return f"there {verb} {'' if holds else 'not '}exactly {NUMBER_WORDS[self.number]} {name}"


@dataclass(frozen=True, slots=True)
class Sided:
    """The only object of a kind stands on a side of the picture, not in between."""

    kind: str
    side: str

    def holds(self, scene: Scene) -> bool | None:
        """Look where the object stands."""
        thing = only(scene, self.kind)
        if thing is None:
            return None
        across = self.side in ("left", "right")
        number = thing.column if across else thing.row
        if number == 1:
            return None
        return number == (0 if self.side in ("left", "top") else 2)

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Is the {} on the {} side of the image?",
                              "Is the {} at the {} of the picture?"))  # fmt: skip
        return wording.format(self.kind, self.side)

    def statement(self, holds: bool) -> str:
        """State it."""
        return f"the {self.kind} is {'' if holds else 'not '}on the {self.side} side"


@dataclass(frozen=True, slots=True)
class Beside:
    """The only object of one kind lies on a side of the only object of another."""

    kind: str
    way: str
    other: str

    def holds(self, scene: Scene) -> bool | None:
        """Compare columns or rows; None where they are the same."""
        thing, other = only(scene, self.kind), only(scene, self.other)
        if thing is None or other is None:
            return None
        if self.way in ("to the left of", "to the right of"):
            step = thing.column - other.column
        else:
            step = thing.row - other.row
        if step == 0:
            return None
        return (step < 0) == (self.way in ("to the left of", "above"))

    def question(self, rng: random.Random) -> str:
        """Ask in one of several wordings."""
        wording = rng.choice(("Is the {} {} the {}?", "Is the {} {} the {} in the image?"))
        return wording.format(self.kind, self.way, self.other)

    def statement(self, holds: bool) -> str:
        """State it."""
        return f"the {self.kind} is {'' if holds else 'not '}{self.way} the {self.other}"


def only(scene: Scene, kind: str) -> Thing | None:
    """Return the object of a kind that is there once."""
    found = [t for t in scene.things if t.kind == kind]
    return found[0] if len(found) == 1 else None


Proposal = Callable[[Scene, random.Random], tuple[Claim, ...] | None]
"""Claims something true and something false of a scene, or nothing where that cannot be."""


def propose_existence(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim a kind that is there and one that is not."""
    there = sorted(scene.kinds())
    return Exists(rng.choice(there)), Exists(rng.choice([k for k in KINDS if k not in there]))


def propose_colour(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim the colour of an object and another colour."""
    thing = rng.choice(scene.things)
    free = [c for c in COLOURS if scene.count(kind=thing.kind, colour=c) == 0]
    return Coloured(thing.kind, thing.colour), Coloured(thing.kind, rng.choice(free))


def propose_count(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim a number and the next one."""
    kind = max(sorted(scene.kinds()), key=lambda k: (scene.count(kind=k), rng.random()))
    number = scene.count(kind=kind)
    near = rng.choice([n for n in (number - 1, number + 1) if n > 0])
    return Counted(kind, number), Counted(kind, near)


def propose_side(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim the side on which an object stands and the opposite one."""
    thing = rng.choice(scene.things)
    for one, other in rng.sample((("left", "right"), ("top", "bottom")), 2):
        claims = Sided(thing.kind, one), Sided(thing.kind, other)
        if claims[0].holds(scene) is not None:
            return claims
    return None


def propose_relation(scene: Scene, rng: random.Random) -> tuple[Claim, ...] | None:
    """Claim how an object lies to another and the contrary."""
    if len(scene.kinds()) < 2:
        return None
    one, two = rng.sample(sorted(scene.kinds()), 2)
    ways = (("to the left of", "to the right of"), ("above", "below"))
    for way, contrary in rng.sample(ways, 2):
        claims = Beside(one, way, two), Beside(one, contrary, two)
        if claims[0].holds(scene) is not None:
            return claims
    return None


PROPOSALS: dict[str, Proposal] = {
    "existence": propose_existence,
    "color": propose_colour,
    "count": propose_count,
    "position": propose_side,
    "relation": propose_relation,
}


def opposed(
    rng: random.Random,
    part: Part,
    propose: Proposal,
    sample: Callable[[random.Random, Part], Scene],
) -> tuple[Scene, Scene, tuple[Claim, ...]]:
    """Draw two scenes and claims of which each is true of one of them and false of the other."""
    while True:
        first = sample(rng, part)
        claims = propose(first, rng)
        for _ in range(_ATTEMPTS if claims else 0):
            second = sample(rng, part)
            if all(c.holds(second) is (not c.holds(first)) for c in claims or ()):
                # `holds` may be None for the second: `is` refuses it.
                return first, second, claims or ()
