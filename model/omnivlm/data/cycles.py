"""Diagrams of things that follow one another in a circle."""

import random
from dataclasses import dataclass
from math import cos, hypot, pi, sin

from PIL import Image

from omnivlm.data.asked import Asked, Maker, numbers_near, some_wrong
from omnivlm.data.canvas import Canvas, Point
from omnivlm.data.words import INK, NUMBER_WORDS, Colour, sentences

_PALE: Colour = (236, 246, 228)
_RADIUS_PX = 118


@dataclass(frozen=True, slots=True)
class Cycle:
    """Stages in their order; the drawing begins somewhere and runs one way round."""

    title: str
    noun: str
    stages: tuple[str, ...]
    start: int
    clockwise: bool

    def after(self, stage: str) -> str:
        """Return the stage that follows."""
        return self.stages[(self.stages.index(stage) + 1) % len(self.stages)]

    def describe(self) -> str:
        """Say what leads to what, from the first stage on."""
        return sentences(self.title, ", ".join(f"{s} to {self.after(s)}" for s in self.stages))

    def draw(self) -> Image.Image:
        """Draw the stages on a circle with arrows between them, 378 x 378."""
        canvas = Canvas(378, 378)
        canvas.text((189, 22), self.title, 22)
        turn = 2 * pi / len(self.stages) * (1 if self.clockwise else -1)
        angles = [-pi / 2 + turn * (self.start + i) for i in range(len(self.stages))]
        for angle, stage in zip(angles, self.stages, strict=True):
            here, there = _at(angle), _at(angle + turn)
            canvas.arrow(_edge(here, there), _edge(there, here))
            x, y = here
            canvas.ellipse((x - 56, y - 25, x + 56, y + 25), _PALE, INK)
            canvas.text((x, y), stage, 19)
        return canvas.finish()


def _at(angle: float) -> Point:
    return 189 + 1.08 * _RADIUS_PX * cos(angle), 208 + 1.12 * _RADIUS_PX * sin(angle)


def _edge(start: Point, end: Point) -> Point:
    """Return where the way from one stage to another leaves the first one's ellipse."""
    across, down = end[0] - start[0], end[1] - start[1]
    share = 1 / hypot(across / 62, down / 31)
    return start[0] + across * share, start[1] + down * share


_SUBJECTS = (
    ("Crop rotation on a field", "crop",
     ("wheat", "beans", "clover", "potatoes", "barley", "peas", "oats", "turnips")),
    ("Yearly journey of the whales", "place",
     ("Iceland", "Norway", "Ireland", "Spain", "Morocco", "Azores", "Canada")),
    ("A bee's visits to flowers", "flower",
     ("rose", "daisy", "tulip", "poppy", "lily", "violet", "aster")),
)  # fmt: skip


def sample_cycle(rng: random.Random) -> Cycle:
    """Draw a circle of four to six stages whose order no one can know beforehand."""
    title, noun, names = rng.choice(_SUBJECTS)
    stages = tuple(rng.sample(names, rng.randint(4, 6)))
    return Cycle(title, noun, stages, rng.randrange(len(stages)), rng.random() < 0.5)


def comes_after(cycle: Cycle, rng: random.Random) -> Asked:
    """Ask what follows a stage."""
    stage = rng.choice(cycle.stages)
    wording = rng.choice(("Which {} comes directly after {}?",
                          "According to the arrows, which {} follows {}?"))  # fmt: skip
    answer = cycle.after(stage)
    wrong = _others(cycle, rng, stage, answer)
    return Asked(wording.format(cycle.noun, stage), answer, wrong, "arrow")


def comes_before(cycle: Cycle, rng: random.Random) -> Asked:
    """Ask what a stage follows."""
    answer = rng.choice(cycle.stages)
    stage = cycle.after(answer)
    wording = rng.choice(("Which {} comes directly before {}?",
                          "From which {} does the arrow to {} start?"))  # fmt: skip
    wrong = _others(cycle, rng, stage, answer)
    return Asked(wording.format(cycle.noun, stage), answer, wrong, "arrow")


def count_stages(cycle: Cycle, rng: random.Random) -> Asked:
    """Count the stages."""
    count = len(cycle.stages)
    wrong = numbers_near(count, rng, 1, 2)
    also = (NUMBER_WORDS[count],)
    return Asked(f"How many {cycle.noun}s does the cycle show?", str(count), wrong, "count", also)


def _others(cycle: Cycle, rng: random.Random, stage: str, answer: str) -> tuple[str, ...]:
    """Wrong stages: the one on the other side first, then others, never the stage itself."""
    there = some_wrong(rng, [s for s in cycle.stages if s != stage], answer)
    names = next(names for title, _, names in _SUBJECTS if title == cycle.title)
    absent = some_wrong(rng, [n for n in names if n not in cycle.stages], answer)
    return (*there, *absent)[:3]


CYCLE: tuple[Maker[Cycle], ...] = (comes_after, comes_before, count_stages)
