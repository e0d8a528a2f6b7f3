"""ChartQA: questions about charts, written by people (human) or made from summaries (augmented).

Rules: `official` is the relaxed accuracy that all use (pix2struct, Qwen-VL evaluate_vqa.py):
numbers within 5 %, texts equal but for case. `lmms-eval-0.7.3` (lmms_eval/tasks/chartqa/utils.py)
is the same code: its framework strips every reply, where Qwen-VL's script strips it itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.open_answers import read_text
from omnibench.scoring.relaxed import score_relaxed

TYPES = ("human", "augmented")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; `type` is human_test or augmented_test."""

    id: str
    question: str
    answer: str
    type: str
    image: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the chart."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    kind = row.type.removesuffix("_test")
    if kind not in TYPES:
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: type {row.type!r} is neither human_test nor"
            " augmented_test; mend it"
        )
    if not row.answer:
        raise OmnibenchError(f"row {row.id} of {pack.name}: its answer is empty; mend it")
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question with a single word.",
        target=row.answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=pack.picture(row.image) if row.image else row.id,
        facets={"type": kind},
    )


_RELAXED = Rule(
    read=read_text,
    score=score_relaxed,
    metrics={
        "relaxed_accuracy": accuracy(),
        **{f"relaxed_accuracy/{kind}": accuracy(("type", kind)) for kind in TYPES},
        "accuracy": accuracy(),
    },
    headline="relaxed_accuracy",
)

TASK = Task(
    name="chartqa",
    title="ChartQA: reading charts",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="lmms-lab/ChartQA", licence="GPL-3.0"),
    citation="Masry et al., ChartQA: A Benchmark for Question Answering about Charts with Visual"
    " and Logical Reasoning, Findings of ACL 2022, arXiv:2203.10244",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="chart",
    rules={"official": _RELAXED, "lmms-eval-0.7.3": _RELAXED},
)
