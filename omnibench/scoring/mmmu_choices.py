"""Decides which option a reply to an MMMU multiple-choice question names."""

from __future__ import annotations

from collections.abc import Sequence

from omnibench.core import Reading, Sample
from omnibench.scoring.letters import letters_of

_OFFICIAL_FORMS = (("({})", "({})"), (" {} ", " {} "))
# lmms-eval finds "A " and "A." but looks for the place of " A " whichever of them it found.
_LMMS_FORMS = (("({})", "({})"), ("{} ", " {} "), ("{}.", " {} "))


def read_official_choice(reply: str, sample: Sample) -> Reading:
    """parse_multi_choice_response of MMMU-Benchmark/MMMU mmmu/utils/eval_utils.py.

    "(A)", else " A ", else, in a reply of more than five words, an option's text; of several the
    one that stands last. Where the script guesses at random the reply is unread.
    """
    return _reading(reply, sample, _OFFICIAL_FORMS)


def read_lmms_choice(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3 (tasks/_task_utils/mmmu_mcq_utils.py): also "A " at a word's end, and "A.".

    So "the USA is" is A. Its random guesses are unread here.
    """
    return _reading(reply.strip(), sample, _LMMS_FORMS)


def _reading(reply: str, sample: Sample, forms: Sequence[tuple[str, str]]) -> Reading:
    letter = _choose(reply, sample.choices or (), forms)
    return Reading(letter, unread=letter is None)


def _choose(reply: str, options: Sequence[str], forms: Sequence[tuple[str, str]]) -> str | None:
    for character in ",.!?;:'":  # one after the other, as the script does: "A.," keeps its "."
        reply = reply.strip(character)
    text = f" {reply} "
    letters = letters_of(options)
    for found_as, placed_as in forms:
        candidates = [letter for letter in letters if found_as.format(letter) in text]
        if candidates:
            # max, like the script's argmax, keeps the first of equals
            return max(candidates, key=lambda letter: text.rfind(placed_as.format(letter)))
    if len(text.split()) <= 5:
        return None
    lowered = text.lower()
    places = {
        letter: lowered.rfind(option.lower())
        for letter, option in zip(letters, options, strict=True)
    }
    named = [letter for letter, place in places.items() if place >= 0]
    return max(named, key=lambda letter: places[letter]) if named else None
