"""MMBench: each question is asked once for every rotation of its options.

Source: VLMEvalKit vlmeval/dataset/utils/multiple_choice.py: rows whose index is equal modulo
1,000,000 are one question, and it is right only if every rotation is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from omnibench.core import AbsentImage, Facets, Metric, Pack, Sample, Scored
from omnibench.errors import OmnibenchError
from omnibench.scoring.letters import letters_of
from omnibench.scoring.metrics import accuracy, mean_of

CATEGORIES = (
    "action_recognition",
    "attribute_comparison",
    "attribute_recognition",
    "celebrity_recognition",
    "function_reasoning",
    "future_prediction",
    "identity_reasoning",
    "image_emotion",
    "image_quality",
    "image_scene",
    "image_style",
    "image_topic",
    "nature_relation",
    "object_localization",
    "ocr",
    "physical_property_reasoning",
    "physical_relation",
    "social_relation",
    "spatial_relationship",
    "structuralized_imagetext_understanding",
)

_ROTATION_STEP = 1_000_000
_BASE, _ROTATED = ("rotation", "base"), ("rotation", "rotated")
_ABSENT = (None, "", "nan")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns; an option or a hint that is absent may be the text "nan"."""

    id: str
    index: int
    question: str
    answer: str
    A: str
    B: str
    C: str | None = None
    D: str | None = None
    E: str | None = None
    hint: str | None = None
    category: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A language's way of asking: before the options, and after them."""

    options: str
    instruction: str


def samples(pack: Pack, words: Words) -> Iterator[Sample]:
    """One sample a rotation; the cluster is the question."""
    return (_sample(row, pack, words) for row in pack.rows(Row))


def circular_metrics() -> Mapping[str, Metric]:
    """The share of questions right in every rotation; missing where there are no rotations."""
    return {
        "circular_accuracy": _circular(None),
        "vanilla_accuracy": accuracy(_BASE),
        "accuracy": accuracy(),
        **{f"circular_accuracy/{name}": _circular(("category", name)) for name in CATEGORIES},
    }


def _sample(row: Row, pack: Pack, words: Words) -> Sample:
    options = _options(row, pack)
    letters = letters_of(options)
    if row.answer not in letters:
        raise _fault(row, pack, f"answer {row.answer!r} is none of its {len(letters)} options")
    lines = "".join(
        f"{letter}. {option}\n" for letter, option in zip(letters, options, strict=True)
    )
    hint = "" if row.hint in _ABSENT else f"{row.hint} "
    facets: Facets = dict([_BASE if row.index < _ROTATION_STEP else _ROTATED])
    if row.category not in _ABSENT:
        facets["category"] = row.category or ""
    return Sample(
        id=row.id,
        prompt=f"{hint}{row.question} {words.options}\n{lines}{words.instruction}",
        target=row.answer,
        images=(pack.image(row.image) if row.image else AbsentImage(f"row {row.id}"),),
        choices=options,
        group=str(row.index % _ROTATION_STEP),
        facets=facets,
    )


def _options(row: Row, pack: Pack) -> tuple[str, ...]:
    """The options that there are, which must be the first ones."""
    columns = [row.A, row.B, row.C, row.D, row.E]
    options = tuple(option for option in columns if option is not None and option not in _ABSENT)
    if options != tuple(columns[: len(options)]) or len(options) < 2:
        raise _fault(row, pack, "its options are not the columns A, B and so on without a gap")
    return options


def _fault(row: Row, pack: Pack, what: str) -> OmnibenchError:
    return OmnibenchError(f"row {row.id} of {pack.name}: {what}; mend it")


def _circular(where: tuple[str, str] | None) -> Metric:
    return mean_of(
        _all_right,
        where=where,
        needs=(_ROTATED,),
        lacking="the rows are base rows alone: without their rotations this is vanilla_accuracy",
    )


def _all_right(rows: Sequence[Scored]) -> tuple[float, float]:
    """Of the rotations of one question: whether all are right, and one question."""
    return float(all(row.score == 1 for row in rows)), 1.0
