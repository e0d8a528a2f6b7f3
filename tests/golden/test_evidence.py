"""Real replies of published models give the official scripts' figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from omnibench.core import Reading, Sample, Scored, Task, Value
from omnibench.loading import load_task
from omnibench.scoring.open_answers import candidates
from omnibench.scoring.statistics import estimate

Evidence = Callable[[str], Path]


class LinesPack:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    def rows(self, row_type: Any) -> Any:
        with (self.folder / "rows.jsonl").open("rb") as file:
            for line in file:
                yield msgspec.json.decode(line, type=row_type)

    def image(self, key: str) -> Any:
        return key


def lines(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {row["id"]: row for row in map(json.loads, file)}


def samples_of(task: Task, folder: Path) -> dict[str, Sample]:
    return {sample.id: sample for sample in task.samples(LinesPack(folder), task.splits[0])}


def scored(task: Task, rule_name: str, folder: Path, model: str) -> list[Scored]:
    rule = task.rules[rule_name]
    replies = lines(folder / "replies" / f"{model}.jsonl")
    grades = lines(folder / "grades" / f"{model}.jsonl")
    rows = []
    for sample in samples_of(task, folder).values():
        reading = rule.read(replies[sample.id]["reply"], sample)
        given = tuple(grades[sample.id]["grades"]) if grades else ()
        score = sum(given) / len(given) if given else rule.score(reading, sample)
        rows.append(Scored(sample.group, sample.facets, sample.target, reading, score, given))
    return rows


def figures(task: Task, rows: list[Scored], rule: str = "official") -> dict[str, Value]:
    return estimate(rows, task.rules[rule].metrics, draws=200)


@pytest.mark.parametrize(
    ("name", "pack", "model"),
    [
        ("pope", "pope-8910", "llava-1.5-13b"),
        ("mmmu", "mmmu-val-900", "llava-1.5-13b"),
        ("scienceqa", "scienceqa-test-4241", "llava-1.5-13b"),
        ("scienceqa", "scienceqa-test-4241", "llava-13b-v0"),
        ("mmvet", "mmvet-218", "llava-1.5-13b"),
        ("chartqa", "chartqa-val-128-verbose", "qwen2.5-vl-3b-chatty"),
    ],
)
def test_the_official_figures(name: str, pack: str, model: str, evidence: Evidence) -> None:
    folder = evidence(pack)
    expected = json.loads((folder / "expected.json").read_text())[model]
    task = load_task(name).task
    rows = scored(task, "official", folder, model)
    values = figures(task, rows)
    for key, figure in expected["official"].items():
        value = values[key].value
        assert value is not None, key
        if name == "mmvet":  # the script rounds to one decimal
            assert round(value, 1) == figure, key
        else:
            assert value == pytest.approx(figure, abs=1e-6), key
    if "unread" in expected:
        assert sum(row.reading.unread for row in rows) == expected["unread"]


def test_the_judges_runs_of_mmvet(evidence: Evidence) -> None:
    folder = evidence("mmvet-218")
    task = load_task("mmvet").task
    rows = scored(task, "official", folder, "llava-1.5-13b")
    expected = json.loads((folder / "expected.json").read_text())["llava-1.5-13b"]["runs"]
    for run, figure in enumerate(expected):
        one = [msgspec.structs.replace(row, grades=(row.grades[run],)) for row in rows]
        value = figures(task, one)["total"].value
        assert value is not None
        assert round(value, 1) == figure


def test_every_row_that_mmmus_script_could_parse_gets_the_same_parse(evidence: Evidence) -> None:
    folder = evidence("mmmu-val-900")
    task = load_task("mmmu").task
    rule = task.rules["official"]
    replies = lines(folder / "replies" / "llava-1.5-13b.jsonl")
    verdicts = lines(folder / "per_row" / "llava-1.5-13b.jsonl")
    for sample in samples_of(task, folder).values():
        reply, verdict = replies[sample.id]["reply"], verdicts[sample.id]
        reading = rule.read(reply, sample)
        if verdict["official_parse_failed"]:
            assert reading == Reading(None, unread=True)
            continue
        if sample.choices is None:
            assert set(candidates(reply)) == set(verdict["official_parsed"])
        else:
            assert reading.answer == verdict["official_parsed"]
        assert rule.score(reading, sample) == float(verdict["official_correct"])


def test_terse_replies_are_the_same_to_lmms_eval(evidence: Evidence) -> None:
    """facts that lmms-eval's own scorers gave: POPE pooled, and ScienceQA's two figures."""
    pope = load_task("pope").task
    rule = "lmms-eval-0.7.3"
    folder = evidence("pope-8910")
    values = figures(pope, scored(pope, rule, folder, "llava-1.5-13b"), rule)
    assert values["accuracy/pooled"].value == pytest.approx(0.8696970, abs=1e-7)
    assert values["f1/pooled"].value == pytest.approx(0.8593239, abs=1e-7)
    assert values["yes_ratio/pooled"].value == pytest.approx(4500 / 8910)
    science = load_task("scienceqa").task
    folder = evidence("scienceqa-test-4241")
    values = figures(science, scored(science, rule, folder, "llava-1.5-13b"), rule)
    assert values["accuracy"].value == pytest.approx(0.7439283, abs=1e-7)
    assert values["accuracy/image"].value == pytest.approx(0.7164105, abs=1e-7)


def test_a_pack_without_a_category_misses_its_figures_and_keeps_the_others(
    evidence: Evidence,
) -> None:
    task = load_task("pope").task
    rows = scored(task, "official", evidence("pope-8910"), "llava-1.5-13b")
    values = figures(task, [row for row in rows if row.facets["category"] != "popular"])
    for key in ("mean_f1", "f1/popular", "accuracy/popular"):
        assert values[key].provenance == "missing"
        assert values[key].value is None
        assert "popular" in (values[key].reason or "")
    assert values["f1/adversarial"].value == pytest.approx(0.8445873526, abs=1e-9)
    assert values["accuracy/pooled"].n == 5910


def test_popes_clusters_are_its_500_pictures(evidence: Evidence) -> None:
    task = load_task("pope").task
    groups = {sample.group for sample in samples_of(task, evidence("pope-9000")).values()}
    assert len(groups) == 500
