"""ScienceQA: multiple-choice school science, about half of it with a picture.

Rules: `official` is LLaVA's eval_science_qa.py (Apache-2.0), because the benchmark's own pattern
("The answer is X.") reads none of the terse replies that such models give. `lmms-eval-0.7.3` is
lmms_eval/tasks/scienceqa/utils.py. Neither guesses.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import Dataset, Decoding, Facets, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.letters import (
    letters_of,
    read_llava_letter,
    read_lmms_letter,
    score_equal,
)
from omnibench.scoring.metrics import accuracy

SUBJECTS = ("natural science", "social science", "language science")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; `answer` is the index of the right choice."""

    id: str
    question: str
    choices: list[str]
    answer: int
    hint: str | None = None
    image: str | None = None
    subject: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question. The split `image` is the test questions that have a picture."""
    for row in pack.rows(Row):
        if row.image or split != "image":
            yield _sample(row, pack)


def _sample(row: Row, pack: Pack) -> Sample:
    letters = letters_of(row.choices)
    if not 0 <= row.answer < len(letters):
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: answer {row.answer} is the place of none of its"
            f" {len(letters)} choices, counted from 0; mend it"
        )
    facets: Facets = {"image": "yes" if row.image else "no"}
    if row.subject:
        facets["subject"] = _subject(row, pack)
    return Sample(
        id=row.id,
        prompt=_prompt(row, letters),
        target=letters[row.answer],
        images=(pack.image(row.image),) if row.image else (),
        choices=tuple(row.choices),
        group=row.id,
        facets=facets,
    )


def _prompt(row: Row, letters: list[str]) -> str:
    context = f"Context: {row.hint}\n" if row.hint else ""
    options = "\n".join(
        f"{letter}. {choice}" for letter, choice in zip(letters, row.choices, strict=True)
    )
    return (
        f"{context}{row.question}\n{options}\n"
        "Answer with the option's letter from the given choices directly."
    )


def _subject(row: Row, pack: Pack) -> str:
    if row.subject not in SUBJECTS:
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: subject {row.subject!r} is none of"
            f" {', '.join(SUBJECTS)}; mend it"
        )
    return row.subject.replace(" ", "_")


_METRICS = {
    "accuracy": accuracy(),
    "accuracy/image": accuracy(("image", "yes")),
    **{
        f"accuracy/{subject}": accuracy(("subject", subject))
        for subject in (name.replace(" ", "_") for name in SUBJECTS)
    },
}

TASK = Task(
    name="scienceqa",
    title="ScienceQA: school science",
    version=1,
    splits=("test", "val", "image"),
    selects_from={"image": "test"},
    dataset=Dataset(hub="lmms-lab/ScienceQA", config="ScienceQA-FULL", licence="CC BY-NC-SA 4.0"),
    citation="Lu et al., Learn to Explain: Multimodal Reasoning via Thought Chains for Science"
    " Question Answering, NeurIPS 2022, arXiv:2209.09513",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    rules={
        "official": Rule(
            read=read_llava_letter, score=score_equal, metrics=_METRICS, headline="accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_lmms_letter, score=score_equal, metrics=_METRICS, headline="accuracy"
        ),
    },
    aliases=("scienceqa_full", "scienceqa_img:image"),
)
