"""A row of a benchmark's form as a prompt and the answer that its official scorer accepts."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from functools import partial

from omnivlm.data.bilingual import Language
from omnivlm.data.pack import Row
from omnivlm.training.samples import Turn
from omnivlm.training.wordings import (
    LETTERS,
    bracketed,
    circular,
    lettered,
    short,
    short_or_unanswerable,
    single_word,
    solved,
)

_MME_ENDING = " Please answer yes or no."


def turn_of(task: str, row: Row) -> Turn:
    """Put a row's question into the evaluation's words and its answer into the shortest."""
    return _TURNS[task](row)


def picture_names(row: Row) -> tuple[str, ...]:
    """Name the pictures that a row shows, in their order."""
    names = [row.get("image"), *(row.get(f"image_{number}") for number in range(1, 8))]
    return tuple(name for name in names if isinstance(name, str))


def most_given(row: Row) -> str:
    """Return what most of the annotators say."""
    return Counter(_texts(row, "answers")).most_common(1)[0][0]


def plain(answer: str) -> str:
    """Write yes and no in small letters; all else stays as it is."""
    return answer.lower() if answer in ("Yes", "No") else answer


def listed(facts: str) -> str:
    """Say MM-Vet's key facts as a sentence: the first of several ways, all that must be there."""
    *others, last = facts.split("<OR>")[0].split("<AND>")
    return f"{', '.join(others)} and {last}" if others else last


def _question(row: Row) -> str:
    return str(row["question"])


def _texts(row: Row, column: str) -> list[str]:
    cell = row[column]
    assert isinstance(cell, list)
    return [str(text) for text in cell]


def _short(row: Row) -> Turn:
    return Turn(short(_question(row)), plain(str(row["answer"])))


def _mme(row: Row) -> Turn:
    return Turn(short(_question(row).removesuffix(_MME_ENDING)), plain(str(row["answer"])))


def _vqav2(row: Row) -> Turn:
    return Turn(short(_question(row)), str(row["multiple_choice_answer"]))


def _annotated(row: Row) -> Turn:
    return Turn(short(_question(row)), most_given(row))


def _vizwiz(row: Row) -> Turn:
    return Turn(short_or_unanswerable(_question(row)), most_given(row))


def _chartqa(row: Row) -> Turn:
    return Turn(single_word(_question(row)), plain(str(row["answer"])))


def _scienceqa(row: Row) -> Turn:
    choices, right = _texts(row, "choices"), int(str(row["answer"]))
    prompt = lettered(_question(row), choices, str(row["hint"]))
    letter = LETTERS[right]
    return Turn(prompt, solved(choices[right], letter) if picture_names(row) else letter)


def _ai2d(row: Row) -> Turn:
    prompt = lettered(_question(row), _texts(row, "options"))
    return Turn(prompt, LETTERS[int(str(row["answer"]))])


def _mmmu(row: Row) -> Turn:
    options = [str(option) for option in ast.literal_eval(str(row["options"]))]
    question = _question(row)
    return Turn(bracketed(question, options) if options else short(question), str(row["answer"]))


def _mmbench(row: Row, language: Language) -> Turn:
    options = [str(row[letter]) for letter in "ABCD" if row[letter] != "nan"]
    hint = "" if row["hint"] == "nan" else str(row["hint"])
    return Turn(circular(_question(row), options, hint, language), str(row["answer"]))


def _mmvet(row: Row) -> Turn:
    return Turn(_question(row), listed(str(row["answer"])))


_TURNS: dict[str, Callable[[Row], Turn]] = {
    "pope": _short,
    "scienceqa": _scienceqa,
    "mmmu": _mmmu,
    "mmvet": _mmvet,
    "chartqa": _chartqa,
    "vqav2": _vqav2,
    "okvqa": _annotated,
    "textvqa": _annotated,
    "vizwiz": _vizwiz,
    "gqa": _short,
    "ai2d": _ai2d,
    "ocrvqa": _short,
    "mmbench_en": partial(_mmbench, language="en"),
    "mmbench_cn": partial(_mmbench, language="cn"),
    "mme": _mme,
}
