"""The VQA tools' quirks: what they rewrite, and when; how agreement with people is counted."""

from __future__ import annotations

import pytest

from omnibench.core import Reading, Sample, Scored
from omnibench.scoring.annotators import (
    read_reply,
    score_evalai,
    score_lmms_vqav2,
    score_vqaeval,
    vqaeval,
    vqaeval_accuracy,
)
from omnibench.scoring.statistics import estimate
from omnibench.scoring.vqa_words import (
    normalise_evalai,
    normalise_lmms_vqav2,
    normalise_vqaeval,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat and a dog", "cat and dog"),
        ("Two, or THREE", "2 or 3"),
        ("none", "0"),
        ("dont", "don't"),
        ("couldntve", "couldntve"),  # two apostrophes lack: not in the list
        ("couldnt've", "couldn't've"),
        ("ow's'at", "'ow's'at"),
        ("somebody'd", "somebodyd"),
        ("twas", "'twas"),
        ("Im here", "im here"),  # listed with a capital, which is lowered first
        ("a-b", "b"),  # a mark between letters becomes a space: "a b"
        ("x -y", "x y"),
        ("a/b/ c", "ab c"),  # with a space at the side of one every "/" goes
        ("1,000 red; blue", "1000 red blue"),
        ("1,000;5", "10005"),  # where a number has a comma every mark goes
        ("e.g. 3.5", "eg 3.5"),
        ("5.", "5"),
        (".5", ".5"),
        ("3. 5", "3 5"),
        ("what's\\nthis\\t?", "what's this"),
        ("", ""),
        ("?!", ""),
        ("a:b", "a:b"),
    ],
)
def test_vqaevals_rewriting(text: str, words: str) -> None:
    assert normalise_vqaeval(text.replace("\\n", "\n").replace("\\t", "\t")) == words


def test_no_more_points_go_than_the_value_of_the_flag_that_was_meant() -> None:
    assert normalise_vqaeval("x." * 40) == "x" * 32 + "x." * 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nike's", "nike 's"),
        ("10,000", "10000"),
        ("1,,000-2", "1000 2"),
        ("what?", "what"),
        ("New-York", "new york"),
        ("a b? c", "b c"),
    ],
)
def test_evalais_rewriting_takes_commas_and_question_marks_first(text: str, words: str) -> None:
    assert normalise_evalai(text) == words


def test_two_commas_are_a_numbers_to_lmms_eval_alone() -> None:
    assert normalise_vqaeval("1,,000;2") == "1 000 2"
    assert normalise_lmms_vqav2("1,,000;2") == "10002"


@pytest.mark.parametrize(
    ("agreeing", "score"), [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (9, 1.0), (10, 1.0)]
)
def test_each_of_ten_people_is_left_out_in_turn(agreeing: int, score: float) -> None:
    answers = ["cat"] * agreeing + [f"x{place}" for place in range(10 - agreeing)]
    assert vqaeval("cat", answers) == pytest.approx(score)


def test_fewer_people_are_counted_alike() -> None:
    assert vqaeval("cat", ["cat"]) == 0
    assert vqaeval("cat", ["cat", "dog"]) == pytest.approx(1 / 6)
    assert vqaeval("cat", []) == 0


def test_where_all_agree_the_reply_is_compared_as_it_stands() -> None:
    asked = Sample("q", "?", ("Off",) * 10)
    for reply, scores in {"Off": (1, 1, 1), "off": (0, 1, 1), " Off\n": (1, 1, 1)}.items():
        reading = read_reply(reply, asked)
        found = (score_vqaeval, score_lmms_vqav2, score_evalai)
        assert tuple(score(reading, asked) for score in found) == scores
    differing = Sample("q", "?", ("Off",) * 9 + ("off",))
    assert score_vqaeval(Reading("OFF."), differing) == 1


def test_answers_are_the_same_but_for_line_ends_and_outer_space() -> None:
    answers = ("Off", "Off\n", "\tOff", " Off ") * 2
    assert vqaeval("Off", answers) == 1
    assert vqaeval("off", answers) == 0


def test_a_sample_without_a_reading_is_wrong_whatever_people_said() -> None:
    asked = Sample("q", "?", ("the",) * 9 + ("x",))
    for score in (score_vqaeval, score_lmms_vqav2, score_evalai):
        assert score(Reading(None), asked) == 0
        assert score(Reading("", unread=True), asked) == 1  # both are nothing once rewritten
        assert score(Reading("x"), Sample("q", "?", None)) == 0


def test_vqaevals_accuracy_stands_beside_another_rules_scores() -> None:
    rows = [
        Scored("a", {}, ("Off",) * 10, Reading("off"), 1.0),
        Scored("b", {}, ("Off",) * 10, Reading("Off"), 1.0),
        Scored("c", {}, ("Off",) * 10, Reading(None), 0.0),
    ]
    assert estimate(rows, {"vqaeval": vqaeval_accuracy()})["vqaeval"].value == pytest.approx(1 / 3)
