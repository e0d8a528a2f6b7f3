"""OCR-VQA: title, author, year and genre of books, asked about their covers.

Rule: the paper gives an accuracy and no script; all who report one compare the whole reply with the
answer, without case and the space around them (Qwen-VL, InternVL, VLMEvalKit). lmms-eval 0.7.3 has
no such task.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.exact import read_lowered, score_lowered
from omnibench.scoring.metrics import accuracy


class Row(msgspec.Struct, frozen=True):
    """One question; `image_id` names the cover, whose questions the hub has as lists in one row."""

    id: str
    question: str
    answer: str
    image: str | None = None
    image_id: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the cover."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    if not row.answer.strip():
        raise OmnibenchError(f"row {row.id} of {pack.name}: its answer is empty; mend it")
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question using a single word or phrase.",
        target=row.answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=row.image_id or (pack.picture(row.image) if row.image else row.id),
    )


TASK = Task(
    name="ocrvqa",
    title="OCR-VQA: reading book covers",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="howard-hou/OCR-VQA", licence="none stated"),
    citation="Mishra et al., OCR-VQA: Visual Question Answering by Reading Text in Images,"
    " ICDAR 2019, doi:10.1109/ICDAR.2019.00156",
    decoding=Decoding(max_new_tokens=100),
    samples=samples,
    cluster="cover",
    rules={
        "official": Rule(
            read=read_lowered,
            score=score_lowered,
            metrics={"accuracy": accuracy()},
            headline="accuracy",
        )
    },
)
