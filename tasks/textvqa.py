"""TextVQA: questions whose answers stand written in the picture.

Rules: `official` is MMF's TextVQAAccuracyEvaluator (facebookresearch/mmf; in LLaVA
llava/eval/m4c_evaluator.py), which wants ten answers and always normalises. `lmms-eval-0.7.3`
(lmms_eval/tasks/textvqa/utils.py) is the same. Beside it stands VQAEval's figure. The question is
asked as it is written: lmms-eval lowers it, and with it the names that it asks about.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.scoring.annotators import answers_of, read_reply, score_evalai, vqaeval_accuracy
from omnibench.scoring.metrics import mean_score

ANNOTATORS = 10


class Row(msgspec.Struct, frozen=True):
    """The hub's columns."""

    id: str
    question: str
    answers: list[str]
    image: str | None = None
    image_id: int | str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question using a single word or phrase.",
        target=answers_of(pack, row.id, row.answers, ANNOTATORS),
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=str(row.image_id or (pack.picture(row.image) if row.image else row.id)),
    )


_EVALAI = Rule(
    read=read_reply,
    score=score_evalai,
    metrics={"accuracy": mean_score(), "vqaeval_accuracy": vqaeval_accuracy()},
    headline="accuracy",
)

TASK = Task(
    name="textvqa",
    title="TextVQA: reading the text in pictures",
    version=1,
    splits=("val",),
    dataset=Dataset(hub="lmms-lab/textvqa", licence="CC BY 4.0"),
    citation="Singh et al., Towards VQA Models That Can Read, CVPR 2019, arXiv:1904.08920",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image",
    rules={"official": _EVALAI, "lmms-eval-0.7.3": _EVALAI},
    aliases=("textvqa_val",),
)
