"""Captions against scenes: what they name falsely, how far edits go, and the smallest that mend."""

import random
from itertools import permutations

import pytest

from omnivlm.data.captions import Mentions, mentions, read_caption
from omnivlm.data.parts import item_random
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import COLOURS, KINDS
from omnivlm.data.world import sample_scene
from omnivlm.errors import OmniVLMError
from omnivlm.training.edits import edit_ratio, word_edits
from omnivlm.training.false_objects import difference_of_false, share_of_false
from omnivlm.training.scene_teacher import corrected

SCENE = Scene((
    Thing("cup", "red", "small", 0, 0),
    Thing("key", "blue", "large", 1, 1, "ACORN"),
    Thing("cup", "pink", "large", 2, 2),
))  # fmt: skip
TRUE = (
    "Top left: a small red cup. Centre: a large blue key labelled ACORN."
    " Bottom right: a large pink cup."
)


def scenes(count, labelled=False):
    for index in range(count):
        yield sample_scene(item_random("val", "captions test", index), "val", labelled=labelled)


@pytest.mark.parametrize("labelled", [False, True])
def test_a_caption_is_read_back_as_it_was_drawn(labelled):
    for scene in scenes(40, labelled):
        assert read_caption(scene.describe()) == list(scene.things)


@pytest.mark.parametrize(
    "text",
    ["", "A red cup.", "Top left: a small red cup", TRUE + " And a dog.", "Top left: a cup.",
     "Top left: a small red cup labelled.", TRUE.replace("red", "grey")],
)  # fmt: skip
def test_what_is_of_another_form_is_not_read(text):
    assert read_caption(text) is None
    assert corrected(text, SCENE) is None


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        (TRUE, Mentions(3, 0, 0)),
        ("", Mentions(0, 0, 0)),
        ("Two cups and a Key.", Mentions(2, 0, 0)),
        ("A cup, a cup, a cup and a dog.", Mentions(3, 1, 0)),  # a third cup is not there
        ("A boat, an umbrella and a cup beside a boat.", Mentions(4, 3, 3)),
        ("A keyboard on the bookshelf, cups", Mentions(1, 0, 0)),  # whole words alone
        ("Fish swim.", Mentions(1, 1, 1)),
    ],
)
def test_false_objects_are_counted_by_hand(text, counted):
    assert mentions(text, SCENE) == counted


def test_the_share_and_the_difference_are_those_of_the_sums():
    first = [Mentions(4, 1, 1), Mentions(6, 0, 0)]
    second = [Mentions(5, 2, 2), Mentions(5, 2, 0)]
    assert share_of_false(first).value == pytest.approx(1 / 10)
    difference = difference_of_false(first, second)
    assert difference.value == pytest.approx(1 / 10 - 4 / 10)
    # Either scene drawn twice, or one of each: 1/4 - 2/5, 0 - 2/5 and the above.
    assert (difference.low, difference.high) == pytest.approx((-0.4, -0.15))


def test_captions_that_do_not_differ_do_not_differ():
    same = [Mentions(5, index % 2, 0) for index in range(20)]
    difference = difference_of_false(same, same)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_the_interval_is_as_wide_as_the_delta_method_says():
    draws = random.Random(3)
    first = [Mentions(n := draws.randint(4, 8), draws.randint(0, n) // 3, 0) for _ in range(400)]
    second = [Mentions(n := draws.randint(4, 8), draws.randint(0, n) // 2, 0) for _ in range(400)]
    values = [sum(m.false for m in side) / sum(m.named for m in side) for side in (first, second)]
    named = [sum(m.named for m in side) / len(side) for side in (first, second)]
    influence = [
        (a.false - values[0] * a.named) / named[0] - (b.false - values[1] * b.named) / named[1]
        for a, b in zip(first, second, strict=True)
    ]
    deviation = (sum(x * x for x in influence) / len(influence)) ** 0.5 / len(influence) ** 0.5
    found = difference_of_false(first, second)
    assert found.value == pytest.approx(values[0] - values[1])
    assert (found.high - found.low) / (2 * 1.96 * deviation) == pytest.approx(1, abs=0.06)


def test_captions_of_other_scenes_and_none_at_all_are_refused():
    with pytest.raises(OmniVLMError, match="same scenes"):
        difference_of_false([Mentions(1, 0, 0)], [])
    with pytest.raises(OmniVLMError, match="no captions"):
        share_of_false([])


def plain_edits(old, new):
    """Levenshtein's distance by its definition."""
    if not old or not new:
        return len(old) + len(new)
    if old[0] == new[0]:
        return plain_edits(old[1:], new[1:])
    rest = (old[1:], new), (old, new[1:]), (old[1:], new[1:])
    return 1 + min(plain_edits(*each) for each in rest)


def test_edits_are_levenshtein_s_over_words():
    draws = random.Random(5)
    for _ in range(60):
        old, new = ([draws.choice("abc") for _ in range(draws.randint(0, 6))] for _ in range(2))
        assert word_edits(" ".join(old), " ".join(new)) == plain_edits(old, new)


def test_the_edit_ratio_is_of_the_longer_text():
    assert edit_ratio("a red cup", "a blue cup") == pytest.approx(1 / 3)
    assert edit_ratio("a cup", "a red cup now") == pytest.approx(2 / 4)
    assert edit_ratio("", "") == 0
    assert edit_ratio("", "a") == 1


@pytest.mark.parametrize(
    ("said", "mended"),
    [
        (TRUE, TRUE),
        (TRUE.replace("red", "green"), TRUE),
        (TRUE.replace("key", "boat"), TRUE),
        (TRUE.replace("Top left", "Top right"), TRUE),
        (TRUE.replace("ACORN", "BRICK"), TRUE),
        (TRUE.replace("small", "large"), TRUE),
        (TRUE + " Middle left: a large orange fish.", TRUE),  # no object is left for it
        ("Centre: a large blue key.", "Centre: a large blue key."),  # what is left out is not false
        ("Bottom left: a small red cup labelled TULIP.", "Top left: a small red cup."),
        ("Centre: a large blue key. Top right: a large blue key.",
         "Centre: a large blue key. Bottom right: a large pink cup."),
    ],
)  # fmt: skip
def test_the_smallest_edits_mend_a_caption(said, mended):
    assert corrected(said, SCENE) == mended


def spoilt(scene, draws):
    things = []
    for thing in scene.things:
        kind = draws.choice(list(KINDS)) if draws.random() < 0.3 else thing.kind
        colour = draws.choice(list(COLOURS)) if draws.random() < 0.3 else thing.colour
        row = draws.randrange(3) if draws.random() < 0.2 else thing.row
        things.append(Thing(kind, colour, thing.size, row, thing.column))
    return things


def test_no_true_caption_of_the_same_sentences_is_nearer():
    draws = random.Random(9)
    for scene in scenes(10):
        said = spoilt(Scene(scene.things[:3]), draws)
        text = " ".join(thing.describe() for thing in said)
        found = corrected(text, scene)
        slots = [*scene.things, *[None] * len(said)]
        nearest = min(
            sum(
                word_edits(one.describe(), "" if thing is None else thing.describe())
                for one, thing in zip(said, chosen, strict=True)
            )
            for chosen in permutations(slots, len(said))
        )
        assert word_edits(text, found) <= nearest
        kept = read_caption(found) if found else []
        assert all(thing in scene.things for thing in kept)
        assert len(set(kept)) == len(kept)


def test_a_model_that_repeats_itself_is_mended_too():
    assert corrected(" ".join(["Top left: a small red cup."] * 25), SCENE).startswith("Top left")
