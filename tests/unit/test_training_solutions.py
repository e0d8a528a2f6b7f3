"""The answer stands before its letter where ScienceQA asks about a picture."""

import re
from collections import Counter

import pytest

from omnibench.loading import load_task
from omnibench.scoring.letters import read_llava_letter
from omnivlm.data.packs import FORMS
from omnivlm.presets import OMNIVLM_TINY
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.training.drawn import DrawnConversations
from omnivlm.training.form_rows import turn_of
from omnivlm.training.template import Template
from omnivlm.training.wordings import solved
from tests.unit.training_options import SAMPLE, options_in

COUNT = 1000


@pytest.fixture(scope="module")
def conversations():
    drawn = DrawnConversations("train", 11, COUNT)
    return [drawn[index] for index in range(COUNT)]


def test_scienceqa_s_pictures_are_answered_before_the_letter(conversations):
    letters, kinds = Counter(), Counter()
    for one in conversations:
        form = one.id.split("-")[0]
        for turn in one.turns:
            options = options_in(turn.prompt)
            if "The answer is" not in turn.answer:
                continue
            assert form != "ai2d"
            assert one.pictures
            letter = read_llava_letter(turn.answer, SAMPLE).answer
            assert turn.answer == solved(options[letter], letter)
            letters[letter] += 1
            kinds[form] += 1
    assert kinds["scienceqa"] > 300
    assert kinds["mmmu"] > 3
    assert min(letters[letter] for letter in "ABCD") > 0.4 * max(letters.values())


def test_a_question_is_answered_in_one_way_only(conversations):
    """The same words with options are answered by a letter alone, or by the answer first."""
    ways = {}
    for one in conversations:
        for turn in one.turns:
            question = turn.prompt.partition("\nA. ")[0]
            if options_in(turn.prompt) and one.pictures and "directly" in turn.prompt:
                ways.setdefault(re.sub(r"\d+", "#", question), set()).add(len(turn.answer) > 1)
    assert {True} in ways.values()
    assert {False} in ways.values()
    assert not [question for question, found in ways.items() if len(found) > 1]


def test_a_solution_is_right_by_the_official_rule_and_ends_within_the_reply_that_is_scored():
    most = load_task("scienceqa").task.decoding.max_new_tokens
    template = Template(OMNIVLM_TINY, tiny_tokenizer(OMNIVLM_TINY.text.vocab_size))
    answered = 0
    for row in FORMS["scienceqa"]("val", 7).rows:
        turn = turn_of("scienceqa", row)
        right = "ABCDE"[row["answer"]]
        assert read_llava_letter(turn.answer, SAMPLE).answer == right
        if row["image"]:
            answered += 1
            assert turn.answer == solved(row["choices"][row["answer"]], right)
            length = len(template.answer(turn.answer)) - 1  # less the token that ends it
            assert length <= most, turn.answer
        else:
            assert turn.answer == right
    assert answered == 72
