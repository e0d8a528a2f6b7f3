"""MME: two yes/no questions a picture, in ten subtasks of perception and four of cognition.

Rules: `official` is calculation.py of the benchmark's eval_tool. `lmms-eval-0.7.3` is
lmms_eval/tasks/mme/utils.py. The benchmark has no percentage: perception is out of 2000 points,
cognition out of 800. The question's own ending is replaced by the one that all short answers get.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.letters import score_equal
from omnibench.scoring.paired import (
    COGNITION,
    PERCEPTION,
    mme_metrics,
    read_lmms_prefix,
    read_prefix,
)

# A few questions have two spaces before it.
_OWN_ENDING = re.compile(r"\s*Please answer yes or no\.\s*$")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; two rows share a question_id, which names the picture."""

    id: str
    question_id: str
    question: str
    answer: str
    category: str
    image: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture, which must have two."""
    questions: Counter[tuple[str, str]] = Counter()
    for row in pack.rows(Row):
        questions[row.category, row.question_id] += 1
        yield _sample(row, pack)
    for (category, picture), count in questions.items():
        if count != 2:
            raise OmnibenchError(
                f"picture {picture} of {pack.name} has {count} question{'s' * (count > 1)} in"
                f" {category}; MME scores two to a picture: mend the rows"
            )


def _sample(row: Row, pack: Pack) -> Sample:
    answer = row.answer.strip().lower()
    if answer not in ("yes", "no"):
        raise _fault(row, pack, f"answer {row.answer!r} is neither yes nor no")
    if row.category not in PERCEPTION + COGNITION:
        raise _fault(row, pack, f"category {row.category!r} is none of MME's subtasks")
    question = _OWN_ENDING.sub("", row.question.strip())
    return Sample(
        id=row.id,
        prompt=f"{question}\nAnswer the question using a single word or phrase.",
        target=answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=f"{row.category}/{row.question_id.removeprefix(f'{row.category}/')}",
        facets={"category": row.category},
    )


def _fault(row: Row, pack: Pack, what: str) -> OmnibenchError:
    return OmnibenchError(f"row {row.id} of {pack.name}: {what}; mend it")


_METRICS = mme_metrics()

TASK = Task(
    name="mme",
    title="MME: perception and cognition, yes or no",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="lmms-lab/MME", licence="for research use"),
    citation="Fu et al., MME: A Comprehensive Evaluation Benchmark for Multimodal Large Language"
    " Models, 2023, arXiv:2306.13394",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image, with both its questions",
    rules={
        "official": Rule(
            read=read_prefix, score=score_equal, metrics=_METRICS, headline="perception"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_lmms_prefix, score=score_equal, metrics=_METRICS, headline="perception"
        ),
    },
)
