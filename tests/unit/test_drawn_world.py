"""Answers follow from the descriptions, and the parts of the drawn world stay apart."""

import random
import re
import subprocess
import sys

import pytest

from omnivlm.data import chart_questions, diagram_questions, scene_questions
from omnivlm.data.asked import numbers_near
from omnivlm.data.charts import sample_chart
from omnivlm.data.diagrams import FoodChains, Magnets, PlaceMap
from omnivlm.data.packs import FORMS, SEED
from omnivlm.data.parts import held_out_pair, held_out_word, item_random, part_seed
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.shapes import SHAPES
from omnivlm.data.words import COLOURS, KINDS, THEMES, with_article
from omnivlm.data.world import sample_scene

SCENE_MAKERS = (
    *scene_questions.COUNTS, *scene_questions.ABOUT, *scene_questions.READ,
    scene_questions.object_used,
)  # fmt: skip
CHART_MAKERS = (*chart_questions.LOOKUPS, *chart_questions.REASONED)


def test_every_kind_has_a_shape_and_a_theme():
    assert set(SHAPES) == set(KINDS)
    assert {kind.theme for kind in KINDS.values()} == set(THEMES)


def test_seeds_differ_by_part_and_key_and_never_change():
    seeds = [part_seed(part, "pope", n) for part in ("train", "val", "test") for n in range(50)]
    assert len(set(seeds)) == 150
    assert part_seed("test", "pope", 0) == part_seed("test", "pope", 0) < 2**64


def test_each_kind_lacks_one_colour_in_training_and_the_test_part_draws_it():
    for kind in KINDS:
        assert sum(held_out_pair(colour, kind) for colour in COLOURS) == 1
    things = {"train": set(), "test": set()}
    words = {"train": set(), "test": set()}
    for part in things:
        for n in range(300):
            scene = sample_scene(item_random(part, "apart", n), part, labelled=True)
            things[part] |= {(t.colour, t.kind) for t in scene.things}
            words[part] |= {t.label for t in scene.things}
    assert not any(held_out_pair(*pair) for pair in things["train"])
    assert any(held_out_pair(*pair) for pair in things["test"])
    assert not any(map(held_out_word, words["train"]))
    assert any(map(held_out_word, words["test"]))


def test_a_chart_of_seven_is_drawn_in_the_test_part_only():
    sizes = {
        part: {len(sample_chart(item_random(part, n), part).categories) for n in range(200)}
        for part in ("train", "test")
    }
    assert max(sizes["train"]) == 6
    assert max(sizes["test"]) == 7


def test_a_scene_draws_the_same_pixels_and_keeps_each_object_in_its_cell():
    scene = sample_scene(random.Random(1), "test", least=9, most=9)
    assert scene.draw().tobytes() == scene.draw().tobytes()
    assert len({(t.row, t.column) for t in scene.things}) == 9
    for thing in scene.things:
        alone = Scene((thing,)).draw().convert("L").point(lambda v: 255 if v < 250 else 0)
        left, top, right, bottom = alone.getbbox()
        assert left >= thing.column * 126 - 1
        assert right <= thing.column * 126 + 127
        assert top >= thing.row * 126 - 1
        assert bottom <= thing.row * 126 + 127


@pytest.mark.parametrize("maker", SCENE_MAKERS, ids=lambda maker: maker.__name__)
def test_scene_answers_hold_and_wrong_ones_do_not(maker):
    asked_at_all = 0
    for n in range(150):
        rng = random.Random(n)
        scene = sample_scene(rng, "test", labelled=n % 2 == 0)
        asked = maker(scene, rng)
        if asked is None:
            continue
        asked_at_all += 1
        assert asked.answer not in asked.wrong
        assert len(set(asked.wrong)) == 3
        assert check_scene(scene, asked.question, asked.answer), (scene, asked)
        assert not any(check_scene(scene, asked.question, w) for w in asked.wrong), (scene, asked)
    assert asked_at_all > 30


STEPS = {"left of": (0, -1), "right of": (0, 1), "above": (-1, 0), "below": (1, 0)}
CHECKS = [
    (r"How many (\w+) (?:are there in the image|can you see)\?", lambda s, a, w: s.count(
        kind=next((k for k, v in KINDS.items() if v.plural == w[0]), "")) == int(a)
        if w[0] != "objects" else len(s.things) == int(a)),
    (r"How many objects are (?:in the image|shown)\?", lambda s, a, w: len(s.things) == int(a)),
    (r"How many (\w+) objects are there\?", lambda s, a, w: s.count(colour=w[0]) == int(a)),
    (r"How many of the objects are (\w+)\?", lambda s, a, w: s.count(colour=w[0]) == int(a)),
    (r"(?:What colour is|Which colour does) the (\w+).*", lambda s, a, w: s.count(
        kind=w[0], colour=a) == 1 == s.count(kind=w[0])),
    (r"(?:Which object is|The word) ?(?:labelled )?([A-Z]+) ?\??.*", lambda s, a, w: any(
        t.label == w[0] and t.kind == a for t in s.things)),
    (r"Which object in the image (.*)\?", lambda s, a, w: s.count(kind=a) > 0
        and KINDS[a].use == w[0]),
    (r"(?:What|Which object) is directly (?:to the )?(left of|right of|above|below) the (.*)\?",
        lambda s, a, w: any(
            (o := s.at(t.row + STEPS[w[0]][0], t.column + STEPS[w[0]][1])) and o.kind == a
            for t in s.things if w[1] in (t.kind, f"{t.colour} {t.kind}"))),
    (r"(?:What|Which object) is in the (.*?)(?: part)?(?: of the image)?\?", lambda s, a, w: any(
        t.place == w[0] and t.kind == a for t in s.things)),
    (r"(?:Which object is|What is the) (\w+)(?: object)?\?", lambda s, a, w: s.count(
        colour=w[0]) == 1 == s.count(kind=a, colour=w[0])),
    (r"(?:Where in the image|In which part of the image) is the (.*)\?", lambda s, a, w: {
        t.place for t in s.things if w[0] in (t.kind, f"{t.colour} {t.kind}")} == {a}),
    (r"(?:What word is written under|Read the word below) the (.*?)[?.]", lambda s, a, w: {
        t.label for t in s.things if w[0] in (t.kind, f"{t.colour} {t.kind}")} == {a}),
]  # fmt: skip


def check_scene(scene, question, answer):
    """Read the question again, without the generator, and say whether an answer is right."""
    for pattern, check in CHECKS:
        found = re.fullmatch(pattern, question)
        if found:
            return check(scene, answer, found.groups())
    raise AssertionError(question)


@pytest.mark.parametrize("maker", dict.fromkeys(CHART_MAKERS), ids=lambda maker: maker.__name__)
def test_chart_answers_hold(maker):
    for n in range(150):
        rng = random.Random(n)
        chart = sample_chart(rng, "test")
        asked = maker(chart, rng)
        if asked is None:
            continue
        assert asked.answer not in asked.wrong
        assert len(set(asked.wrong)) == (1 if maker is chart_questions.greater else 3) or (
            maker is not chart_questions.greater and len(asked.wrong) == len(chart.categories) - 1
        )
        assert check_chart(chart, asked.question) in (None, asked.answer), (chart, asked)


def check_chart(chart, question):
    """Answer again the questions that name two categories or an extreme."""
    number = next((i for i, s in enumerate(chart.series) if f"for {s.name}" in question), 0)
    values = dict(zip(chart.categories, chart.series[number].values, strict=True))
    named = re.findall("|".join(chart.categories), question)
    if re.search("difference|differ", question):
        return str(abs(values[named[0]] - values[named[1]]))
    if re.search("sum|add up", question):
        return str(values[named[0]] + values[named[1]])
    if "greater than" in question:
        return "Yes" if values[named[0]] > values[named[1]] else "No"
    if found := re.search(r"(more|less) than (\d+)", question):
        limit = int(found[2])
        if not chart.values_shown:
            assert limit not in values.values()
        return str(sum(v > limit if found[1] == "more" else v < limit for v in values.values()))
    if found := re.search("(highest|largest|lowest|smallest) value", question):
        best = (max if found[1] in ("highest", "largest") else min)(values, key=values.get)
        return best if question.startswith("Which") else str(values[best])
    return None


def test_values_that_are_not_written_lie_on_grid_lines():
    for n in range(200):
        chart = sample_chart(random.Random(n), "test")
        for series in chart.series:
            assert len(set(series.values)) == len(series.values)
            assert max(series.values) <= chart.top
            assert chart.values_shown or all(v % chart.step == 0 for v in series.values)


def test_diagram_answers_hold():
    place_map = PlaceMap({"Farm": (0, 1), "Mill": (2, 1)})
    for n in range(20):
        asked = diagram_questions.direction_between(place_map, random.Random(n))
        to_mill = asked.question.index("Farm") < asked.question.index("Mill")
        assert asked.answer == ("south" if to_mill else "north")
    assert not Magnets("NS", "SN").attract
    assert Magnets("NS", "NS").attract
    chains = FoodChains((("grass", "rabbit", "fox"), ("corn", "mouse", "owl")))
    assert (chains.eater("grass"), chains.eater("mouse")) == ("rabbit", "owl")
    for n in range(40):
        asked = diagram_questions.eater_of(chains, random.Random(n))
        if "what does the" in asked.question:
            assert chains.eater(asked.answer) in asked.question
            assert not any(
                chains.eater(w) in asked.question for w in asked.wrong if w not in ("fox", "owl")
            )
        else:
            assert chains.eater(asked.question.rstrip("?").split()[-1]) == asked.answer


def test_pope_answers_follow_from_the_scenes():
    pack = FORMS["pope"]("test", SEED)
    for row in pack.rows:
        kind = row["question"].split()[3]
        there = kind in pack.pictures[row["image"]].kinds()
        assert row["answer"] == ("yes" if there else "no")
        assert row["question"] == f"Is there {with_article(kind)} in the image?"


def test_a_name_is_given_only_where_it_means_one_object():
    cup, other = Thing("cup", "red", "large", 0, 0), Thing("cup", "blue", "large", 0, 1)
    assert Scene((cup,)).name(cup) == "cup"
    assert Scene((cup, other)).name(cup) == "red cup"
    twin = Thing("cup", "red", "small", 1, 1)
    assert Scene((cup, other, twin)).name(cup) is None


def test_wrong_numbers_leave_the_rank_of_the_answer_open():
    ranks = {
        sorted(map(int, (*numbers_near(9, random.Random(n)), "9"))).index(9) for n in range(50)
    }
    assert ranks == {0, 1, 2, 3}


def test_the_drawn_world_needs_no_torch():
    code = "import sys, omnivlm.data.packs; print(*{'torch', 'omnibench'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
