"""Decides which option a reply to an MMBench question names, without a judge and without guessing.

Sources: can_infer of open-compass/VLMEvalKit vlmeval/utils/matching_util.py (Apache-2.0), the
benchmark's scorer, in its exact-matching mode; lmms_eval/tasks/mmbench/mmbench_evals.py and
lmms_eval/tasks/_task_utils/mcq_extract.py of lmms-eval 0.7.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from omnibench.core import Reading, Sample
from omnibench.scoring.letters import letters_of
from omnibench.scoring.lmms_letters import extract_letter
from omnibench.scoring.stated_options import lone_letter, stated_letter, stated_words

_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_NONE_OF_THEM = "Z"
_NO_PUNCTUATION = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_LAST_TOKENS = 4

_LMMS_LETTERS = "ABCDE"
_LMMS_TEXT_LETTERS = "ABCD"
_LMMS_FORMS = "X. X, X: X) X). (X) (X). :X :X, :X. :X) :X)."


def read_inferred(reply: str, sample: Sample) -> Reading:
    """VLMEvalKit's can_infer; where that would ask GPT, what the reply states plainly.

    Its pattern "answer is X" takes the first letter of any word ("the answer is blue" is B); here
    the letter must stand alone. A refusal, and a reply that names no option or several, is unread.
    """
    text, options = reply.strip(), sample.choices or ()
    if any(refusal in text for refusal in _REFUSALS) or text == _NONE_OF_THEM:
        return Reading(None, unread=True)
    letter = (
        _letter_near_the_end(text, letters_of(options))
        or stated_letter(text, options)
        or _option_in_short_reply(text, options)
        or stated_words(text, options)
        or lone_letter(text, options)
    )
    return Reading(letter, unread=letter is None)


def read_lmms_inferred(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3's can_infer; unread where mmbench_cn_dev then asks its API."""
    return _lmms_reading(_lmms_inferred(reply.strip(), sample.choices or ()), sample)


def read_lmms_static(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3's mmbench_en_dev_static: can_infer, else a letter from anywhere."""
    text = reply.strip()
    letter = _lmms_inferred(text, sample.choices or ()) or extract_letter(text, _LMMS_TEXT_LETTERS)
    return _lmms_reading(letter, sample)


def _lmms_reading(letter: str | None, sample: Sample) -> Reading:
    if letter in letters_of(sample.choices or ()):
        return Reading(letter)
    return Reading(None, unread=True)


def _letter_near_the_end(text: str, letters: Sequence[str]) -> str | None:
    """The one letter that stands as a word, if it is among the last four words."""
    words = text.translate(_NO_PUNCTUATION).split()
    found = [letter for letter in letters if letter in words]
    if len(found) == 1 and words.index(found[0]) >= len(words) - _LAST_TOKENS:
        return found[0]
    return None


def _option_in_short_reply(text: str, options: Sequence[str]) -> str | None:
    """The one option whose text stands in a reply at most twice as long as all options."""
    if len(text) > 2 * sum(map(len, options)):
        return None
    lowered = text.lower()
    named = [
        letter
        for letter, option in zip(letters_of(options), options, strict=True)
        if option.lower() in lowered
    ]
    return named[0] if len(named) == 1 else None


def _lmms_inferred(text: str, options: Sequence[str]) -> str | None:
    return _lmms_letter(text.split()) or _lmms_text(text.lower(), options)


def _lmms_letter(words: Sequence[str]) -> str | None:
    bare = [letter for letter in _LMMS_LETTERS if letter in words]
    if len(bare) == 1 and not ("A" in words and len(words) > 3):
        return bare[0]
    for form in _LMMS_FORMS.split():
        found = [letter for letter in _LMMS_LETTERS if form.replace("X", letter) in words]
        if len(found) == 1:
            return found[0]
    return None


def _lmms_text(lowered: str, options: Sequence[str]) -> str | None:
    """The one of four options that stands in the reply; a fifth is not looked at.

    An absent option is the text "nan" to lmms-eval: with two options "banana" names three.
    """
    padded = [*options, *["nan"] * len(_LMMS_TEXT_LETTERS)]
    pairs = zip(_LMMS_TEXT_LETTERS, padded, strict=False)
    named = [letter for letter, option in pairs if option.lower() in lowered]
    return named[0] if len(named) == 1 else None
