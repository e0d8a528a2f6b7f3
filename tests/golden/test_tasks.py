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
    name = "golden"

    def __init__(self, row: dict[str, Any]) -> None:
        self._row = row

    def rows(self, row_type: Any) -> Any:
        yield msgspec.convert(self._row, row_type)

    def image(self, key: str) -> Any:
        return key


@pytest.mark.parametrize(
    ("name", "case"),
    CASES,
    ids=[f"{name}-{case['rule']}-{case['reply']!r}" for name, case in CASES],
)
def test_a_reply_is_read_and_scored_as_by_hand(name: str, case: dict[str, Any]) -> None:
    task = load_task(name).task
    (sample,) = task.samples(OneRow(case["row"]), task.splits[0])
    rule = task.rules[case["rule"]]
    reading = rule.read(case["reply"], sample)
    assert reading.answer == case["answer"]
    assert reading.unread == case["unread"]
    assert rule.score(reading, sample) == case["score"]
