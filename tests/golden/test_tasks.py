"""Small rows and replies, checked by hand against each benchmark's script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omnibench.loading import load_task

FOLDER = Path(__file__).parent
CASES = [
    (folder.name, json.loads(line))
    for folder in sorted(FOLDER.iterdir())
    for file in folder.glob("replies.jsonl")
    for line in file.read_text(encoding="utf-8").splitlines()
]


class OneRow:
    """One row, and those without which a task refuses it (MME's other question of a picture)."""

    name = "golden"
    answers = None

    def __init__(self, row: dict[str, Any], beside: list[dict[str, Any]]) -> None:
        self._rows = [row, *beside]

    def rows(self, row_type: Any) -> Any:
        return (msgspec.convert(row, row_type) for row in self._rows)

    def image(self, key: str) -> Any:
        return key

    def picture(self, key: str) -> str:
        return key


@pytest.mark.parametrize(
    ("name", "case"),
    CASES,
    ids=[f"{name}-{case['rule']}-{case['reply']!r}" for name, case in CASES],
)
def test_a_reply_is_read_and_scored_as_by_hand(name: str, case: dict[str, Any]) -> None:
    task = load_task(name).task
    sample, *_ = task.samples(OneRow(case["row"], case.get("beside", [])), task.splits[0])
    rule = task.rules[case["rule"]]
    reading = rule.read(case["reply"], sample)
    assert reading.answer == case["answer"]
    assert reading.unread == case["unread"]
    assert rule.score(reading, sample) == case["score"]
