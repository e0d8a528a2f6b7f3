"""AI2D: multiple-choice questions about school diagrams.

Rules: the benchmark has no scorer; `official` reads a reply as a careful person would (a stated
letter, else the one option whose words the reply asserts). `lmms-eval-0.7.3`
(lmms_eval/tasks/ai2d/utils.py) takes "X. ..." or a bare letter, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.exact import read_lmms_ai2d
from omnibench.scoring.letters import letters_of, score_equal
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.stated_options import read_stated


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; `answer` is the place of the right option, as text."""

    id: str
    question: str
    options: list[str]
    answer: str
    image: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the diagram."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    letters = letters_of(row.options)
    places = {str(place): letter for place, letter in enumerate(letters)}
    if row.answer not in places:
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: answer {row.answer!r} is the place of none of its"
            f" {len(letters)} options, counted from 0; mend it"
        )
    options = "\n".join(
        f"{letter}. {option}" for letter, option in zip(letters, row.options, strict=True)
    )
    return Sample(
        id=row.id,
        prompt=(
            f"{row.question}\n{options}\n"
            "Answer with the option's letter from the given choices directly."
        ),
        target=places[row.answer],
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        choices=tuple(row.options),
        group=pack.picture(row.image) if row.image else row.id,
    )


_METRICS = {"accuracy": accuracy()}

TASK = Task(
    name="ai2d",
    title="AI2D: school diagrams",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="lmms-lab/ai2d", licence="CC BY-SA 4.0"),
    citation="Kembhavi et al., A Diagram Is Worth a Dozen Images, ECCV 2016, arXiv:1603.07396",
    decoding=Decoding(max_new_tokens=16),
    samples=samples,
    cluster="diagram",
    rules={
        "official": Rule(
            read=read_stated, score=score_equal, metrics=_METRICS, headline="accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_lmms_ai2d, score=score_equal, metrics=_METRICS, headline="accuracy"
        ),
    },
)
