"""Rows with options, rotations and pairs: prompts, clusters, facets; a row at fault is named."""

from __future__ import annotations

from typing import Any

import pytest

from omnibench.core import AbsentImage, Sample
from omnibench.errors import OmnibenchError
from omnibench.loading import load_task
from tests.unit.test_task_rows_of_people import RowsPack

BENCH = {
    "id": "1000007",
    "index": 1_000_007,
    "question": "What is it?",
    "hint": "Look closely.",
    "answer": "B",
    "A": "an apple",
    "B": "a pear",
    "C": "nan",
    "D": "nan",
    "E": None,
    "category": "ocr",
    "L2-category": "x",
    "source": "y",
    "split": "dev",
    "image": "cell 9",
}
ROWS: dict[str, dict[str, Any]] = {
    "ai2d": {"id": "a1", "question": "Which?", "options": ["a frog", "a whale"], "answer": "1"},
    "mmbench_en": BENCH,
    "mmbench_cn": BENCH | {"question": "这是什么？", "hint": "nan", "A": "苹果", "B": "梨"},
    "mme": {
        "id": "m#1",
        "question_id": "count/1.jpg",
        "question": "Are there two cats?  Please answer yes or no.",
        "answer": "Yes",
        "category": "count",
        "image": "cell 2",
    },
}
OTHER = {"id": "m#2", "question": "Are there six? Please answer yes or no.", "answer": "No"}


def sample(name: str, **changed: Any) -> Sample:
    task = load_task(name).task
    rows = [ROWS[name] | changed]
    if name == "mme":
        rows.append(rows[0] | OTHER)
    first, *_ = list(task.samples(RowsPack(*rows), task.splits[0]))
    return first


def test_ai2ds_prompt_and_target() -> None:
    found = sample("ai2d", image="d.png")
    assert found.prompt == (
        "Which?\nA. a frog\nB. a whale\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert (found.target, found.choices, found.group) == (
        "B",
        ("a frog", "a whale"),
        "picture d.png",
    )


def test_mmbench_asks_with_its_hint_and_without_absent_options() -> None:
    found = sample("mmbench_en")
    assert found.prompt == (
        "Look closely. What is it? There are several options:\nA. an apple\nB. a pear\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert found.choices == ("an apple", "a pear")
    assert found.group == "7"
    assert found.facets == {"rotation": "rotated", "category": "ocr"}
    base = sample("mmbench_en", index=7, category="nan", C="a fig", D="a date")
    assert base.facets == {"rotation": "base"}
    assert base.choices == ("an apple", "a pear", "a fig", "a date")


def test_mmbench_cn_is_asked_in_chinese() -> None:
    assert sample("mmbench_cn").prompt == (
        "这是什么？ 有如下几个选项：\nA. 苹果\nB. 梨\n请直接使用所提供的选项字母作为答案回答。"
    )


def test_mmes_own_ending_is_replaced_whatever_the_space_before_it() -> None:
    short = "Are there two cats?\nAnswer the question using a single word or phrase."
    assert sample("mme").prompt == short
    assert sample("mme", question="Are there two cats? Please answer yes or no.").prompt == short
    assert sample("mme").target == "yes"
    assert sample("mme").facets == {"category": "count"}


def test_mmes_pictures_of_one_name_in_two_subtasks_are_two() -> None:
    position = ROWS["mme"] | {"id": "p", "category": "position"}
    rows = [ROWS["mme"], ROWS["mme"] | OTHER, position, position | {"id": "q"}]
    groups = [found.group for found in load_task("mme").task.samples(RowsPack(*rows), "test")]
    assert groups == ["count/1.jpg"] * 2 + ["position/count/1.jpg"] * 2


@pytest.mark.parametrize("number", [1, 3])
def test_a_picture_of_mme_needs_two_questions(number: int) -> None:
    rows = [ROWS["mme"] | {"id": str(place)} for place in range(number)]
    with pytest.raises(OmnibenchError) as caught:
        list(load_task("mme").task.samples(RowsPack(*rows), "test"))
    assert f"picture count/1.jpg of a-pack has {number} question" in str(caught.value)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_without_its_picture_has_an_absent_one(name: str) -> None:
    (image,) = sample(name, image=None).images
    assert isinstance(image, AbsentImage)


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("ai2d", {"answer": "2"}, "answer '2' is the place of none of its 2 options"),
        ("ai2d", {"answer": "B"}, "answer 'B' is the place of none"),
        ("ai2d", {"answer": "-1"}, "answer '-1' is the place of none"),
        ("mmbench_en", {"answer": "C"}, "answer 'C' is none of its 2 options"),
        ("mmbench_en", {"D": "a date"}, "without a gap"),
        ("mmbench_en", {"B": "nan"}, "without a gap"),
        ("mmbench_cn", {"answer": "nan"}, "answer 'nan' is none of its 2 options"),
        ("mme", {"answer": "maybe"}, "answer 'maybe' is neither yes nor no"),
        ("mme", {"category": "colour"}, "category 'colour' is none of MME's subtasks"),
    ],
)
def test_a_row_at_fault_is_named(name: str, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(OmnibenchError) as caught:
        sample(name, **changed)
    assert f"row {ROWS[name]['id']} of a-pack: " in str(caught.value)
    assert words in str(caught.value)
    assert str(caught.value).endswith("mend it")
