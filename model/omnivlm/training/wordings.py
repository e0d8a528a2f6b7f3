"""The prompts in which the fifteen benchmarks are asked, word for word as an evaluation asks them.

A model is only as good as the prompts it has learned; a test holds these to the evaluation's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from omnivlm.data.bilingual import Language

LETTERS = "ABCDE"
_BY_LETTER = "Answer with the option's letter from the given choices directly."
_OPTIONS: dict[Language, tuple[str, str]] = {
    "en": ("There are several options:", _BY_LETTER),
    "cn": ("有如下几个选项：", "请直接使用所提供的选项字母作为答案回答。"),
}


def short(question: str) -> str:
    """POPE, MME, VQAv2, GQA, OK-VQA, TextVQA, OCR-VQA and MMMU's open questions."""
    return f"{question}\nAnswer the question using a single word or phrase."


def single_word(question: str) -> str:
    """ChartQA."""
    return f"{question}\nAnswer the question with a single word."


def short_or_unanswerable(question: str) -> str:
    """VizWiz."""
    return short(
        f"{question}\nWhen the provided information is insufficient, respond with 'Unanswerable'."
    )


def lettered(question: str, options: Sequence[str], context: str = "") -> str:
    """ScienceQA, with its context, and AI2D."""
    before = f"Context: {context}\n" if context else ""
    return f"{before}{optioned(question, options)}\n{_BY_LETTER}"


def solved(answer: str, letter: str) -> str:
    """What is the case and its letter, at first side by side; ScienceQA's own pattern reads it."""
    return f"{answer} {letter}. The answer is {letter}."


def optioned(question: str, options: Sequence[str]) -> str:
    """A question and its options, without an instruction; no benchmark asks so."""
    return "\n".join([question, *(f"{letter}. {option}" for letter, option in _named(options))])


def bracketed(question: str, options: Sequence[str]) -> str:
    """MMMU; the question holds "<image 1>" and so on."""
    lines = "".join(f"({letter}) {option}\n" for letter, option in _named(options))
    return f"{question}\n{lines}\n{_BY_LETTER}"


def circular(question: str, options: Sequence[str], hint: str, language: Language) -> str:
    """MMBench, in English or Chinese."""
    announced, instruction = _OPTIONS[language]
    before = f"{hint} " if hint else ""
    lines = "".join(f"{letter}. {option}\n" for letter, option in _named(options))
    return f"{before}{question} {announced}\n{lines}{instruction}"


def _named(options: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(LETTERS, options, strict=False))
