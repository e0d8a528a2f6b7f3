"""Reads a chatty reply to a multiple-choice question as a careful person would.

An answer that the reply states by its letter is taken; else the option whose words stand in what
the reply asserts, sentence by sentence. Where several options could be meant it is unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from omnibench.core import Reading, Sample
from omnibench.scoring.letters import letters_of

# A model that goes on after its answer writes itself a new question: that is not its answer.
_NEXT_QUESTION = re.compile(r"\n\s*(?:Question|Hint|Choices|Options)\s*:", re.IGNORECASE)
_OPENING, _CLOSING = "[\\s\"'(\\[*_“‘]*", "[\"')\\].,:;*_”’]"
_REASON = r"(?:because|since|as|for|due|and|which|with)\b"
# "A" may be an article, so that a word after it must be one that can follow a letter.
_STATED = re.compile(
    r"(?:(?i:\banswer(?=\s*[:：(\[*])|\b(?:answer|option|choice|letter)\s+(?:is|(?:would|should|must)"
    r"\s+be|seems\s+to\s+be)|\b(?:choose|pick|select|go\s+with|chose|picked|selected)"
    r"|(?<!which\s)\b(?:is|be)(?=\s+[(\[])|答案[是为]?|选择?)"
    rf"\s*[:：=]?\s*(?i:the\s+)?(?i:option|choice|letter)?{_OPENING})"
    rf"(?P<letter>[A-Z])(?=\s*{_CLOSING}|\s*$|\s*\n|\s+{_REASON}|(?<!A)\s|[^\x00-\x7f])"
)
_WHOLE = re.compile(rf"{_OPENING}(?P<letter>[A-Za-z])(?:\s*{_CLOSING})*\s*")
_LEADING = re.compile(rf"{_OPENING}(?P<letter>[A-Z])(?:\s*[).\]:：、*]|\s*\n|\s+-\s)")
_BRACKETED = re.compile(r"[(\[]\s*([A-Z])\s*[)\]]")
_LISTED = re.compile(r"^\s*[(\[*]*([A-Z])[).\]:：、*]", re.MULTILINE)
_LONE = re.compile(
    r"(?<![A-Za-z0-9'’.-])(A(?!\s+(?!(?:and|or|is|was|because|since)\b)[a-z])|[B-HJ-Z])"
    r"(?![A-Za-z0-9'’-])"
)
_WRONG = re.compile(r"\b(?:not|wrong|incorrect|false|cannot|neither)\b|n't\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[。！？])")
# What a sentence supposes or gives as its reason is not what it answers.
_ASIDE = re.compile(
    r"\b(?:if|when|unless|without)\b[^,;]*,|,?\s(?:if|when|unless)\b[^,;]*$"
    r"|,?\s(?:because|since)\b.*$|,\s+as\b.*$",
    re.IGNORECASE,
)
_DENIED = r"(?:\b(?:not|neither|nor|than|rather than|instead of)\b|n't\b)(?:\s+(?:an?|the))?\s+"
_UP_TO_TWO_WORDS = r"(?:\s+(?!not\b|never\b|no\b|\w+n't\b)[\w'-]+){0,2}\s+"


def read_stated(reply: str, sample: Sample) -> Reading:
    """The option that the reply states by its letter or by its words; else unread."""
    options = sample.choices or ()
    letter = (
        stated_letter(reply, options) or stated_words(reply, options) or lone_letter(reply, options)
    )
    return Reading(letter, unread=letter is None)


def stated_letter(reply: str, options: Sequence[str]) -> str | None:
    """The letter that a reply gives for its answer: alone, at the start, after "answer is", "(B)".

    Of several statements the last counts, since a model may correct itself.
    """
    text = _NEXT_QUESTION.split(reply.strip(), maxsplit=1)[0].strip()
    letters = letters_of(options)
    whole = _WHOLE.fullmatch(text)
    if whole:
        return whole["letter"].upper() if whole["letter"].upper() in letters else None
    stated = [match["letter"] for match in _STATED.finditer(text) if match["letter"] in letters]
    if stated:
        return stated[-1]
    if _recites(text, letters):
        return None
    leading = _LEADING.match(text)
    if leading and leading["letter"] in letters:
        return leading["letter"]
    bracketed = {letter for letter in _BRACKETED.findall(text) if letter in letters}
    return bracketed.pop() if len(bracketed) == 1 else None


def stated_words(reply: str, options: Sequence[str]) -> str | None:
    """The option whose words stand alone in the first sentence that holds any.

    What a sentence supposes or reasons counts only where the rest of it names none. "Plants will
    increase" holds the words of "plants increase".
    """
    text = _NEXT_QUESTION.split(reply.strip(), maxsplit=1)[0]
    there = [] if _recites(text, letters_of(options)) else _possible(text, options)
    exact = [(letter, _pattern(words, r"\s+")) for letter, words in there]
    loose = [(letter, _pattern(words, _UP_TO_TWO_WORDS)) for letter, words in there]
    for sentence in _SENTENCE_END.split(text) if there else ():
        asserted = _ASIDE.sub(" ", sentence)
        for place, patterns in ((asserted, exact), (asserted, loose), (sentence, exact)):
            named = _named(place, patterns)
            if named:
                return named[0] if len(named) == 1 else None
    return None


def lone_letter(reply: str, options: Sequence[str]) -> str | None:
    """The one option's letter that stands as a word of the reply, if it is not called wrong."""
    text = _NEXT_QUESTION.split(reply.strip(), maxsplit=1)[0]
    found = {match[1] for match in _LONE.finditer(text)}.intersection(letters_of(options))
    return found.pop() if len(found) == 1 and not _WRONG.search(text) else None


def _recites(text: str, letters: Sequence[str]) -> bool:
    """Whether the reply lists several options, at the starts of lines or in one sentence."""
    listed = set(_LISTED.findall(text)).intersection(letters)
    first = set(_BRACKETED.findall(_SENTENCE_END.split(text, maxsplit=1)[0])).intersection(letters)
    return len(listed) > 1 or len(first) > 1


def _possible(text: str, options: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(letter, words) of the options whose words are all in the text, the longest option first.

    So "red apple" is found before "red". A plural stands here without its s.
    """
    lowered = text.lower()
    possible = []
    for letter, option in zip(letters_of(options), options, strict=True):
        words = option.lower().strip().rstrip(".").split()
        if words and len(words[-1]) > 3 and words[-1].endswith("s") and words[-1][-2] != "s":
            words[-1] = words[-1][:-1]
        if words and all(word in lowered for word in words):
            possible.append((letter, words))
    return sorted(possible, key=lambda pair: -len(" ".join(pair[1])))


def _pattern(words: Sequence[str], between: str) -> re.Pattern[str]:
    """The words in their order, in the singular or the plural, perhaps denied."""
    text = between.join(map(re.escape, words))
    return re.compile(
        rf"(?P<denied>{_DENIED})?(?<![A-Za-z0-9]){text}(?:e?s)?(?![A-Za-z0-9])", re.IGNORECASE
    )


def _named(text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> list[str]:
    """The options that stand in a text and are not denied there."""
    named = []
    for letter, pattern in patterns:
        matches = list(pattern.finditer(text))
        if any(not match["denied"] for match in matches):
            named.append(letter)
        for match in matches:
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return named
