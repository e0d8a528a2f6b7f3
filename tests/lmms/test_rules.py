"""Our `lmms-eval-0.7.3` rules against the real package, on the same rows and replies.

Runs where lmms-eval 0.7.3 is installed. Rows on which it would draw an answer at random or ask an
API are left out and counted.
"""

from __future__ import annotations

import importlib.util
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omnibench.loading import load_task

if importlib.util.find_spec("lmms_eval") is None:
    pytest.skip("lmms-eval is not installed here", allow_module_level=True)

from tests.lmms.odd_replies import odd_reply
from tests.lmms.theirs import verdict

RULE = "lmms-eval-0.7.3"
# task -> packs of the evidence with its rows; MMBench's rows have one form in both languages
PACKS = {
    "pope": ("pope-8910",),
    "scienceqa": ("scienceqa-test-4241",),
    "mmmu": ("mmmu-val-900",),
    "chartqa": ("chartqa-val-128-verbose", "chartqa-test-2500"),
    "vqav2": ("vqav2-val-5077",),
    "okvqa": ("okvqa-val-5046",),
    "textvqa": ("textvqa-val-5000",),
    "vizwiz": ("vizwiz-val-4319",),
    "gqa": (),
    "ai2d": ("ai2d-43",),
    "mme": ("mme-2374",),
    "mmbench_en": ("mmbench-dev-circular-even",),
    "mmbench_cn": ("mmbench-dev-circular-even",),
}
GQA_ANSWERS = ("yes", "no", "left", "traffic light", "t-shirt", "T-shirt", "o'clock", "US", "10")
GENERATED = {"few": 130, "many": 1000}


@dataclass(frozen=True)
class Pair:
    row: dict[str, Any]
    reply: str


class Rows:
    name = "compared"
    answers = None

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def rows(self, row_type: Any) -> Any:
        return (msgspec.convert(row, row_type) for row in self._rows)

    def image(self, key: str) -> Any:
        return key

    def picture(self, key: str) -> str:
        return key


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def rows_of(task: str, evidence: Path) -> list[dict[str, Any]]:
    if not PACKS[task]:
        return [
            {"id": str(place), "question": "?", "answer": answer, "imageId": "1"}
            for place, answer in enumerate(GQA_ANSWERS)
        ]
    files = [evidence / pack / "rows.jsonl" for pack in PACKS[task]]
    return [row for file in files for row in lines(file)]


def recorded(task: str, rows: list[dict[str, Any]], evidence: Path) -> Iterator[Pair]:
    by_id = {row["id"]: row for row in rows}
    for pack in PACKS[task]:
        for file in sorted((evidence / pack / "replies").glob("*.jsonl")):
            for found in lines(file):
                yield Pair(by_id[found["id"]], found["reply"])


def differences(task_name: str, pairs: list[Pair]) -> tuple[list[str], int]:
    """(what differs, the pairs that lmms-eval decides by chance or by an API)."""
    task = load_task(task_name).task
    rule = task.rules[RULE]
    rows = {pair.row["id"]: pair.row for pair in pairs}
    kept = list(rows.values())
    if task_name == "mme":
        # two questions to a picture, whichever of them is compared
        kept = [row | {"question_id": row["id"]} for row in kept]
        kept += [row | {"id": f"{row['id']} beside"} for row in kept]
    samples = {sample.id: sample for sample in task.samples(Rows(kept), task.splits[0])}
    wrong, left_out = [], 0
    for pair in pairs:
        theirs = verdict(task_name, pair.row, pair.reply)
        if theirs is None:
            left_out += 1
            continue
        sample = samples[pair.row["id"]]
        reading = rule.read(pair.reply, sample)
        ours = rule.score(reading, sample)
        if abs(ours - theirs) > 1e-9:
            wrong.append(f"{pair.row['id']} {pair.reply!r}: ours {ours}, theirs {theirs}")
    return wrong, left_out


def pairs_of(task: str, evidence: Path, size: str) -> list[Pair]:
    numbers = random.Random(zlib.crc32(task.encode()))
    rows = rows_of(task, evidence)
    real = list(recorded(task, rows, evidence))
    if size == "few":
        real = numbers.sample(real, min(40, len(real)))
    drawn = [numbers.choice(rows) for _ in range(GENERATED[size])]
    return real + [Pair(row, odd_reply(row, numbers)) for row in drawn]


@pytest.mark.parametrize("task", PACKS)
def test_a_rule_agrees_with_the_real_package(task: str, evidence: Path) -> None:
    pairs = pairs_of(task, evidence, "few")
    wrong, left_out = differences(task, pairs)
    assert wrong == []
    assert len(pairs) - left_out >= 80


@pytest.mark.nightly
def test_all_rules_agree_on_every_recorded_reply_and_many_odd_ones(evidence: Path) -> None:
    compared = 0
    for task in PACKS:
        pairs = pairs_of(task, evidence, "many")
        wrong, without = differences(task, pairs)
        assert wrong == [], task
        compared += len(pairs) - without
    assert compared >= 20_000
