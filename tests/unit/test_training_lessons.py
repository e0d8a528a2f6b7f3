"""What the language stage is told and SFT is asked beside conversations: diagrams and options."""

from collections import Counter

import pytest

from omnibench.scoring.letters import read_llava_letter
from omnivlm.data import diagram_questions
from omnivlm.data.charts import sample_chart
from omnivlm.data.diagrams import FractionBar
from omnivlm.data.packs import FORMS
from omnivlm.data.parts import held_out_word, item_random
from omnivlm.data.words import COLOURS, KINDS, LABELS, PLACES
from omnivlm.training.diagram_lessons import KINDS as DIAGRAMS
from omnivlm.training.diagram_lessons import DiagramLessons, diagram
from omnivlm.training.in_turn import Again, InTurn
from omnivlm.training.lessons import questions_and_lessons, told
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.picture_facts import picture_facts
from omnivlm.training.picture_lists import picture_lists
from omnivlm.training.recipe import DrawnData
from omnivlm.training.wordings import solved
from tests.unit.training_options import SAMPLE, options_in


def said(turn):
    """The parts of an answer that are learned, each after the name that is given before it."""
    pairs, done = [], 0
    for start, stop in turn.learned:
        pairs.append((turn.answer[done:start].removeprefix(", "), turn.answer[start:stop].strip()))
        done = stop
    assert done == len(turn.answer)
    return dict(pairs)


def test_every_letter_of_a_list_is_learned_right_after_its_option():
    lists, places = OptionLists("train", 3), Counter()
    for index in range(50):
        one = lists[index]
        assert len(one.turns) == 8
        for turn in one.turns:
            named = said(turn)
            options = {name: letter for letter, name in options_in(turn.prompt).items()}
            assert named == options
            assert len(named) == 5
            places[next(iter(named.values()))] += 1
    assert min(places.values()) > 0.5 * max(places.values())


def test_of_lists_to_choose_from_each_option_is_chosen_once():
    lists, sizes = OptionLists("train", 3, chosen=2), Counter()
    for index in range(100):
        choices = [turn for turn in lists[index].turns if turn.prompt.startswith("Choose")]
        prompts = dict.fromkeys(turn.prompt for turn in choices)
        assert len(lists[index].turns) - len(choices) == 6
        assert len(prompts) == 2
        for prompt in prompts:
            options = options_in(prompt)
            turns = [turn for turn in choices if turn.prompt == prompt]
            assert [turn.answer for turn in turns] == [solved(options[k], k) for k in options]
            for turn, option in zip(turns, options.values(), strict=True):
                ((start, stop),) = turn.learned
                assert (turn.answer[:start], stop) == (option, len(turn.answer))
            sizes[len(options)] += 1
    assert set(sizes) == {2, 3, 4, 5}


def test_few_words_are_few_and_a_list_is_the_same_whenever_it_is_asked_for():
    few, all_ = OptionLists("train", 3, few=True), OptionLists("train", 3)
    words = [
        {word for index in range(300) for turn in lists[index].turns for word in said(turn)}
        for lists in (few, all_)
    ]
    assert words[0] < words[1]
    assert len(words[0]) < 35
    assert len(words[1]) > 140
    assert few[7].turns == OptionLists("train", 3, few=True)[7].turns
    for other in (OptionLists("val", 3, few=True), OptionLists("train", 4, few=True), all_):
        assert other[7].turns != few[7].turns


def test_lists_name_no_word_that_is_kept_for_the_test_part():
    lists = OptionLists("train", 3, chosen=2)
    named = {
        word
        for index in range(1000)
        for turn in lists[index].turns
        for word in options_in(turn.prompt).values()
    }
    labels = {word for word in LABELS if word.lower() in named}
    assert len(labels) > 20
    assert not [word for word in labels if held_out_word(word) and word.lower() not in KINDS]
    assert set(COLOURS) <= named


def listed(picture):
    return {turn.prompt: said(turn) for turn in picture_lists(picture, item_random("val", "l", 1))}


def test_lists_of_a_diagram_tell_what_is_where_and_where_is_what():
    rng = item_random("val", "lists", 1)
    places = diagram_questions.sample_map(rng)
    lists = listed(places)
    assert set(lists["Say where each is."]) == set(places.places)
    assert lists["Say what is where."] == {v: k for k, v in lists["Say where each is."].items()}
    for name, place in lists["Say where each is."].items():
        assert f"{place.capitalize()}: {name}." in places.describe()
    chains = diagram_questions.sample_chains(rng)
    lists = listed(chains)
    for chain in chains.chains:
        for eaten in chain[:-1]:
            assert lists["Say what eats each."][eaten] == chains.eater(eaten)
            assert lists["Say what each eats."][chains.eater(eaten)] == eaten
    prices = diagram_questions.sample_prices(rng)
    assert listed(prices)["Say what each costs."] == {k: f"${v}" for k, v in prices.prices.items()}
    shelf = diagram_questions.sample_shelf(rng, 2)
    assert listed(shelf)["Say how many are in each."] == {
        each.name: str(len(each.cells)) for each in shelf.beakers
    }
    magnets = diagram_questions.sample_magnets(rng, attract=True)
    assert "".join(listed(magnets)["Say each pole."][str(n)] for n in range(1, 5)) == (
        magnets.left + magnets.right
    )
    assert listed(FractionBar(5, 2, "red")) == {}


def test_lists_and_facts_of_a_chart_name_the_series_where_there_are_two():
    seen = set()
    for index in range(40):
        chart = sample_chart(item_random("val", "chart facts", index), "val")
        facts, lists = asked(chart), listed(chart)
        for number, series in enumerate(chart.series):
            of = f" for {series.name}" if len(chart.series) > 1 else ""
            for category in chart.categories:
                value = str(chart.value(category, number))
                assert facts[f"{category}{of}?"] == value
                assert lists[f"Say each value{of}."][category] == value
        seen.add(len(chart.series))
    assert seen == {1, 2}


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


@pytest.mark.parametrize("kind", DIAGRAMS)
def test_a_lesson_grows_from_lists_to_questions_with_letters_after_answers(kind):
    lists, known, whole = (
        DiagramLessons(kind, depth, "train", 3, 5) for depth in ("lists", "told", "asked")
    )
    lettered = 0
    for index in range(8):
        picture = diagram(kind, "train", 3, index % 5)
        assert {each[index].image_keys for each in (lists, known, whole)} == {
            whole[index].image_keys
        }
        assert all(turn.learned for turn in lists[index].turns)
        assert known[index].turns[0].answer == picture.describe() == whole[index].turns[0].answer
        assert len(known[index].turns) == len(lists[index].turns) + 1
        turns = whole[index].turns
        assert len({turn.prompt for turn in turns}) == len(turns)
        for turn in turns:
            if options := options_in(turn.prompt):
                letter = read_llava_letter(turn.answer, SAMPLE).answer
                assert turn.answer == solved(options[letter], letter)
                lettered += 1
    assert lettered >= 8
    assert whole[2].image_keys == whole[7].image_keys != whole[3].image_keys
    assert whole[2].turns == DiagramLessons(kind, "asked", "train", 3, 5)[2].turns
    if kind == "maps":
        assert lists[2].turns != lists[7].turns


def test_maps_name_all_places():
    maps = DiagramLessons("maps", "lists", "train", 3, 60)
    names = {name for index in range(60) for name in said(maps[index].turns[0])}
    assert names == set(PLACES)


class Numbered:
    def __init__(self, name):
        self.name = name

    def __getitem__(self, index):
        return f"{self.name}{index}"


def test_data_sets_in_turn_keep_their_order_and_go_on_from_part_to_part():
    of = {name: Numbered(name) for name in "abc"}
    mixed = InTurn(of, [(2, "a"), (5, "aba"), (0, "c"), (2, "ba")])
    assert [mixed[i] for i in range(9)] == ["a0", "a1", "a2", "b0", "a3", "a4", "b1", "b2", "a6"]
    assert len(mixed) == 9
    for index in (9, -1):
        with pytest.raises(IndexError, match=f"conversation {index} of 9"):
            mixed[index]


@pytest.mark.parametrize("samples", [1, 8, 100, 333])
def test_what_is_told_and_asked_has_as_many_items_as_the_recipe_says(samples):
    data = DrawnData(samples=samples, seed=2)
    for made in (told(data), questions_and_lessons(data)):
        ids = [made[index].id for index in range(samples)]
        assert len(made) == samples
        assert len(set(ids)) == samples


def kinds_of(made, start, stop):
    return Counter(made[index].id.split("-")[0] for index in range(start, stop))


def test_maps_come_first_and_lists_of_options_last():
    made = told(DrawnData(samples=400, seed=2))
    assert set(kinds_of(made, 0, 88)) == {"maps"}
    mixed = kinds_of(made, 88, 232)
    assert set(mixed) == {"pope", "maps", "chains", "prices", "charts"}
    assert mixed["pope"] > 55
    assert kinds_of(made, 232, 320)["options"] > 50
    assert set(kinds_of(made, 320, 400)) == {*mixed, "options"}
    few = [made[i].id for i in range(400) if made[i].id.startswith("options-few")]
    assert len(few) == kinds_of(made, 232, 320)["options"]
    facts = [turn for index in range(88, 232) for turn in made[index].turns[1:]]
    assert all(turn.learned for turn in facts), "names and their order cannot be known"


def test_sft_has_lessons_and_lists_beside_every_form_at_first_as_many():
    made = questions_and_lessons(DrawnData(samples=1000, seed=2))
    first, then = kinds_of(made, 0, 320), kinds_of(made, 320, 1000)
    assert set(first) == {*FORMS, *DIAGRAMS, "options"}
    assert sum(first[form] for form in FORMS) == 160
    assert first["options"] == 24
    assert sum(then[form] for form in FORMS) == 578
    assert then["options"] == then["chains"] == 17
    eight = [kinds_of(made, start, start + 8) for start in range(0, 320, 8)]
    assert all(2 <= sum(each[form] for form in FORMS) <= 7 for each in eight), "of a step's samples"


def test_a_data_set_begins_again():
    thrice = Again(("a", "b"))
    assert [thrice[i] for i in range(5)] == ["a", "b", "a", "b", "a"]
