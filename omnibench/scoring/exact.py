"""Decides whether a reply is the right text: GQA, OCR-VQA, and what lmms-eval calls exact match."""

from __future__ import annotations

import re
import string

from omnibench.core import Reading, Sample
from omnibench.scoring.letters import letters_of

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_LEADING_LETTER = re.compile(r"\s*([A-Z])\.")


def read_gqa(reply: str, sample: Sample) -> Reading:
    """LLaVA's convert_gqa_for_eval.py: points at the end go, capitals are lowered; no strip."""
    return _reading(reply.rstrip(".").lower())


def read_lowered(reply: str, sample: Sample) -> Reading:
    """strip().lower(), as Qwen-VL, InternVL and VLMEvalKit read OCR-VQA."""
    return _reading(reply.strip().lower())


def score_lowered(reading: Reading, sample: Sample) -> float:
    """1 where the reading, which is lowered, is the target lowered alike."""
    target = sample.target
    return float(isinstance(target, str) and reading.answer == target.strip().lower())


def score_bare(reading: Reading, sample: Sample) -> float:
    """lmms-eval 0.7.3's exact_match with ignore_case and ignore_punctuation."""
    target = sample.target
    if reading.answer is None or not isinstance(target, str):
        return 0.0
    return float(_bare(reading.answer) == _bare(target))


def read_lmms_ai2d(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3 (tasks/ai2d/utils.py): "X. ..." at the start, else the reply as a whole.

    Case and punctuation of a whole reply do not matter: "(a)" is A, "The answer is A" is unread.
    """
    text = reply.strip()
    match = _LEADING_LETTER.match(text)
    letter = match[1] if match else _bare(text).upper()
    if letter in letters_of(sample.choices or ()):
        return Reading(letter)
    return Reading(None, unread=True)


def _reading(text: str) -> Reading:
    return Reading(text or None, unread=not any(character.isalnum() for character in text))


def _bare(text: str) -> str:
    return text.lower().translate(_PUNCTUATION)
