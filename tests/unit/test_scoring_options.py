"""Which option a chatty reply means, as a careful person, VLMEvalKit and lmms-eval read it."""

from __future__ import annotations

import time

import pytest

from omnibench.core import Reading, Sample, Scored
from omnibench.scoring.circular import circular_metrics
from omnibench.scoring.exact import read_lmms_ai2d
from omnibench.scoring.inferred_options import (
    read_inferred,
    read_lmms_inferred,
    read_lmms_static,
)
from omnibench.scoring.paired import read_lmms_prefix, read_prefix
from omnibench.scoring.stated_options import read_stated
from omnibench.scoring.statistics import estimate

FRUIT = ("red apple", "apple", "a pear", "plums")
UNREAD = Reading(None, unread=True)


def asked(*choices: str) -> Sample:
    return Sample("r", "?", "A", choices=choices)


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("C", "C"),
        ("c", "C"),
        (" (C). ", "C"),
        ("**C**", "C"),
        ('"C"', "C"),
        ("E", None),
        ("C. a pear", "C"),
        ("C) a pear", "C"),
        ("C: because it is round", "C"),
        ("C\nIt is round.", "C"),
        ("(E) none\nAnswer: (B) apple", "B"),
        ("The answer is C", "C"),
        ("The answer is (C).", "C"),
        ("the answer is: **C**", "C"),
        ("The answer is A.", "A"),
        ("The answer is A because it is red", "A"),
        ("The answer is a pear", "C"),
        ("The answer is B or not", "B"),
        ("The correct option is C, not B.", "C"),
        ("I would go with option B, since it is round.", "B"),
        ("The answer is B. No, wait: the answer is C.", "C"),
        ("The answer is (B). Option (C) is wrong, option A too.", "B"),
        ("Option C looks right", "C"),
        ("I'd say C here", "C"),
        ("I'd say A here", None),
        ("Option C looks wrong", None),
        ("It may be B or C", None),
        ("It's on the U.S. B-side of vitamin K", None),
        ("It looks like (C) to me", "C"),
        ("(B) is green and (C) is round", None),
        ("A. red apple\nB. apple\nC. a pear\nD. plums", None),
        ("The options are (A) red apple, (B) apple, (C) a pear. It is (C).", "C"),
        ("The options are (A) red apple, (B) apple. The answer is (B).", "B"),
        ("(B) apple. A pear, which is (C), is greener", "B"),
        ("The answer is (C) a pear.\nQuestion: Which?\nAnswer: (B)", "C"),
        ("It is the red apple.", "A"),
        ("An apple lies there", "B"),
        ("I see plums", "D"),
        ("one plum", "D"),
        ("an apple and a pear", None),
        ("It is not a pear but an apple", "B"),
        ("It isn't a pear. It is an apple.", "B"),
        ("It is rounder than an apple, so plums", "D"),
        ("If it were an apple, it would be a pear", "C"),
        ("It is plums, as an apple is larger", "D"),
        ("I cannot tell", None),
        ("A fruit lies on the table", None),
        ("pineapple", None),
        ("", None),
        ("?", None),
    ],
)
def test_a_careful_persons_reading(reply: str, letter: str | None) -> None:
    assert read_stated(reply, asked(*FRUIT)) == (Reading(letter) if letter else UNREAD)


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("Plants will likely increase.", "B"),
        ("Plants will not increase", None),
        ("If caterpillars decrease, the plants may increase a little.", "B"),
        ("The plants in that old garden of theirs increase", None),
        ("plants decrease because plants increase elsewhere", "A"),
    ],
)
def test_an_options_words_may_have_others_between_them(reply: str, letter: str | None) -> None:
    options = ("plants decrease", "plants increase", "nothing")
    assert read_stated(reply, asked(*options)).answer == letter


def test_options_in_chinese_need_no_spaces_around_them() -> None:
    assert read_stated("这是香蕉。", asked("苹果", "香蕉")) == Reading("B")
    assert read_stated("答案是B。", asked("苹果", "香蕉")) == Reading("B")
    assert read_stated("苹果和香蕉", asked("苹果", "香蕉")) == UNREAD


def test_empty_options_are_never_meant() -> None:
    assert read_stated("anything", asked("", ".")) == UNREAD


@pytest.mark.parametrize(
    "reply",
    [
        "if " * 20_000,
        "answer is " * 10_000,
        "plants " * 20_000,
        "((((" * 10_000,
        "not a " * 20_000,
        "A " * 50_000,
        "\n" * 100_000,
    ],
    ids=lambda reply: repr(reply[:10]),
)
def test_a_reply_that_runs_on_is_read_in_no_time(reply: str) -> None:
    start = time.process_time()
    for read in (read_stated, read_inferred, read_lmms_static):
        read(reply, asked("plants grow and plants grow and plants", "a plant", "x"))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("C", "C"),
        ("I think it is C", "C"),
        ("Vitamin C", "C"),
        ("C is what I would say to that question", "C"),
        ("A is what I would say to that question", "A"),
        ("A thing is what I would say to that question", None),
        ("C. That is what I would say to that question", "C"),
        ("The answer is C, as one can see in the picture", "C"),
        ("the answer is blue", None),
        ("a pear", "C"),
        ("A pear and plums", "A"),  # the letter that stands as a word among the last four
        ("Sorry, I can't help with images of people yet. C", None),
        ("Z", None),
        ("an apple and a pear", None),
        ("On a wooden table in a sunny kitchen somebody has put a pear for you to eat later", "C"),
    ],
)
def test_mmbenchs_reading(reply: str, letter: str | None) -> None:
    assert read_inferred(reply, asked(*FRUIT)) == (Reading(letter) if letter else UNREAD)


@pytest.mark.parametrize(
    ("reply", "inferred", "static"),
    [
        ("C", "C", "C"),
        ("A thing is here", None, "A"),  # "A" among four words may be an article; then "A "
        ("(C).", "C", "C"),
        ("E", None, None),
        ("banana", None, None),  # "nan" stands in it, and two options are absent
        ("the plums", "D", "D"),
        ("a thing", None, None),
        ("answer is blue, so B", "B", "B"),
    ],
)
def test_lmms_evals_readings(reply: str, inferred: str | None, static: str | None) -> None:
    sample = asked("banana", "pear") if reply == "banana" else asked(*FRUIT)
    assert read_lmms_inferred(reply, sample).answer == inferred
    assert read_lmms_static(reply, sample).answer == static


def test_lmms_evals_ai2d_takes_a_letter_with_its_point_or_alone() -> None:
    for reply, letter in {"A. x": "A", " b ": "B", "(C)": "C", "E.": None, "is A": None}.items():
        assert read_lmms_ai2d(reply, asked(*FRUIT)).answer == letter


def test_mmes_word_must_stand_in_the_reply_to_be_read() -> None:
    for reply, answer, unread in [
        ("Yes", "yes", False),
        ("NO!", "no", False),
        ("Now", "no", True),
        ("eyes", "yes", True),
        ("I see, yes", "other", True),
        ("", "other", True),
    ]:
        assert read_prefix(reply, asked()) == Reading(answer, unread=unread)
    assert read_lmms_prefix(" Y. ", asked()).answer == "yes"
    assert read_lmms_prefix("m", asked()).answer == "other"


def rotations(*scores: float, group: str, category: str | None = None) -> list[Scored]:
    rows = []
    for place, score in enumerate(scores):
        facets = {"rotation": "rotated" if place else "base"}
        if category:
            facets["category"] = category
        rows.append(Scored(group, {**facets}, "A", Reading("A"), score))
    return rows


def test_a_question_counts_only_if_all_its_rotations_are_right() -> None:
    rows = [
        *rotations(1, 1, 1, 1, group="1", category="ocr"),
        *rotations(1, 0, 1, group="2", category="ocr"),
        *rotations(0, 1, group="3", category="image_style"),
        *rotations(1, 1, group="4"),
    ]
    values = estimate(rows, circular_metrics(), draws=50)
    found = {key: value.value for key, value in values.items() if value.value is not None}
    assert found == {
        "circular_accuracy": 0.5,
        "vanilla_accuracy": 0.75,
        "accuracy": pytest.approx(9 / 11),
        "circular_accuracy/ocr": 0.5,
        "circular_accuracy/image_style": 0.0,
    }
    assert values["circular_accuracy/image_topic"].reason == "no rows with category 'image_topic'"


def test_base_rows_alone_are_not_called_circular() -> None:
    rows = [*rotations(1, group="1"), *rotations(0, group="2")]
    values = estimate(rows, circular_metrics(), draws=50)
    assert values["circular_accuracy"].provenance == "missing"
    assert values["circular_accuracy"].reason == (
        "the rows are base rows alone: without their rotations this is vanilla_accuracy"
    )
    assert values["vanilla_accuracy"].value == 0.5
