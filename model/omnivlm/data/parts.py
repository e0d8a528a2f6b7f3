"""Which seeds and which combinations belong to training, validation and test.

The parts differ twice: every seed is derived from the part's name, and some combinations are
drawn in the test part only, so that the test asks for generalisation and not for memory.
"""

import hashlib
import json
import random
from typing import Literal

from omnivlm.data.words import COLOURS, KINDS

Part = Literal["train", "val", "test"]

MOST_CATEGORIES: dict[Part, int] = {"train": 6, "val": 6, "test": 7}
"""The largest number of bars or points of a chart: a chart of seven is never trained on."""


def part_seed(part: Part, *keys: str | int) -> int:
    """Derive a 64-bit seed from the part and any keys, in any order of asking.

    Two different key tuples give independent seeds; nothing depends on how many were asked before.
    """
    text = json.dumps([part, *keys], separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def item_random(part: Part, *keys: str | int) -> random.Random:
    """Return the random source of one item."""
    return random.Random(part_seed(part, *keys))


def held_out_pair(colour: str, kind: str) -> bool:
    """Say whether this colour of this kind is kept out of training and validation.

    The rule: colour number + kind number is a multiple of the number of colours, so that every
    kind lacks exactly one colour and every colour is still seen on most kinds.
    """
    return (list(COLOURS).index(colour) + list(KINDS).index(kind)) % len(COLOURS) == 0


def held_out_word(word: str) -> bool:
    """Say whether a written word is kept out of training and validation: about one in five."""
    return hashlib.sha256(word.encode()).digest()[0] % 5 == 0


def colours_for(kind: str, part: Part) -> list[str]:
    """List the colours that a kind may have in a part."""
    return [c for c in COLOURS if part == "test" or not held_out_pair(c, kind)]


def words_for(words: tuple[str, ...], part: Part) -> list[str]:
    """List the words that may be written in a part's pictures."""
    return [w for w in words if part == "test" or not held_out_word(w)]
