"""Lists of what stands where in a diagram or a chart, names given and answers learned, both ways.

A model learns to find things sooner from many answers right behind their names than from questions,
and sooner still where what cannot be known, the order of the names, is not learned with them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

from omnivlm.data.canvas import Picture
from omnivlm.data.charts import Chart
from omnivlm.data.diagrams import FoodChains, Magnets, PlaceMap, PriceList, Shelf
from omnivlm.data.scene import cell_name
from omnivlm.training.samples import Turn, listed

Pairs = list[tuple[str, str]]


def picture_lists(picture: Picture, rng: random.Random) -> list[Turn]:
    """One list for each way of asking, in any order; none of pictures without such facts."""
    return [listed(ask, rng.sample(pairs, len(pairs))) for ask, pairs in _facts(picture)]


def _facts(picture: Picture) -> Iterator[tuple[str, Pairs]]:
    match picture:
        case PlaceMap(places=places):
            at = [(name, cell_name(*place)) for name, place in places.items()]
            yield "Say where each is.", at
            yield "Say what is where.", _turned(at)
        case FoodChains(chains=chains):
            sides = zip(("left", "right"), chains, strict=True)
            at = [(name, f"{side} {level}") for side, chain in sides
                  for level, name in enumerate(chain, 1)]  # fmt: skip
            eaten = [link for chain in chains for link in pairwise(chain)]
            yield "Say where each is.", at
            yield "Say what is where.", _turned(at)
            yield "Say what eats each.", eaten
            yield "Say what each eats.", _turned(eaten)
        case PriceList(prices=prices):
            costs = [(item, f"${price}") for item, price in prices.items()]
            yield "Say what each costs.", costs
            yield "Say what costs that.", _turned(costs)
        case Chart():
            for series in picture.series:
                of = f" for {series.name}" if len(picture.series) > 1 else ""
                numbers = [str(value) for value in series.values]
                values = list(zip(picture.categories, numbers, strict=True))
                yield f"Say each value{of}.", values
                yield f"Say whose value it is{of}.", _turned(values)
        case Shelf(beakers=beakers):
            yield "Say how many are in each.", [(b.name, str(len(b.cells))) for b in beakers]
        case Magnets(left=left, right=right):
            poles = (*left, *right)
            yield "Say each pole.", [(str(n), pole) for n, pole in enumerate(poles, 1)]
        case _:
            pass


def _turned(pairs: Pairs) -> Pairs:
    return [(second, first) for first, second in pairs]
