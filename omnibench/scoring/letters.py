"""Decides which option's letter a reply to a ScienceQA question names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from omnibench.core import Reading, Sample

_LLAVA_LETTERS = "ABCDE"
_THE_ANSWER_IS = re.compile(r"The answer is ([A-Z]).")


def letters_of(choices: Sequence[str]) -> list[str]:
    """A, B, C ... for as many choices as there are."""
    return [chr(ord("A") + place) for place in range(len(choices))]


def read_llava_letter(reply: str, sample: Sample) -> Reading:
    """LLaVA's eval_science_qa.py: the letter alone; else "X. ..."; else one "The answer is X.".

    The pattern's last dot stands for any character, so "The answer is B" at the very end of a
    reply is not found and "The answer is Because" is B; several matches count as none. A letter
    beyond the choices, or beyond E, is unread, as is all else: the script calls it FAILED, wrong.
    """
    letter = _llava_letter(reply)
    if letter in letters_of(sample.choices or ())[: len(_LLAVA_LETTERS)]:
        return Reading(letter)
    return Reading(None, unread=True)


def read_lmms_letter(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3 (tasks/scienceqa/utils.py): the letter alone in any case, or "X....".

    "(A)", "A) x" and "The answer is A" are not read.
    """
    text = reply.strip()
    if len(text) >= 2 and text[0].isupper() and text[1] == ".":
        text = text[0]
    letter = text.lower().upper()
    if letter in letters_of(sample.choices or ()):
        return Reading(letter)
    return Reading(None, unread=True)


def score_equal(reading: Reading, sample: Sample) -> float:
    """1 where the reading is the target, letter for letter."""
    return float(reading.answer is not None and reading.answer == sample.target)


def _llava_letter(reply: str) -> str | None:
    if reply in list(_LLAVA_LETTERS):
        return reply
    if reply[:1] in list(_LLAVA_LETTERS) and reply[1:3] == ". ":
        return reply[0]
    found = _THE_ANSWER_IS.findall(reply)
    return found[0] if len(found) == 1 else None
