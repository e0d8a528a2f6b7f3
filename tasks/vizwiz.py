"""VizWiz: questions that blind people asked about pictures they took; some have no answer.

Rules: `official` normalises reply and answers as EvalAI does, always, and leaves each annotator out
by place: the annotations carry no answer_id, by which VQAEval tells equal answers apart.
`lmms-eval-0.7.3` (lmms_eval/tasks/vizwiz_vqa/utils.py) is the same. Beside it stands VQAEval's.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.scoring.annotators import answers_of, read_reply, score_evalai, vqaeval_accuracy
from omnibench.scoring.metrics import mean_score


class Row(msgspec.Struct, frozen=True):
    """The hub's columns."""

    id: str
    question: str
    answers: list[str]
    image: str | None = None
    question_id: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question, which has a picture of its own: that is its cluster."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    return Sample(
        id=row.id,
        prompt=(
            f"{row.question}\n"
            "When the provided information is insufficient, respond with 'Unanswerable'.\n"
            "Answer the question using a single word or phrase."
        ),
        target=answers_of(pack, row.id, row.answers),
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=row.question_id or row.id,
    )


_EVALAI = Rule(
    read=read_reply,
    score=score_evalai,
    metrics={"accuracy": mean_score(), "vqaeval_accuracy": vqaeval_accuracy()},
    headline="accuracy",
)

TASK = Task(
    name="vizwiz",
    title="VizWiz: questions of blind people about their pictures",
    version=1,
    splits=("val",),
    dataset=Dataset(hub="lmms-lab/VizWiz-VQA", licence="CC BY 4.0"),
    citation="Gurari et al., VizWiz Grand Challenge: Answering Visual Questions from Blind People,"
    " CVPR 2018, arXiv:1802.08218",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image",
    rules={"official": _EVALAI, "lmms-eval-0.7.3": _EVALAI},
    aliases=("vizwiz_vqa", "vizwiz_vqa_val"),
)
