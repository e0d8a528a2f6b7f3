"""What the tables of tests/golden cannot show: several targets, many options, odd numbers."""

from __future__ import annotations

import pytest

from omnibench.core import Reading, Sample, Scored
from omnibench.errors import OmnibenchError
from omnibench.scoring.judged import MAX_RUNS, mean_of_runs
from omnibench.scoring.letters import read_llava_letter, score_equal
from omnibench.scoring.mmmu_choices import read_official_choice
from omnibench.scoring.open_answers import candidates, score_open
from omnibench.scoring.relaxed import score_relaxed


def asked(target: str | tuple[str, ...] | None, *choices: str) -> Sample:
    return Sample("r", "?", target, choices=choices or None)


def test_of_several_targets_the_best_counts() -> None:
    assert score_relaxed(Reading("14"), asked(("Yes", "14.2"))) == 1
    assert score_relaxed(Reading("16"), asked(("Yes", "14.2"))) == 0


def test_a_row_that_was_not_read_is_wrong_under_every_score() -> None:
    for score in (score_equal, score_relaxed, score_open):
        assert score(Reading(None, unread=True), asked("B")) == 0
        assert score(Reading("B"), asked(None)) == 0


def test_llavas_letters_end_at_e() -> None:
    six = asked("F", *"abcdef")
    assert read_llava_letter("E", six) == Reading("E")
    assert read_llava_letter("F", six) == Reading(None, unread=True)


def test_the_option_that_stands_last_is_chosen_and_of_equals_the_first() -> None:
    sample = asked("A", "red", "red apple")
    reply = "what I can see here is a red apple on a red table"
    assert read_official_choice(reply, sample) == Reading("A")
    assert read_official_choice("what I can see here is a red apple", sample) == Reading("A")


def test_punctuation_is_stripped_in_the_scripts_order() -> None:
    sample = asked("A", "x", "y")
    assert read_official_choice("A.,", sample) == Reading("A")
    assert read_official_choice("A,.", sample) == Reading(None, unread=True)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("20,000,000", [20000000.0, 20000000.0, 0.0]),
        ("1/4", ["1/4", 1.0, 4.0]),
        ("C", [" c", "c "]),
        ("The answer is 5.\nSo x = 2e3.", [5.0, 2000.0, 5.0, 2000.0, 3.0]),
        ("the result is :\nno", ["the result is :\nno"]),  # a trivial tail is none
        ("it is a = b\nno", ["a = b"]),  # "=" counts in the last line alone
        ("it is. Blue sky", ["it is. blue sky"]),  # lowered first, so never split at ". B"
        ("", [""]),
    ],
)
def test_the_candidates_of_an_open_reply(reply: str, found: list[str | float]) -> None:
    assert candidates(reply) == found


def test_too_many_repeats_of_a_judge_are_refused() -> None:
    row = Scored("a", {}, "x", Reading("x"), 0.0, (0.5,) * (MAX_RUNS + 1))
    with pytest.raises(OmnibenchError, match="more than 32 grades"):
        mean_of_runs().terms([row])
