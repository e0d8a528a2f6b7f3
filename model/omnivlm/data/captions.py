"""Captions of scenes, read back: what they say of each object, and which objects are not there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from omnivlm.data.scene import GRID, SIZES, Scene, Thing, cell_name
from omnivlm.data.words import COLOURS, KINDS

CELLS: dict[str, tuple[int, int]] = {
    cell_name(row, column): (row, column) for row in range(GRID) for column in range(GRID)
}
"""name of a place -> its row and column."""

_SENTENCE_END = re.compile(r"(?<=\.)\s+")
_SAID = re.compile(
    rf"(?P<place>{'|'.join(CELLS)}): an? (?P<size>{'|'.join(SIZES)})"
    rf" (?P<colour>{'|'.join(COLOURS)}) (?P<kind>{'|'.join(KINDS)})(?: labelled (?P<label>\w+))?\.",
    re.IGNORECASE,
)
_KIND_OF_WORD = {kind: kind for kind in KINDS} | {v.plural: kind for kind, v in KINDS.items()}
_KIND_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_KIND_OF_WORD, reverse=True))})\b", re.IGNORECASE)


def read_caption(text: str) -> list[Thing] | None:
    """Read the objects that a caption names, sentence by sentence.

    None where a sentence is not of the form that `Scene.describe` writes: nothing is guessed.
    """
    found = []
    for sentence in _SENTENCE_END.split(text.strip()):
        match = _SAID.fullmatch(sentence)
        if match is None:
            return None
        row, column = CELLS[match["place"].lower()]
        kind, colour, size = (match[name].lower() for name in ("kind", "colour", "size"))
        found.append(Thing(kind, colour, size, row, column, match["label"]))
    return found


@dataclass(frozen=True, slots=True)
class Mentions:
    """How many objects a text names, and how many of these the scene does not hold.

    named: every word for a kind, singular or plural, counts once. absent: those whose kind is not
    in the scene at all, as CHAIR counts them (Rohrbach et al., EMNLP 2018, arXiv:1809.02156).
    false: these, and of a kind that is there the namings beyond as many as there are.
    """

    named: int
    false: int
    absent: int


def mentions(text: str, scene: Scene) -> Mentions:
    """Count the objects that any text about a scene names; it need not be a caption's form."""
    named = Counter(_KIND_OF_WORD[word.lower()] for word in _KIND_WORD.findall(text))
    there = Counter(thing.kind for thing in scene.things)
    return Mentions(
        named=named.total(),
        false=(named - there).total(),
        absent=sum(count for kind, count in named.items() if not there[kind]),
    )
