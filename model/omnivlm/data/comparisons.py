"""Questions that need more than one picture."""

import random
from dataclasses import replace
from functools import partial

from omnivlm.data.asked import Asked, numbers_near
from omnivlm.data.charts import Chart, sample_chart
from omnivlm.data.diagram_questions import sample_fraction, sample_magnets
from omnivlm.data.diagrams import FractionBar, Magnets
from omnivlm.data.parts import Part
from omnivlm.data.scene import Scene
from omnivlm.data.words import COLOURS, KINDS
from omnivlm.data.world import sample_scene

WHICH = ("only the first image", "only the second image", "both images", "neither image")


def _which(question: str, first: bool, second: bool, skill: str) -> Asked:
    answer = WHICH[{(True, False): 0, (False, True): 1, (True, True): 2}.get((first, second), 3)]
    return Asked(question, answer, tuple(w for w in WHICH if w != answer), skill)


def sample_scenes(rng: random.Random, part: Part) -> tuple[Scene, Scene]:
    """Draw two scenes."""
    return sample_scene(rng, part), sample_scene(rng, part)


def which_contains(
    scenes: tuple[Scene, Scene], rng: random.Random, wanted: int = 0
) -> Asked | None:
    """Ask in which of two scenes a kind stands, each of the four answers equally often."""
    here, there = scenes[0].kinds(), scenes[1].kinds()
    pools = (here - there, there - here, here & there, set(KINDS) - here - there)
    pool = sorted(pools[wanted])
    if not pool:
        return None
    kind = rng.choice(pool)
    question = f"Which of the two images contains at least one {kind}?"
    return _which(question, kind in here, kind in there, "existence")


CONTAINS = tuple(partial(which_contains, wanted=wanted) for wanted in range(len(WHICH)))


def more_of_colour(scenes: tuple[Scene, Scene], rng: random.Random) -> Asked | None:
    """Ask how many objects of a colour two scenes hold together."""
    counts = {c: sum(s.count(colour=c) for s in scenes) for c in COLOURS}
    colour = rng.choice([c for c, n in counts.items() if n])
    question = f"How many {colour} objects do the two images show in all?"
    return Asked(question, str(counts[colour]), numbers_near(counts[colour], rng), "count")


def sample_charts(rng: random.Random, part: Part, form: str) -> tuple[Chart, Chart]:
    """Draw two charts of the same things with different values."""
    chart = sample_chart(rng, part, form=form)
    one, *_ = chart.series
    first = replace(chart, series=(one,))
    levels = list(range(chart.step, chart.top + 1, 1 if chart.values_shown else chart.step))
    while True:
        values = tuple(rng.sample(levels, len(one.values)))
        if all(a != b for a, b in zip(values, one.values, strict=True)):
            return first, replace(first, series=(replace(one, values=values),))


def sum_over_charts(charts: tuple[Chart, Chart], rng: random.Random) -> Asked:
    """Ask for the sum of one category's values."""
    category = rng.choice(charts[0].categories)
    answer = sum(c.value(category) for c in charts)
    question = f"What is the sum of the values of {category} in the two charts?"
    return Asked(question, str(answer), numbers_near(answer, rng, charts[0].step), "arithmetic")


def change_between_charts(charts: tuple[Chart, Chart], rng: random.Random) -> Asked:
    """Ask by how much one category's value differs."""
    category = rng.choice(charts[0].categories)
    answer = abs(charts[0].value(category) - charts[1].value(category))
    question = f"By how much does the value of {category} differ between the two charts?"
    wrong = numbers_near(answer, rng, charts[0].step, 1)
    return Asked(question, str(answer), wrong, "arithmetic")


def which_is_higher(charts: tuple[Chart, Chart], rng: random.Random) -> Asked:
    """Ask in which chart the value of a category lies above a limit between the two or beyond."""
    category = rng.choice(charts[0].categories)
    first, second = (c.value(category) for c in charts)
    step = charts[0].step
    low, high = sorted((first, second))
    limit = rng.choice((max(0, low - step), low, low, high))
    question = f"In which of the two charts is the value of {category} greater than {limit}?"
    return _which(question, first > limit, second > limit, "compare")


def sample_magnet_pairs(rng: random.Random, part: Part) -> tuple[Magnets, Magnets]:
    """Draw two pairs of magnets."""
    del part
    return sample_magnets(rng, rng.random() < 0.5), sample_magnets(rng, rng.random() < 0.5)


def which_attract(pairs: tuple[Magnets, Magnets], rng: random.Random) -> Asked:
    """Ask which of two pairs attract, or repel, each other."""
    word = rng.choice(("attract", "repel"))
    first, second = (pair.attract == (word == "attract") for pair in pairs)
    return _which(f"In which of the images do the magnets {word} each other?", first, second,
                  "poles")  # fmt: skip


def sample_fractions(rng: random.Random, part: Part) -> tuple[FractionBar, FractionBar]:
    """Draw two bars."""
    del part
    return sample_fraction(rng), sample_fraction(rng)


def which_over_half(bars: tuple[FractionBar, FractionBar], rng: random.Random) -> Asked:
    """Ask in which image more, or less, than half of the bar is shaded."""
    more = rng.random() < 0.5
    first, second = (2 * b.shaded > b.pieces if more else 2 * b.shaded < b.pieces for b in bars)
    question = (
        f"In which of the images is {'more' if more else 'less'} than half of the bar shaded?"
    )
    return _which(question, first, second, "fraction")
