"""lmms-eval 0.7.3's extraction of a letter from free text, for its scoring without an API.

Source: extract_mcq_answer of lmms_eval/tasks/_task_utils/mcq_extract.py. It takes letters out of
words ("CLOUDS:" is S) and always finds one in a reply that has such a capital.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_EDGES = ",.!?;:'\""
_PHRASES = (
    *(f"{best}{noun} is" for best in ("", "correct ", "best ") for noun in ("answer", "option")),
    *("choice is", "correct choice is", "i choose", "i select", "i pick"),
    *("정답은", "답은", "답:", "옵션", "答案是", "答案为", "选", "答えは"),
)
_FORMS = (("({})", 6), ("{}.", 5), ("{}:", 4), ("{})", 3), ("{} ", 2))
_AT_THE_START, _AT_THE_END, _AFTER_A_PHRASE = 10, 9, 7


def extract_letter(reply: str, letters: Sequence[str]) -> str | None:
    """The letter of the surest form; of several in one form the last; of equals the first found."""
    text = reply.strip()
    if not text:
        return None
    for character in _EDGES:  # one after the other, as the script does
        text = text.strip(character)
    padded = f" {text} "
    found = [*_in_forms(padded, letters), *_after_phrases(padded, letters)]
    found += _at_the_ends(padded, letters)
    found = found or [(0, padded.rfind(letter), letter) for letter in letters if letter in padded]
    if not found:
        return None
    return max(found, key=lambda candidate: candidate[:2])[2]


def _in_forms(text: str, letters: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for form, priority in _FORMS:
        for letter in letters:
            place = text.rfind(form.format(letter))
            if place >= 0:
                yield priority, place, letter


def _after_phrases(text: str, letters: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    lowered = text.lower()
    for phrase in _PHRASES:
        start = lowered.find(phrase)
        if start < 0:
            continue
        for letter in letters:
            place = text.find(letter, start + len(phrase))
            if place >= 0:
                yield _AFTER_A_PHRASE, place, letter


def _at_the_ends(padded: str, letters: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    text = padded.strip()
    for letter in letters:
        if text.startswith(letter) and (len(text) == 1 or not text[1].isalpha()):
            yield _AT_THE_START, 0, letter
    for letter in letters:
        if text.endswith(letter) and (len(text) == 1 or not text[-2].isalpha()):
            yield _AT_THE_END, len(padded) - 1, letter
