"""POPE: is an object in the picture? 500 COCO images, yes/no questions of three kinds.

Rules: `official` is RUCAIBox/POPE evaluate.py (MIT), the same as LLaVA's eval_pope.py, whose mean
of the three F1s is the headline. `lmms-eval-0.7.3` is lmms_eval/tasks/pope/utils.py: only a
literal yes or no counts, over all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Metric, Pack, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.letters import score_equal
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.yes_no import read_exact, read_first_sentence
from omnibench.scoring.yes_no_metrics import lmms_metrics, mean_f1, official_metrics

CATEGORIES = ("adversarial", "popular", "random")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns. image_source names the picture that questions share."""

    id: str
    question: str
    answer: str
    category: str | None = None
    image: str | None = None
    image_source: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; its cluster is the picture."""
    return (_sample(row, pack) for row in pack.rows(Row))


def _sample(row: Row, pack: Pack) -> Sample:
    answer = row.answer.strip().lower()
    if answer not in ("yes", "no"):
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: answer {row.answer!r} is neither yes nor no; mend it"
        )
    if row.category not in (None, *CATEGORIES):
        raise OmnibenchError(
            f"row {row.id} of {pack.name}: category {row.category!r} is none of"
            f" {', '.join(CATEGORIES)}; mend it"
        )
    return Sample(
        id=row.id,
        prompt=f"{row.question.strip()}\nAnswer the question using a single word or phrase.",
        target=answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        group=row.image_source or row.image or row.id,
        facets={"category": row.category} if row.category else {},
    )


def _official() -> dict[str, Metric]:
    metrics = {"mean_f1": mean_f1("category", CATEGORIES), "accuracy": accuracy()}
    for category in CATEGORIES:
        for name, metric in official_metrics(("category", category)).items():
            metrics[f"{name}/{category}"] = metric
    pooled = official_metrics(None)
    return metrics | {f"{name}/pooled": metric for name, metric in pooled.items()}


def _lmms() -> dict[str, Metric]:
    pooled = lmms_metrics()
    return {"accuracy": accuracy()} | {f"{name}/pooled": pooled[name] for name in pooled}


TASK = Task(
    name="pope",
    title="POPE: object hallucination",
    version=1,
    splits=("test",),
    dataset=Dataset(hub="lmms-lab/POPE", licence="MIT"),
    citation="Li et al., Evaluating Object Hallucination in Large Vision-Language Models,"
    " EMNLP 2023, arXiv:2305.10355",
    decoding=Decoding(max_new_tokens=128),
    samples=samples,
    cluster="image",
    rules={
        "official": Rule(
            read=read_first_sentence, score=score_equal, metrics=_official(), headline="mean_f1"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_exact, score=score_equal, metrics=_lmms(), headline="accuracy/pooled"
        ),
    },
    aliases=("pope_full",),
)
