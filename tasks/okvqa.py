"""OK-VQA: questions about COCO pictures that need knowledge from outside them.

Rules: `official` is the VQA tool (GT-Vision-Lab/VQA vqaEval.py) on five people's answers, each
counted twice; where pack.toml says that they are stemmed, the reply is stemmed like them.
`lmms-eval-0.7.3` (lmms_eval/tasks/ok_vqa/utils.py) always normalises, as EvalAI does, and never
stems. Its prompt tells the model to say "Unanswerable", which belongs to VizWiz; this one does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Facets, Pack, Rule, Sample, Task
from omnibench.scoring.annotators import (
    ANSWER_TYPES,
    answers_of,
    read_reply,
    score_evalai,
)
from omnibench.scoring.metrics import mean_score
from omnibench.scoring.stemming import open_stemmer, score_stemmed_vqaeval


class Row(msgspec.Struct, frozen=True):
    """The hub's columns."""

    id: str
    question: str
    answers: list[str]
    answer_type: str | None = None
    image: str | None = None
    image_id: int | str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture. Stemmed answers need their stemmer."""
    if pack.answers == "stemmed":
        open_stemmer()
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    facets: Facets = {"answer_type": row.answer_type} if row.answer_type else {}
    if pack.answers == "stemmed":
        facets["answers"] = "stemmed"
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question using a single word or phrase.",
        target=answers_of(pack, row.id, row.answers),
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=str(row.image_id or (pack.picture(row.image) if row.image else row.id)),
        facets=facets,
    )


_METRICS = {
    "accuracy": mean_score(),
    **{f"accuracy/{kind}": mean_score(("answer_type", kind)) for kind in ANSWER_TYPES},
}

TASK = Task(
    name="okvqa",
    title="OK-VQA: questions that need outside knowledge",
    version=1,
    splits=("val",),
    dataset=Dataset(hub="lmms-lab/OK-VQA", licence="CC BY 4.0"),
    citation="Marino et al., OK-VQA: A Visual Question Answering Benchmark Requiring External"
    " Knowledge, CVPR 2019, arXiv:1906.00067",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image",
    rules={
        "official": Rule(
            read=read_reply, score=score_stemmed_vqaeval, metrics=_METRICS, headline="accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_reply, score=score_evalai, metrics=_METRICS, headline="accuracy"
        ),
    },
    aliases=("ok_vqa", "ok_vqa_val2014"),
)
