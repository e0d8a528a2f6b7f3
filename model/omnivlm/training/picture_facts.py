"""All that a diagram or a chart shows, as questions of a few words: dense truths for a reader."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise

from omnivlm.data.canvas import Picture
from omnivlm.data.charts import Chart
from omnivlm.data.diagrams import FoodChains, Magnets, PlaceMap, PriceList, Shelf
from omnivlm.data.scene import cell_name
from omnivlm.training.samples import Turn

_MOST = (
    "Which solution has most particles?", "Which solution is the most concentrated?",
    "In which solution are more particles?",
)  # fmt: skip


def picture_facts(picture: Picture) -> list[Turn]:
    """Ask for every fact of a picture, one by one and both ways: what is where, and where is what.

    No benchmark asks in these words. Of pictures that hold no list of facts there are none.
    """
    match picture:
        case PlaceMap(places=places):
            return list(_places((name, cell_name(*at)) for name, at in places.items()))
        case FoodChains(chains=chains):
            links = [link for chain in chains for link in pairwise(chain)]
            return [
                *_places(
                    (organism, f"{side} {level}")
                    for side, chain in zip(("left", "right"), chains, strict=True)
                    for level, organism in enumerate(chain, 1)
                ),
                *(Turn(f"What eats the {eaten}?", eater) for eaten, eater in links),
                *(Turn(f"What does the {eater} eat?", eaten) for eaten, eater in links),
            ]
        case PriceList(prices=prices):
            return list(_values((item, f"${price}") for item, price in prices.items()))
        case Chart():
            return list(_values(_read(picture)))
        case Shelf(beakers=beakers):
            most = max(beakers, key=lambda each: len(each.cells)).name
            counts = [Turn(f"How many in {b.name}?", str(len(b.cells))) for b in beakers]
            return [*counts, *(Turn(wording, most) for wording in _MOST)]
        case Magnets(left=left, right=right):
            return [Turn("Which poles face each other?", f"{left[1]} {right[0]}")]
        case _:
            return []


def some_facts(picture: Picture, rng: random.Random, most: int) -> list[Turn]:
    """Ask for up to `most` of a picture's facts, in any order."""
    facts = picture_facts(picture)
    return rng.sample(facts, min(most, len(facts)))


def _places(named: Iterable[tuple[str, str]]) -> Iterator[Turn]:
    for name, place in named:
        yield Turn(f"Where is the {name}?", place)
        yield Turn(f"What is at the {place}?", name)


def _values(named: Iterable[tuple[str, str]]) -> Iterator[Turn]:
    for number, (name, value) in enumerate(named, 1):
        yield Turn(f"{name}?", value)
        yield Turn(f"{value}?", name)
        yield Turn(f"Number {number}?", name)


def _read(chart: Chart) -> Iterator[tuple[str, str]]:
    for series in chart.series:
        of = f" for {series.name}" if len(chart.series) > 1 else ""
        for category, value in zip(chart.categories, series.values, strict=True):
            yield f"{category}{of}", str(value)
