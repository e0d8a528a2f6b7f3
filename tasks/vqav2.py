"""VQAv2: open questions about COCO pictures, each answered by ten people.

Rules: `official` is GT-Vision-Lab/VQA vqaEval.py, which normalises only where the ten answers
differ. `lmms-eval-0.7.3` (lmms_eval/tasks/vqav2/utils.py) always normalises.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.scoring.annotators import (
    ANSWER_TYPES,
    answers_of,
    read_reply,
    score_lmms_vqav2,
    score_vqaeval,
)
from omnibench.scoring.metrics import mean_score


class Annotation(msgspec.Struct, frozen=True):
    """What one annotator said."""

    answer: str


class Row(msgspec.Struct, frozen=True):
    """The hub's columns."""

    id: str
    question: str
    answers: list[Annotation]
    answer_type: str | None = None
    image: str | None = None
    image_id: int | str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question using a single word or phrase.",
        target=answers_of(pack, row.id, [annotation.answer for annotation in row.answers]),
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=str(row.image_id or (pack.picture(row.image) if row.image else row.id)),
        facets={"answer_type": row.answer_type} if row.answer_type else {},
    )


_METRICS = {
    "accuracy": mean_score(),
    **{f"accuracy/{kind}": mean_score(("answer_type", kind)) for kind in ANSWER_TYPES},
}

TASK = Task(
    name="vqav2",
    title="VQAv2: open questions about pictures",
    version=1,
    splits=("val",),
    dataset=Dataset(hub="lmms-lab/VQAv2", licence="CC BY 4.0"),
    citation="Goyal et al., Making the V in VQA Matter: Elevating the Role of Image Understanding"
    " in Visual Question Answering, CVPR 2017, arXiv:1612.00837",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image",
    rules={
        "official": Rule(
            read=read_reply, score=score_vqaeval, metrics=_METRICS, headline="accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_reply, score=score_lmms_vqav2, metrics=_METRICS, headline="accuracy"
        ),
    },
    aliases=("vqav2_val",),
)
