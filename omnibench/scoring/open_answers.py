"""Decides whether a reply to an MMMU open question holds the right number or words.

Source: parse_open_response, normalize_str and eval_open of MMMU-Benchmark/MMMU
mmmu/utils/eval_utils.py. The reading is the reply itself, because the script keeps every candidate
and the benchmark's server parses the reply again.
"""

from __future__ import annotations

import re

from omnibench.core import Reading, Sample

_NUMBERS = (
    re.compile(r"-?\b\d{1,3}(?:,\d{3})+\b"),
    re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+"),
    re.compile(r"-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])"),
)
# The script lowers the reply first, so its split before a capital letter never happens: only
# line ends part the reply.
_INDICATORS = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_TRIVIAL = frozenset(":,.!?;'")


def read_text(reply: str, sample: Sample) -> Reading:
    """The reply itself; unread where it holds neither a letter nor a digit."""
    text = reply.strip()
    readable = any(character.isalnum() for character in text)
    return Reading(text or None, unread=not readable)


def score_open(reading: Reading, sample: Sample) -> float:
    """1 where a right answer stands in a candidate, or equals one as a number to two decimals.

    A target of several texts is a list of alternatives.
    """
    target = sample.target
    alternatives = (target,) if isinstance(target, str) else target or ()
    return _score(reading, alternatives)


def score_open_lmms(reading: Reading, sample: Sample) -> float:
    """lmms-eval 0.7.3: as `score_open`, but a list of alternatives counts as one literal text."""
    target = sample.target
    text = target if isinstance(target, str) else str(list(target or ()))
    return _score(reading, (text,))


def candidates(reply: str) -> list[str | float]:
    """The texts and numbers that the reply may mean by its answer, lowered and rounded."""
    parts = _key_parts(reply)
    numbers = [number for part in parts for pattern in _NUMBERS for number in pattern.findall(part)]
    return [candidate for text in [*parts, *numbers] for candidate in _normalise(text)]


def _score(reading: Reading, alternatives: tuple[str, ...]) -> float:
    if reading.answer is None:
        return 0.0
    wanted = [form for alternative in alternatives for form in _normalise(alternative)]
    words = [form for form in wanted if isinstance(form, str)]
    for candidate in candidates(reading.answer):
        if isinstance(candidate, float):
            if candidate in wanted:
                return 1.0
        elif any(word in candidate for word in words):
            return 1.0
    return 0.0


def _key_parts(reply: str) -> list[str]:
    """Of each line, what follows the last indicator word; the whole reply where there is none."""
    text = reply.strip().strip(".").lower()
    lines = text.split("\n")
    parts = []
    for place, line in enumerate(lines):
        indicators = (*_INDICATORS, "=") if place == len(lines) - 1 else _INDICATORS
        shortest = ""
        for indicator in indicators:
            if indicator in line:
                tail = line.split(indicator)[-1].strip()
                # as the script has it, an empty tail gives way to whatever comes after it
                if not shortest or len(tail) < len(shortest):
                    shortest = tail
        if shortest and shortest not in _TRIVIAL:
            parts.append(shortest)
    return parts or [text]


def _normalise(text: str) -> list[str | float]:
    text = text.strip()
    try:
        return [round(float(text.replace(",", "")), 2)]
    except ValueError:
        text = text.lower()
    # a single character is looked for with a space at its side, against trivial matches
    return [f" {text}", f"{text} "] if len(text) == 1 else [text]
