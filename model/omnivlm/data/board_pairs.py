"""Two pictures that differ in what has to be read, and a question for each answer."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from omnivlm.data.boards import Logo, Program, Sum
from omnivlm.data.canvas import Picture
from omnivlm.data.diagram_questions import sample_rectangle
from omnivlm.data.parts import Part, colours_for
from omnivlm.data.photographs import CloseUp
from omnivlm.data.signs import DARK

_NEAR_NAMES = (
    ("LEMON CAFE", "MELON CAFE"), ("RIVER BANK", "RAVEN BANK"), ("CANDY SHOP", "SANDY SHOP"),
    ("STONE INN", "STORE INN"), ("BRIGHT CO", "BRIGHT GO"), ("HOTEL MAPLE", "HOTEL AMPLE"),
    ("SILVER TEA", "SILVER SEA"), ("PLANT HOUSE", "PLANE HOUSE"), ("GOLD COAST", "COLD COAST"),
    ("THE BAKER", "THE BARKER"),
)  # fmt: skip
_EMBLEMS = ("star", "flower", "tree", "cup", "fish", "boat", "circle", "house")
_KNOWN: dict[str, str] = {
    "cup": "Can you drink tea from the thing in the picture?",
    "key": "Can the thing in the picture open a lock?",
    "book": "Is the thing in the picture made to be read?",
    "fish": "Does the thing in the picture breathe under water?",
    "lamp": "Does the thing in the picture light up a room?",
    "umbrella": "Would you hold the thing in the picture over your head in the rain?",
    "car": "Is the thing in the picture driven on roads?",
    "boat": "Does the thing in the picture travel on water?",
    "cloud": "Can rain fall from the thing in the picture?",
    "triangle": "Does the shape in the picture have exactly three sides?",
    "square": "Does the shape in the picture have four equal sides?",
    "flower": "Might someone put the thing in the picture into a vase?",
}
_KNOWN_PAIRS = (
    ("cup", "key"), ("book", "fish"), ("lamp", "boat"), ("umbrella", "car"), ("cloud", "flower"),
    ("triangle", "square"), ("key", "fish"), ("car", "cup"), ("boat", "book"), ("flower", "lamp"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardPair:
    """Two pictures; question i is answered yes of picture i and no of the other."""

    pictures: tuple[Picture, Picture]
    questions: tuple[str, str]


def logos(rng: random.Random, part: Part, turn: int) -> BoardPair:
    """Draw two logos whose names differ by a letter or two."""
    names = rng.sample(_NEAR_NAMES[turn % len(_NEAR_NAMES)], 2)
    emblem = rng.choice(_EMBLEMS)
    colour = rng.choice([c for c in DARK if c in colours_for(emblem, part)])
    wording = rng.choice(('Is the word in the logo "{}"?', 'Does the logo read "{}"?'))
    first, second = (wording.format(name.lower()) for name in names)
    one, two = (Logo(name, emblem, colour) for name in names)
    return BoardPair((one, two), (first, second))


def sums(rng: random.Random, part: Part, turn: int) -> BoardPair:
    """Draw two calculations, or two rectangles whose area is asked for."""
    if turn % 3 == 2:
        one, two = sample_rectangle(rng), sample_rectangle(rng)
        if one.area == two.area:
            return sums(rng, part, turn)
        wording = "Is the area of the rectangle in the picture {} square centimetres?"
        return BoardPair((one, two), (wording.format(one.area), wording.format(two.area)))
    sign = "+-*"[turn % 3 + (turn // 3) % 2]
    first, second = _sum(rng, sign), _sum(rng, sign)
    while not 0 < abs(first.result - second.result) <= 12:
        second = _sum(rng, sign)
    wording = rng.choice(("Is the answer to the arithmetic question in the image {}?",
                          "Is {} the result of the calculation in the image?"))  # fmt: skip
    return BoardPair((first, second), (wording.format(first.result), wording.format(second.result)))


def _sum(rng: random.Random, sign: str) -> Sum:
    if sign == "*":
        return Sum(rng.randint(3, 12), sign, rng.randint(3, 9))
    if sign == "+":
        return Sum(rng.randint(11, 79), sign, rng.randint(6, 59))
    right = rng.randint(6, 49)
    return Sum(right + rng.randint(4, 49), sign, right)


def programs(rng: random.Random, part: Part, turn: int) -> BoardPair:
    """Draw two programs of one pattern that print different things."""
    del part
    pattern = _PATTERNS[turn % len(_PATTERNS)]
    first, second = pattern(rng), pattern(rng)
    while first.output == second.output:
        second = pattern(rng)
    wording = "The image shows a python code. Is the output of the code '{}'?"
    return BoardPair((first, second), (wording.format(first.output), wording.format(second.output)))


def _arithmetic(rng: random.Random) -> Program:
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    sign, result = rng.choice((("+", a + b), ("*", a * b)))
    return Program((f"a = {a}", f"b = {b}", f"print(a {sign} b)"), str(result))


def _branch(rng: random.Random) -> Program:
    x, limit = rng.sample(range(1, 10), 2)
    words = rng.choice((("big", "small"), ("hot", "cold"), ("left", "right")))
    lines = (f"x = {x}", f'word = "{words[1]}"', f"if x > {limit}: word = \"{words[0]}\"",
             "print(word)")  # fmt: skip
    return Program(lines, words[0] if x > limit else words[1])


def _element(rng: random.Random) -> Program:
    words = rng.sample(("sun", "sky", "fog", "ice", "sea", "dew"), 3)
    place = rng.randrange(3)
    listed = ", ".join(f'"{word}"' for word in words)
    return Program((f"w = [{listed}]", f"print(w[{place}])"), words[place])


def _loop(rng: random.Random) -> Program:
    numbers = rng.sample(range(1, 9), 3)
    lines = ("total = 0", f"for n in {numbers}:", "    total = total + n", "print(total)")
    return Program(lines, str(sum(numbers)))


def _length(rng: random.Random) -> Program:
    word = rng.choice(("cat", "house", "window", "go", "bird", "kitchen", "mountain"))
    return Program((f'word = "{word}"', "print(len(word))"), str(len(word)))


_PATTERNS: tuple[Callable[[random.Random], Program], ...] = (
    _arithmetic, _branch, _element, _loop, _length,
)  # fmt: skip


def known_things(rng: random.Random, part: Part, turn: int) -> BoardPair:
    """Draw two things that differ in what everyone knows of them."""
    kinds = rng.sample(_KNOWN_PAIRS[turn % len(_KNOWN_PAIRS)], 2)
    one, two = (CloseUp(kind, rng.choice(colours_for(kind, part))) for kind in kinds)
    return BoardPair((one, two), (_KNOWN[kinds[0]], _KNOWN[kinds[1]]))
