"""Diagrams and the questions that go with them."""

import random
from itertools import permutations

from omnivlm.data.asked import Asked, numbers_near, some_wrong
from omnivlm.data.diagrams import (
    Beaker,
    FoodChains,
    FractionBar,
    Magnets,
    PlaceMap,
    PriceList,
    Rectangle,
    Shelf,
)
from omnivlm.data.words import COLOURS, GOODS, PLACES, SHOPS

DIRECTIONS = ("north", "south", "east", "west")
_BEAKER_NAMES = ("Solution A", "Solution B", "Solution C", "Solution D")
ORGANISMS = (
    ("grass", "clover", "leaves", "seeds", "algae", "corn"),
    ("rabbit", "mouse", "beetle", "snail", "grasshopper", "caterpillar"),
    ("frog", "lizard", "small bird", "spider", "toad", "shrew"),
    ("hawk", "snake", "owl", "fox", "heron", "weasel"),
)


def sample_map(rng: random.Random) -> PlaceMap:
    """Draw a map of six places, so that two share a row and two share a column."""
    names = rng.sample(PLACES, 6)
    cells = rng.sample(range(9), 6)
    return PlaceMap({n: (c // 3, c % 3) for n, c in zip(names, cells, strict=True)})


def direction_between(picture: PlaceMap, rng: random.Random) -> Asked:
    """Ask for the direction between two places of one row or column."""
    ways = []
    for start, end in permutations(picture.places, 2):
        (row, column), (to_row, to_column) = picture.places[start], picture.places[end]
        if column == to_column:
            ways.append((start, end, "north" if to_row < row else "south"))
        if row == to_row:
            ways.append((start, end, "west" if to_column < column else "east"))
    wanted = rng.choice(sorted({way for _, _, way in ways}))
    start, end, _ = rng.choice([w for w in ways if w[2] == wanted])
    wording = rng.choice((
        "In which direction must you go from the {} to reach the {}?",
        "You walk from the {} straight to the {}. In which direction do you walk?",
    ))  # fmt: skip
    return Asked(
        wording.format(start, end), wanted, some_wrong(rng, DIRECTIONS, wanted), "direction"
    )


def farthest(picture: PlaceMap, rng: random.Random) -> Asked | None:
    """Ask which place lies farthest in a direction, where one alone does."""
    sides = {"north": (0, min), "south": (0, max), "west": (1, min), "east": (1, max)}
    for way in rng.sample(DIRECTIONS, 4):
        axis, best = sides[way]
        edge = best(at[axis] for at in picture.places.values())
        there = [name for name, at in picture.places.items() if at[axis] == edge]
        if len(there) == 1:
            wrong = some_wrong(rng, list(picture.places), there[0])
            return Asked(f"Which place on the map is farthest {way}?", there[0], wrong, "place")
    return None


def sample_chains(rng: random.Random) -> FoodChains:
    """Draw two chains of three or four organisms without a shared one."""
    levels = [rng.sample(level, 2) for level in ORGANISMS]
    return FoodChains(tuple(tuple(level[i] for level in levels) for i in range(2)))


def eater_of(picture: FoodChains, rng: random.Random) -> Asked:
    """Ask which organism eats another, or what it eats."""
    chain = rng.choice(picture.chains)
    place = rng.randrange(len(chain) - 1)
    eaten, eater = chain[place], chain[place + 1]
    everyone = [o for c in picture.chains for o in c]
    if rng.random() < 0.5:
        wrong = some_wrong(rng, [o for o in everyone if o != eaten], eater)
        question = rng.choice((f"Which organism eats the {eaten}?",
                               f"In the diagram, what feeds on the {eaten}?"))  # fmt: skip
        return Asked(question, eater, wrong, "arrow")
    wrong = some_wrong(rng, [o for o in everyone if o != eater], eaten)
    question = f"According to the diagram, what does the {eater} eat?"
    return Asked(question, eaten, wrong, "arrow")


def sample_magnets(rng: random.Random, attract: bool) -> Magnets:
    """Draw a pair of magnets that attract or repel each other."""
    left = rng.choice(("NS", "SN"))
    return Magnets(left, left if attract else left[::-1], rng.choice((20, 34, 48)))


def attract_or_repel(picture: Magnets, rng: random.Random) -> Asked:
    """Ask what two magnets do."""
    answer, wrong = ("attract", "repel") if picture.attract else ("repel", "attract")
    question = rng.choice((
        "Will these magnets attract or repel each other?",
        "What will these two magnets do to each other?",
        "Think about the facing poles. Do the magnets attract or repel each other?",
    ))  # fmt: skip
    return Asked(question, answer, (wrong,), "poles")


def sample_shelf(rng: random.Random, count: int) -> Shelf:
    """Draw beakers with clearly different numbers of particles."""
    numbers = rng.sample(range(3, 17, 3), count)
    colour = rng.choice([c for c in COLOURS if c not in ("black", "blue")])
    return Shelf(
        tuple(
            Beaker(name, colour, tuple(sorted(rng.sample(range(20), number))))
            for name, number in zip(_BEAKER_NAMES[:count], numbers, strict=True)
        )
    )


def most_concentrated(shelf: Shelf, rng: random.Random) -> Asked:
    """Ask which of several solutions has the highest or the lowest concentration."""
    word = rng.choice(("highest", "lowest"))
    best = (max if word == "highest" else min)(shelf.beakers, key=lambda b: len(b.cells))
    colour = best.colour
    wrong = tuple(b.name for b in shelf.beakers if b is not best)
    return Asked(
        f"Which solution has the {word} concentration of {colour} particles?",
        best.name,
        wrong,
        "compare",
    )


def sample_prices(rng: random.Random) -> PriceList:
    """Draw a board of five goods at five prices."""
    goods, prices = rng.sample(GOODS, 5), rng.sample(range(2, 20), 5)
    return PriceList(rng.choice(SHOPS), dict(zip(goods, prices, strict=True)))


def price_of(picture: PriceList, rng: random.Random) -> Asked:
    """Ask for one price in dollars."""
    item = rng.choice(list(picture.prices))
    price = picture.prices[item]
    question = rng.choice((f"How many dollars does the {item.lower()} cost?",
                           f"What is the price of the {item.lower()} in dollars?"))  # fmt: skip
    return Asked(question, str(price), numbers_near(price, rng, 1, 1), "read", (f"${price}",))


def price_together(picture: PriceList, rng: random.Random) -> Asked:
    """Ask for the sum of two prices in dollars."""
    one, two = rng.sample(list(picture.prices), 2)
    price = picture.prices[one] + picture.prices[two]
    names = f"one {one.lower()} and one {two.lower()}"
    question = rng.choice((f"How many dollars do {names} cost together?",
                           f"What is the total price of {names} in dollars?"))  # fmt: skip
    return Asked(question, str(price), numbers_near(price, rng, 1, 1), "arithmetic", (f"${price}",))


def price_change(picture: PriceList, rng: random.Random) -> Asked:
    """Ask for the change from twenty dollars."""
    item = rng.choice(list(picture.prices))
    rest = 20 - picture.prices[item]
    question = f"You pay for one {item.lower()} with $20. How many dollars do you get back?"
    return Asked(question, str(rest), numbers_near(rest, rng, 1, 1), "arithmetic", (f"${rest}",))


def priced(picture: PriceList, rng: random.Random) -> Asked:
    """Ask which item has the highest, the lowest or a named price."""
    item, price = rng.choice(list(picture.prices.items()))
    rank = sorted(picture.prices.values()).index(price)
    words = {0: "is the cheapest", len(picture.prices) - 1: "is the most expensive"}
    wrong = some_wrong(rng, list(picture.prices), item)
    return Asked(
        f"Which item on the list {words.get(rank, f'costs ${price}')}?", item, wrong, "read"
    )


def shop_name(picture: PriceList, rng: random.Random) -> Asked:
    """Ask for the name at the top of the board."""
    question = rng.choice(
        ("What is the name of the shop?", "Which name is at the top of the list?")
    )
    return Asked(question, picture.shop, some_wrong(rng, SHOPS, picture.shop), "read")


def sample_rectangle(rng: random.Random) -> Rectangle:
    """Draw a rectangle whose area and perimeter differ."""
    while True:
        width, height = rng.randint(4, 12), rng.randint(3, 9)
        if width != height and width * height != 2 * (width + height):
            return Rectangle(width, height, rng.choice(list(COLOURS)))


def area_of(picture: Rectangle, rng: random.Random) -> Asked:
    """Ask for the area or the perimeter; the other one is among the wrong answers."""
    if rng.random() < 0.5:
        answer, other = picture.area, picture.perimeter
        question = "What is the area of the rectangle in square centimetres?"
    else:
        answer, other = picture.perimeter, picture.area
        question = "What is the perimeter of the rectangle in centimetres?"
    near = numbers_near(answer, rng, 2, 2)
    wrong = (str(other), *(n for n in near if n != str(other)))[:3]
    return Asked(question, str(answer), wrong, "geometry")


def sample_fraction(rng: random.Random) -> FractionBar:
    """Draw a bar of which neither nothing nor everything is shaded."""
    pieces = rng.randint(3, 9)
    colour = rng.choice([c for c in COLOURS if c != "black"])
    return FractionBar(pieces, rng.randint(1, pieces - 1), colour)
