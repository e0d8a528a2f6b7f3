"""Drawn conversations: the same whenever asked, balanced, and free of what the test part keeps."""

import math
import re
from collections import Counter, defaultdict

import numpy
import pytest

from omnivlm.data.captions import read_caption
from omnivlm.data.even_claims import theme_of
from omnivlm.data.packs import FORMS
from omnivlm.data.parts import held_out_pair, held_out_word
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import COLOURS, KINDS, LABELS, PAPERS
from omnivlm.errors import TrainingError
from omnivlm.training.drawn import MIX, TOLD, DrawnConversations
from omnivlm.training.drawn_labels import CLASSES, drawn_labels, inked
from omnivlm.training.place_labels import place_labels
from omnivlm.training.recipe import DrawnData
from omnivlm.training.tower_job import class_counts, drawn_dense_labels

COUNT = 2500


@pytest.fixture(scope="module")
def drawn():
    conversations = DrawnConversations("train", 11, COUNT)
    return [conversations[index] for index in range(COUNT)]


def scenes(conversations):
    """Those about a scene of its own; of two magnets, say, there are a dozen pictures in all."""
    return [one for one in conversations if one.id.startswith(("pope", "vqav2", "gqa"))]


def said(conversation):
    return conversation.id, conversation.image_keys, conversation.turns


def test_an_item_is_the_same_in_any_order_and_in_any_data_set_of_its_seed(drawn):
    again = DrawnConversations("train", 11, COUNT)
    for index in (COUNT - 1, 0, 17, 5, 17, 1200):
        assert said(again[index]) == said(drawn[index])
    first, second = drawn[3].pictures[0](), again[3].pictures[0]()
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(("part", "seed"), [("train", 12), ("val", 11), ("test", 11)])
def test_another_seed_and_another_part_show_other_pictures(part, seed, drawn):
    others = DrawnConversations(part, seed, 60)
    keys = {key for one in scenes(others[index] for index in range(60)) for key in one.image_keys}
    assert keys
    assert not keys & {key for one in drawn for key in one.image_keys}


def test_all_fifteen_forms_have_their_share(drawn):
    seen = Counter(one.id.split("-")[0] for one in drawn)
    assert set(seen) == set(FORMS)
    for form, weight in MIX.items():
        assert seen[form] == pytest.approx(COUNT * weight / sum(MIX.values()), abs=0.01 * COUNT)


def test_a_mix_chooses_the_forms():
    only = DrawnConversations("train", 1, 8, {"chartqa": 1})
    assert {only[i].id.split("-")[0] for i in range(8)} == {"chartqa"}


@pytest.mark.parametrize("form", FORMS)
def test_any_form_alone_makes_conversations(form):
    only = DrawnConversations("val", 1, 4, {form: 0.3})
    assert all(only[index].turns for index in range(4))


def test_pope_alone_asks_for_kinds_in_its_own_words():
    only = DrawnConversations("train", 1, 30, {"pope": 1})
    turns = [turn for index in range(30) for turn in only[index].turns]
    asked = [turn for turn in turns if turn.prompt.endswith("single word or phrase.")]
    assert len(asked) > 90
    assert all(turn.prompt.startswith(("Is there a ", "Is there an ")) for turn in asked)


@pytest.mark.parametrize(
    ("mix", "count", "message"),
    [({"pop": 1}, 1, "pop"), ({}, 1, "mix"), ({"pope": -1}, 1, "mix"), ({"pope": 1}, 0, "count")],
)
def test_what_cannot_be_is_refused(mix, count, message):
    with pytest.raises(TrainingError, match=message):
        DrawnConversations("train", 1, count, mix)


def test_there_is_nothing_beyond_the_last():
    with pytest.raises(IndexError):
        DrawnConversations("train", 1, 2, {"pope": 1})[2]


def test_one_picture_has_a_caption_and_many_questions_and_none_is_asked_twice(drawn):
    for one in drawn:
        prompts = [turn.prompt for turn in one.turns]
        assert len(set(prompts)) == len(prompts)
        assert len(one.pictures) == len(one.image_keys)
        assert all(turn.answer and turn.answer == turn.answer.strip() for turn in one.turns)
    of_scenes = scenes(drawn)
    assert all(one.turns[0].prompt.startswith(("Describe", "What is in the")) for one in of_scenes)
    assert sum(len(one.turns) >= 16 for one in of_scenes) > 0.95 * len(of_scenes)


def test_most_of_what_is_asked_of_a_scene_is_plain_and_has_the_answer_of_its_benchmark_twin(drawn):
    plain, twins = Counter(), 0
    for one in scenes(drawn):
        answers = {turn.prompt: turn.answer for turn in one.turns[1:] if not listed([turn])}
        for prompt, answer in answers.items():
            question, _, instruction = prompt.rpartition("\n")
            plain[not instruction.startswith("Answer")] += 1
            if question in answers:
                twins += 1
                assert answers[question] == answer, (one.id, prompt)
    assert plain[True] > 2 * plain[False]
    assert twins > 100


def listed(turns):
    """(request, thing, answer) for every thing of every list."""
    found = []
    for turn in turns:
        asked = re.fullmatch(r"(Say [\w ]+): ([\w, ]+)\.", turn.prompt)
        if asked:
            things, answers = asked[2].split(", "), turn.answer.split(", ")
            for thing, answer in zip(things, answers, strict=True):
                assert answer.startswith(f"{thing} ")
                found.append((asked[1], thing, answer.removeprefix(f"{thing} ")))
    return found


def test_what_is_told_before_questions_are_captions_and_lists_of_the_same_pictures(drawn):
    told = DrawnConversations("train", 11, 200, amounts=TOLD)
    lists = 0
    for index in range(200):
        one, asked = told[index], drawn[index]
        assert (one.id, one.image_keys) == (asked.id, asked.image_keys)
        if one.pictures:
            caption, *others = one.turns
            assert caption.answer == asked.turns[0].answer
            assert len(others) <= 5
            assert all(listed([turn]) for turn in others)
            lists += len(others)
        else:
            assert one.turns == asked.turns
    assert lists > 500


def truth(scene, request, thing):
    of_kind = [one for one in scene.things if one.kind == thing]
    match request:
        case "Say of each whether it is in the image":
            return "yes" if of_kind else "no"
        case "Say how many there are of each":
            return str(len(of_kind))
        case "Say how many objects have each colour":
            return str(sum(one.colour == thing for one in scene.things))
        case "Say which colour each has":
            (one,) = of_kind
            return one.colour
        case "Say where each of these is":
            (one,) = of_kind
            return one.place


def test_lists_say_the_truth_about_the_scene(drawn):
    asked = Counter()
    for one in scenes(drawn):
        scene = Scene(tuple(read_caption(one.turns[0].answer)))
        for request, thing, answer in listed(one.turns):
            asked[request] += 1
            assert answer == truth(scene, request, thing), (one.id, request, thing)
    assert len(asked) == 5
    assert min(asked.values()) > 500


def test_lists_hold_each_kind_as_often_there_as_not_also_within_a_theme(drawn):
    counts = defaultdict(Counter)
    for one in scenes(drawn):
        scene = Scene(tuple(read_caption(one.turns[0].answer)))
        for request, thing, answer in listed(one.turns):
            if request == "Say of each whether it is in the image":
                counts[thing][answer] += 1
                counts[KINDS[thing].theme == theme_of(scene)][answer] += 1
    assert set(KINDS) < set(counts)
    for name, count in counts.items():
        spread = 4 * math.sqrt(0.25 / count.total())
        assert count["yes"] / count.total() == pytest.approx(0.5, abs=spread), name


def yes_no(conversations):
    for one in conversations:
        for turn in one.turns:
            if turn.answer in ("yes", "no"):
                yield turn.prompt.split("\n")[0], turn.answer


def test_yes_is_as_frequent_as_no_for_every_kind_and_every_way_of_asking(drawn):
    overall, by_kind, by_start = Counter(), defaultdict(Counter), defaultdict(Counter)
    for question, answer in yes_no(drawn):
        overall[answer] += 1
        by_start[" ".join(question.split()[:2])][answer] += 1
        for kind in KINDS:
            if f" {kind} " in question or f" {kind}?" in question:
                by_kind[kind][answer] += 1
    assert overall.total() > 5000
    assert overall["yes"] / overall.total() == pytest.approx(0.5, abs=0.02)
    for kind in KINDS:
        assert by_kind[kind]["yes"] / by_kind[kind].total() == pytest.approx(0.5, abs=0.08), kind
    for start, count in by_start.items():
        if count.total() > 200:
            assert count["yes"] / count.total() == pytest.approx(0.5, abs=0.08), start


def test_what_else_is_in_the_picture_does_not_tell_whether_a_kind_is_there(drawn):
    counts = {True: Counter(), False: Counter()}
    for one in scenes(drawn):
        scene = Scene(tuple(read_caption(one.turns[0].answer)))
        for question, answer in yes_no([one]):
            asked = re.fullmatch(r"Is there an? (\w+) in the image\?", question)
            if asked:
                counts[KINDS[asked[1]].theme == theme_of(scene)][answer] += 1
    for count in counts.values():
        assert count.total() > 500
        assert count["yes"] / count.total() == pytest.approx(0.5, abs=0.05)


def test_who_remembers_all_questions_and_sees_nothing_knows_little_of_new_ones(drawn):
    known = defaultdict(Counter)
    for question, answer in yes_no(drawn[: COUNT // 2]):
        known[question][answer] += 1
    new = [(question, a) for question, a in yes_no(drawn[COUNT // 2 :]) if question in known]
    right = [known[question].most_common(1)[0][0] == answer for question, answer in new]
    assert len(right) > 1500
    assert sum(right) / len(right) < 0.55


def test_no_letter_is_the_better_guess(drawn):
    letters = defaultdict(Counter)
    for one in drawn:
        for turn in one.turns:
            offered = "".join(re.findall(r"^([A-D])\. ", turn.prompt, flags=re.MULTILINE))
            if offered:
                letters[offered][turn.answer.removesuffix(".")[-1]] += 1
    assert set(letters) == {"AB", "ABC", "ABCD"}
    for offered, count in letters.items():
        spread = 4 * math.sqrt(1 / len(offered) / count.total())
        for letter in offered:
            share = count[letter] / count.total()
            assert share == pytest.approx(1 / len(offered), abs=spread), (offered, letter)


def test_what_only_the_test_part_draws_is_neither_shown_nor_asked(drawn):
    texts = " ".join(f"{turn.prompt} {turn.answer}" for one in drawn for turn in one.turns)
    pairs = [f"{c} {k}" for c in COLOURS for k in KINDS if held_out_pair(c, k)]
    assert len(pairs) == len(KINDS)
    assert [pair for pair in pairs if f" {pair} " in texts or f" {pair}." in texts] == []
    assert [word for word in LABELS if held_out_word(word) and f"labelled {word}" in texts] == []


def test_a_caption_names_every_object_in_raster_order():
    cup, key = Thing("cup", "red", "small", 0, 2), Thing("key", "blue", "large", 1, 1, "ACORN")
    scene = Scene((cup, key))
    assert scene.describe() == (
        "Top right: a small red cup. Centre: a large blue key labelled ACORN."
    )


def test_labels_agree_with_a_picture_whose_patches_are_known():
    # Half the side of a large square is 0.85 x 0.84 x 63 px = 45 px, around the cell's middle, 63.
    scene = Scene((Thing("square", "red", "large", 0, 1),))
    ink = inked(scene, numpy.asarray(scene.draw()))
    rows, columns = numpy.nonzero(ink)
    edges = (rows.min(), rows.max(), columns.min() - 126, columns.max() - 126)
    assert edges == pytest.approx((18, 108, 18, 108), abs=2)


@pytest.mark.parametrize("index", range(6))
def test_every_labelled_patch_holds_the_colour_that_its_label_says(index):
    labelled = drawn_labels("train", 5, index)
    assert {name: array.shape for name, array in labelled.classes.items()} == {
        "kind": (27, 27), "colour": (27, 27)
    }  # fmt: skip
    assert all(labelled.classes[name].max() < count for name, count in CLASSES.items())
    pixels = numpy.asarray(labelled.picture).astype(int)
    kinds, colours = labelled.classes["kind"], labelled.classes["colour"]
    assert ((kinds > 0) == (colours > 0)).all()
    inside = 0
    for row, column in numpy.argwhere(colours > 0):
        patch = pixels[14 * row : 14 * row + 14, 14 * column : 14 * column + 14].reshape(-1, 3)
        body = numpy.array(list(COLOURS.values())[colours[row, column] - 1])
        inside += (abs(patch - body).sum(axis=1) < 30).any()
    assert inside > 0.75 * (colours > 0).sum()  # the others hold outline or shade alone


def test_an_empty_patch_is_paper_and_labels_are_the_same_again():
    labelled, again = drawn_labels("val", 3, 1), drawn_labels("val", 3, 1)
    assert all((labelled.classes[n] == again.classes[n]).all() for n in CLASSES)
    pixels = numpy.asarray(labelled.picture)
    papers = {tuple(paper) for paper in PAPERS}
    for row, column in numpy.argwhere(labelled.classes["kind"] == 0):
        patch = pixels[14 * row : 14 * row + 14, 14 * column : 14 * column + 14].reshape(-1, 3)
        paper = sum(tuple(int(v) for v in pixel) in papers for pixel in patch)
        assert paper > 0.3 * len(patch)  # words under objects are paper too


@pytest.mark.parametrize("grid", [27, 9, 4])
def test_places_are_ninths_of_the_picture_from_the_top_and_from_the_left(grid):
    places = place_labels(grid)
    assert {name: array.shape for name, array in places.items()} == {
        "row": (grid, grid), "column": (grid, grid)
    }  # fmt: skip
    for line in range(grid):
        ninth = 1 + math.floor(9 * line / grid)
        assert set(places["row"][line]) == set(places["column"][:, line]) == {ninth}


def test_every_labelled_picture_of_the_tower_s_training_tells_places_too():
    labels = drawn_dense_labels(DrawnData(samples=4), 27)
    for index in range(4):
        classes = labels(index).classes
        assert {"row", "column"} < set(classes) <= set(class_counts())
        assert all(array.max() < class_counts()[name] for name, array in classes.items())


def test_a_grid_that_does_not_fit_is_refused():
    with pytest.raises(TrainingError, match="grid of 16"):
        drawn_labels("train", 0, 0, grid=16)
