"""What the stage `reading` reads: lists of options, facts and lessons of diagrams, letters last."""

import re
from collections import Counter

import pytest

from omnibench.core import Sample
from omnibench.loading import load_task
from omnibench.scoring.letters import read_llava_letter
from omnivlm.bundled import bundled_folder
from omnivlm.data import diagram_questions
from omnivlm.data.charts import sample_chart
from omnivlm.data.diagrams import FractionBar
from omnivlm.data.packs import FORMS
from omnivlm.data.parts import held_out_word, item_random
from omnivlm.data.words import COLOURS, KINDS, LABELS, PLACES
from omnivlm.presets import OMNIVLM_TINY
from omnivlm.tokenizer import read_tokenizer
from omnivlm.training.diagram_lessons import DiagramLessons
from omnivlm.training.drawn import SOLVED, DrawnConversations
from omnivlm.training.form_rows import solved_turn_of, turn_of
from omnivlm.training.in_turn import InTurn
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.picture_facts import picture_facts
from omnivlm.training.recipe import DrawnData
from omnivlm.training.sources import reading
from omnivlm.training.template import Template

LETTERED = re.compile(r"^([A-E])\. (.+)$", re.MULTILINE)
SAMPLE = Sample(id="1", prompt="?", target="A", choices=("a", "b", "c", "d", "e"))
COUNT = 800


@pytest.fixture(scope="module")
def solved():
    conversations = DrawnConversations("train", 11, COUNT, amounts=SOLVED)
    return [conversations[index] for index in range(COUNT)]


def options_in(prompt):
    return dict(LETTERED.findall(prompt))


def test_each_option_of_a_list_is_chosen_once_and_followed_by_its_letter():
    lists = OptionLists("train", 3, 300)
    places = Counter()
    for index in range(300):
        one = lists[index]
        options = options_in(one.turns[0].prompt)
        assert list(options) == list("ABCDE"[: len(one.turns)])
        for letter, turn in zip(options, one.turns, strict=True):
            assert turn.prompt == one.turns[0].prompt
            assert turn.answer == f"{options[letter]}. The answer is {letter}."
        assert len(set(options.values())) == len(options) >= 2
        places[len(options)] += 1
    assert places[2]
    assert places[3]
    assert places[4] > places[3]


def test_a_list_is_the_same_whenever_asked_and_another_for_every_part_and_seed():
    lists = OptionLists("train", 3, 50)
    texts = [lists[index].turns for index in reversed(range(50))][::-1]
    assert texts == [OptionLists("train", 3, 50)[index].turns for index in range(50)]
    for part, seed in (("train", 4), ("val", 3)):
        others = OptionLists(part, seed, 50)
        assert sum(others[index].turns == texts[index] for index in range(50)) < 5
    with pytest.raises(IndexError, match="list 50 of 50"):
        lists[50]


def test_lists_name_no_word_that_is_kept_for_the_test_part():
    lists = OptionLists("train", 3, 2000)
    named = {word for i in range(2000) for word in options_in(lists[i].turns[0].prompt).values()}
    labels = {word for word in LABELS if word.lower() in named}
    assert len(labels) > 20
    assert not [word for word in labels if held_out_word(word) and word.lower() not in KINDS]
    assert set(COLOURS) <= named


def asked(picture):
    return {turn.prompt: turn.answer for turn in picture_facts(picture)}


def test_facts_tell_what_is_where_and_where_is_what():
    rng = item_random("val", "facts", 1)
    places = diagram_questions.sample_map(rng)
    facts = asked(places)
    assert len(facts) == 2 * len(places.places)
    for name in places.places:
        place = facts[f"Where is the {name}?"]
        assert f"{place.capitalize()}: {name}." in places.describe()
        assert facts[f"What is at the {place}?"] == name
    chains = diagram_questions.sample_chains(rng)
    facts = asked(chains)
    for side, chain in zip(("left", "right"), chains.chains, strict=True):
        for level, organism in enumerate(chain, 1):
            assert facts[f"Where is the {organism}?"] == f"{side} {level}"
            assert facts[f"What is at the {side} {level}?"] == organism
        for eaten in chain[:-1]:
            assert facts[f"What eats the {eaten}?"] == chains.eater(eaten)
            assert facts[f"What does the {chains.eater(eaten)} eat?"] == eaten
    prices = diagram_questions.sample_prices(rng)
    facts = asked(prices)
    for number, (item, price) in enumerate(prices.prices.items(), 1):
        assert facts[f"{item}?"] == f"${price}"
        assert facts[f"${price}?"] == item
        assert facts[f"Number {number}?"] == item


def test_facts_of_solutions_and_magnets_compare():
    rng = item_random("val", "facts", 2)
    shelf = diagram_questions.sample_shelf(rng, 2)
    *counts, one, two, three = picture_facts(shelf)
    numbers = {turn.prompt.removeprefix("How many in ")[:-1]: int(turn.answer) for turn in counts}
    assert numbers == {each.name: len(each.cells) for each in shelf.beakers}
    assert {one.answer, two.answer, three.answer} == {max(numbers, key=lambda name: numbers[name])}
    (poles,) = picture_facts(diagram_questions.sample_magnets(rng, attract=False))
    assert poles.answer in ("N N", "S S")
    assert picture_facts(FractionBar(5, 2, "red")) == []


def test_facts_of_a_chart_name_the_series_where_there_are_two():
    seen = set()
    for index in range(40):
        chart = sample_chart(item_random("val", "chart facts", index), "val")
        facts = asked(chart)
        for number, series in enumerate(chart.series):
            of = f" for {series.name}" if len(chart.series) > 1 else ""
            for category in chart.categories:
                assert facts[f"{category}{of}?"] == str(chart.value(category, number))
        seen.add(len(chart.series))
    assert seen == {1, 2}


def test_lessons_begin_with_one_kind_of_picture_and_few_words_and_end_with_all():
    lessons = DiagramLessons("train", 3, 400)
    captions = [lessons[index].turns[0].answer for index in range(400)]
    maps = ["A town map" in caption for caption in captions]
    assert sum(maps[:100]) > 65
    assert sum(maps[240:]) < 70
    names = [set(re.findall("|".join(PLACES), caption)) for caption in captions]
    assert len(set().union(*names[:100])) == 6
    assert len(set().union(*names[240:])) == len(PLACES)
    for start, end, word in ((100, 128, "Food chains"), (128, 184, "A price"), (184, 240, "chart")):
        assert sum(word in caption for caption in captions[start:end]) > 0.3 * (end - start)


def test_a_lesson_asks_for_facts_and_ends_with_letters_after_answers():
    lessons = DiagramLessons("train", 3, 60)
    lettered = 0
    for index in range(60):
        one = lessons[index]
        assert len({turn.prompt for turn in one.turns}) == len(one.turns)
        for turn in one.turns:
            if options := options_in(turn.prompt):
                letter = read_llava_letter(turn.answer, SAMPLE).answer
                assert turn.answer == f"{options[letter]}. The answer is {letter}."
                lettered += 1
    assert lettered > 150
    assert lessons[7].turns == DiagramLessons("train", 3, 60)[7].turns
    with pytest.raises(IndexError, match="lesson 60 of 60"):
        lessons[60]


def test_data_sets_in_turn_keep_their_order_and_their_shares():
    one, two = OptionLists("train", 1, 20), OptionLists("train", 2, 20)
    both = InTurn([(one, 2), (two, 1)], 9)
    ids = [both[index].id.removeprefix("options-train-") for index in range(9)]
    assert ids == ["1-0", "1-1", "2-0", "1-2", "1-3", "2-1", "1-4", "1-5", "2-2"]
    assert len(both) == 9
    with pytest.raises(IndexError, match="conversation 9 of 9"):
        both[9]


@pytest.mark.parametrize("samples", [1, 9, 10, 23])
def test_what_is_read_has_every_item_and_something_of_each(samples):
    read = reading(DrawnData(samples=samples, seed=2))
    kinds = Counter(read[index].id.split("-")[0] for index in range(samples))
    assert sum(kinds.values()) == len(read) == samples
    assert kinds["lesson"] >= 0.3 * samples
    if samples >= 10:
        assert kinds["options"] >= 0.15 * samples


def test_scienceqa_s_pictures_are_answered_before_the_letter(solved):
    letters, kinds = Counter(), Counter()
    for one in solved:
        form = one.id.split("-")[0]
        for turn in one.turns:
            options = options_in(turn.prompt)
            if "The answer is" not in turn.answer:
                continue
            assert form != "ai2d"
            assert one.pictures
            letter = read_llava_letter(turn.answer, SAMPLE).answer
            assert turn.answer == f"{options[letter]}. The answer is {letter}."
            letters[letter] += 1
            kinds[form] += 1
    assert kinds["scienceqa"] > 300
    assert kinds["mmmu"] > 3
    assert min(letters[letter] for letter in "ABCD") > 0.4 * max(letters.values())


def test_a_question_is_answered_in_one_way_only(solved):
    """The same words with options are answered by a letter alone, or by the answer first."""
    ways = {}
    for one in solved:
        for turn in one.turns:
            question = turn.prompt.partition("\nA. ")[0]
            if options_in(turn.prompt) and one.pictures and "directly" in turn.prompt:
                ways.setdefault(re.sub(r"\d+", "#", question), set()).add(len(turn.answer) > 1)
    assert {True} in ways.values()
    assert {False} in ways.values()
    assert not [question for question, found in ways.items() if len(found) > 1]


def test_the_pictures_and_descriptions_are_those_of_sft(solved):
    plain = DrawnConversations("train", 11, COUNT)
    for index in range(0, COUNT, 7):
        assert plain[index].image_keys == solved[index].image_keys
        if plain[index].pictures:
            assert plain[index].turns[0].answer == solved[index].turns[0].answer


def test_a_solution_is_right_by_the_official_rule_and_ends_within_the_reply_that_is_scored():
    named = load_task("scienceqa")
    folder = bundled_folder("omnivlm-tiny")
    assert folder
    template = Template(OMNIVLM_TINY, read_tokenizer(folder / "tokenizer.json"))
    answered = 0
    for row in FORMS["scienceqa"]("val", 7).rows:
        turn = solved_turn_of("scienceqa", row)
        assert turn.prompt == turn_of("scienceqa", row).prompt
        right = "ABCDE"[row["answer"]]
        assert read_llava_letter(turn.answer, SAMPLE).answer == right
        if row["image"]:
            answered += 1
            assert turn.answer == f"{row['choices'][row['answer']]}. The answer is {right}."
            length = len(template.answer(turn.answer)) - 1  # less the token that ends it
            assert length <= named.task.decoding.max_new_tokens, turn.answer
        else:
            assert turn.answer == right
    assert answered == 72
