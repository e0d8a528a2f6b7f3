"""GQA: compositional questions about scenes, made from scene graphs.

Rules: `official` is Stanford's eval.py, which compares byte for byte, after LLaVA's
convert_gqa_for_eval.py (points at the end go, capitals are lowered). `lmms-eval-0.7.3` is its
exact_match without case and punctuation. A question whose structure is "query" is open, the others
(verify, choose, logical, compare) are binary. On the hub the pictures are a table of their own,
which `imageId` names.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Facets, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.annotators import read_reply
from omnibench.scoring.exact import read_gqa, score_bare
from omnibench.scoring.letters import score_equal
from omnibench.scoring.metrics import accuracy

_OPEN = "query"


class Types(msgspec.Struct, frozen=True):
    """What kind of question it is."""

    structural: str | None = None


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; `image` where a pack has joined the two tables."""

    id: str
    question: str
    answer: str
    imageId: str | None = None
    image: str | None = None
    types: Types | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    if not row.answer:
        raise OmnibenchError(f"row {row.id} of {pack.name}: its answer is empty; mend it")
    key = row.image or row.imageId
    structure = row.types.structural if row.types else None
    facets: Facets = {}
    if structure:
        facets["kind"] = "open" if structure == _OPEN else "binary"
    return Sample(
        id=row.id,
        prompt=f"{row.question}\nAnswer the question using a single word or phrase.",
        target=row.answer,
        images=(pack.image(key) if key else AbsentImage(f"row {row.id}"),),
        group=row.imageId or (pack.picture(row.image) if row.image else row.id),
        facets=facets,
    )


_METRICS = {
    "accuracy": accuracy(),
    "accuracy/binary": accuracy(("kind", "binary")),
    "accuracy/open": accuracy(("kind", "open")),
}

TASK = Task(
    name="gqa",
    title="GQA: compositional questions about scenes",
    version=1,
    splits=("testdev_balanced",),
    dataset=Dataset(
        hub="lmms-lab/GQA", config="testdev_balanced_instructions", licence="CC BY 4.0"
    ),
    citation="Hudson and Manning, GQA: A New Dataset for Real-World Visual Reasoning and"
    " Compositional Question Answering, CVPR 2019, arXiv:1902.09506",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="image",
    rules={
        "official": Rule(read=read_gqa, score=score_equal, metrics=_METRICS, headline="accuracy"),
        "lmms-eval-0.7.3": Rule(
            read=read_reply, score=score_bare, metrics=_METRICS, headline="accuracy"
        ),
    },
)
