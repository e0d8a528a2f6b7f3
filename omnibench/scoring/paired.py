"""MME: yes/no questions in pairs, two to a picture, and the points that they are worth.

Source: calculation.py of BradyFU/Awesome-Multimodal-Large-Language-Models (branch Evaluation,
tools/eval_tool): a subtask's score is 100 times the share of right answers plus 100 times the share
of pictures with both answers right; perception is the sum over ten subtasks, cognition over four.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from omnibench.core import Metric, Reading, Sample, Scored
from omnibench.scoring.metrics import accuracy, quotient

if TYPE_CHECKING:
    from omnibench.core import Floats

PERCEPTION = (
    "existence",
    "count",
    "position",
    "color",
    "posters",
    "celebrity",
    "scene",
    "landmark",
    "artwork",
    "OCR",
)
COGNITION = ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning")

_PREFIX_CHARACTERS = 4
_INITIALS = {"y": "yes", "n": "no"}


def read_prefix(reply: str, sample: Sample) -> Reading:
    """calculation.py: "yes" or "no" among the first four characters, lowered and not stripped.

    "yes" is looked for first. "Not sure", "None" and "Now" are "no", "eyes" is "yes": such a
    reading is unread, since the word does not stand in the reply. All else is "other": unread.
    """
    return _reading(reply, _label(reply.lower()))


def read_lmms_prefix(reply: str, sample: Sample) -> Reading:
    """lmms-eval 0.7.3 (tasks/mme/utils.py): stripped, without points; "y" and "n" count too."""
    text = reply.lower().strip().replace(".", "")
    return _reading(reply, _INITIALS.get(text) or _label(text))


def mme_metrics() -> Mapping[str, Metric]:
    """The two sums, then each subtask's score and what it is made of."""
    metrics = {"perception": _points(PERCEPTION), "cognition": _points(COGNITION)}
    subtasks = PERCEPTION + COGNITION
    for subtask in subtasks:
        metrics[f"score/{subtask}"] = _points((subtask,))
    metrics["accuracy"] = accuracy()
    for subtask in subtasks:
        where = ("category", subtask)
        metrics[f"acc/{subtask}"] = accuracy(where)
        metrics[f"acc_plus/{subtask}"] = Metric(_counts, _share_of_pairs, where=where)
    return metrics


def _label(text: str) -> str:
    prefix = text[:_PREFIX_CHARACTERS]
    return "yes" if "yes" in prefix else "no" if "no" in prefix else "other"


def _reading(reply: str, label: str) -> Reading:
    stands = label != "other" and re.search(rf"\b{label}\b", reply, re.IGNORECASE)
    return Reading(label, unread=not stands)


def _points(subtasks: Sequence[str]) -> Metric:
    """The sum of the subtasks' scores; missing where one of them has no rows."""

    def terms(rows: Sequence[Scored]) -> tuple[float, ...]:
        split = [[row for row in rows if row.facets.get("category") == name] for name in subtasks]
        return tuple(term for part in split for term in _counts(part))

    def value(sums: Floats) -> Floats:
        parts = [sums[..., at : at + 4] for at in range(0, sums.shape[-1], 4)]
        scores = [
            100 * quotient(part[..., 0], part[..., 1]) + 100 * _share_of_pairs(part)
            for part in parts
        ]
        total: Floats = np.sum(scores, axis=0)
        return total

    needs = tuple(("category", name) for name in subtasks)
    return Metric(terms, value, unit="points", needs=needs)


def _counts(rows: Sequence[Scored]) -> tuple[float, ...]:
    """Of one picture in one subtask: right answers, answers, both right, pictures."""
    right = sum(row.score for row in rows)
    return right, float(len(rows)), float(right == len(rows) > 0), float(bool(rows))


def _share_of_pairs(sums: Floats) -> Floats:
    return quotient(sums[..., 2], sums[..., 3])
