"""The control `majority`: what always giving the most frequent right answer would score."""

from __future__ import annotations

import pytest

from omnibench.core import Decoding, Request, Sample
from omnibench.engine.controls import MajorityBackend, apply_control, majority_answer


def samples(*targets: str | tuple[str, ...] | None) -> list[Sample]:
    return [Sample(str(place), "?", target) for place, target in enumerate(targets)]


@pytest.mark.parametrize(
    ("targets", "answer"),
    [
        (["B", "A", "A"], "A"),
        (["yes", "no", "no", "yes"], "yes"),  # of equals the first met
        ([("cat", "cat", "dog"), ("dog", "dog", "bird")], "dog"),
        (["B", ("24/7", "x"), "x", None], "x"),
        ([None, None], None),
        ([()], None),
        ([], None),
    ],
)
def test_the_most_frequent_right_answer(
    targets: list[str | tuple[str, ...] | None], answer: str | None
) -> None:
    assert majority_answer(samples(*targets)) == answer


def test_every_question_of_a_task_gets_the_same_answer() -> None:
    backend = MajorityBackend({"pope": "yes", "mmmu": "B"})
    asked = [Request(task, "r", "?", (), Decoding(4)) for task in ("mmmu", "pope", "mmmu")]
    assert [reply.text for reply in backend.generate(asked)] == ["B", "yes", "B"]
    assert [step.text for step in backend.stream(asked[1])] == ["yes"]
    assert backend.card.weights_sha256 is None
    backend.close()


def test_the_questions_stay_as_they_are() -> None:
    asked = samples("A", "B")
    assert list(apply_control(asked, "majority", 0)) == asked
