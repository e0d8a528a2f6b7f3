"""The projector's first lesson: each visual token says the words that it shows."""

from pathlib import Path

import pytest
import torch

from omnivlm.data.diagram_questions import sample_map, sample_prices
from omnivlm.data.parts import item_random
from omnivlm.data.scene import Scene, Thing, cell_name
from omnivlm.training.alignment_job import AlignmentJob
from omnivlm.training.features import FeatureStore
from omnivlm.training.recipe import DrawnData, Recipe, Stage
from omnivlm.training.seen_words import place_words, seen_words
from omnivlm.training.shown_pictures import shown_picture
from omnivlm.training.starting import first_weights

ROWS, COLUMNS = 27, 3


def words_of(described):
    return seen_words(described, described.draw(), ROWS, COLUMNS)


def test_a_token_of_a_scene_shows_kind_and_colour_where_the_object_lies():
    cup, key = Thing("cup", "red", "large", 0, 2), Thing("key", "blue", "large", 1, 0)
    shown = words_of(Scene((cup, key)))
    said = {number: words for number, words in enumerate(shown) if words}
    assert {tuple(words) for words in said.values()} == {("cup", "red"), ("key", "blue")}
    for number, (kind, _) in said.items():
        row, column = divmod(number, COLUMNS)
        assert (row // 9, column) == ((0, 2) if kind == "cup" else (1, 0))


def test_a_token_of_a_map_shows_what_is_written_there():
    for index in range(10):
        town = sample_map(item_random("val", "seen", index))
        shown = words_of(town)
        for name, (row, column) in town.places.items():
            there = {n for n, words in enumerate(shown) if name in words}
            assert (row, column) in {(n // COLUMNS // 9, n % COLUMNS) for n in there}
            assert {n // COLUMNS // 9 for n in there} == {row}, "only a long name leaves its column"


def test_words_move_with_a_picture_that_is_padded_to_a_square():
    board = sample_prices(item_random("val", "seen", 1))
    picture = board.draw()
    assert picture.height < picture.width
    wide, square = (
        seen_words(board, picture, ROWS, ROWS, padded=padded) for padded in (False, True)
    )
    for item in board.prices:
        placed = [[n for n, words in enumerate(each) if item in words] for each in (wide, square)]
        assert {n % ROWS for n in placed[0]} == {n % ROWS for n in placed[1]}
        middles = [(sum(n // ROWS for n in each) / len(each) + 0.5) / ROWS for each in placed]
        shrunk = 0.5 + (middles[0] - 0.5) * picture.height / picture.width
        assert middles[1] == pytest.approx(shrunk, abs=1 / ROWS)


def test_the_words_of_a_place_are_those_of_captions():
    for row in range(3):
        for column in range(3):
            token = (9 * row + 4) * COLUMNS + column
            assert " ".join(place_words(token, ROWS, COLUMNS)) == cell_name(row, column)


@pytest.fixture
def job(tmp_path):
    stage = Stage(data=DrawnData(samples=4), steps=1, batch=1, learning_rate=1e-3)
    model, tokenizer = first_weights(Recipe(model="omnivlm-tiny", alignment=stage), Path())
    store = FeatureStore(model, tmp_path, 1 << 30)
    made = AlignmentJob(model, tokenizer, lambda i: shown_picture("val", 3, i), 4, store, 4)
    made.prepare()
    return made, model


def test_whitening_ends_up_in_the_projectors_first_layer(job):
    """What the job computes with whitened features the model computes with its own."""
    made, model = job
    items = [made.load(index) for index in range(4)]
    wanted = torch.cat([item.wanted for item in items])
    counted = torch.where(torch.cat([item.shows for item in items]), 1.0, 1 / 3)
    with torch.no_grad():
        expected = float(made.loss(items))
        made.finish()
        said = model.projector(torch.cat([item.tokens for item in items]))
    errors = ((said - wanted) ** 2).sum(1) * counted
    assert float(errors.sum()) == pytest.approx(expected, rel=1e-3)
    assert made.weight(items) == 4 * 81 == len(counted)
    assert 0 < int((counted == 1).sum()) < 4 * 81


def test_features_are_as_wide_in_every_direction_once_whitened(job):
    made, _ = job
    rows = torch.cat([made.load(index).tokens for index in range(4)])
    white = (rows - made._mean) @ made._whitening
    variances = torch.linalg.eigvalsh(white.double().T @ white.double() / len(white))
    raw = torch.linalg.eigvalsh((rows - made._mean).double().T @ (rows - made._mean).double())
    assert variances.max() < 1.01
    assert variances.max() / variances[-300] < 0.1 * raw.max() / raw[-300]


def test_what_a_token_should_say_is_the_sum_of_its_words_embeddings(job):
    made, model = job
    embeddings = model.language_model.model.embed_tokens.weight
    described = shown_picture("val", 3, 0)
    words = seen_words(described, described.draw(), ROWS, COLUMNS)
    item = made.load(0)
    for number in (n for n, shown in enumerate(words) if shown):
        ids = made._tokens_of(words[number])
        places = made._tokens_of(place_words(number, ROWS, COLUMNS))
        assert len(ids) == len(words[number]), "each is one token"
        total = embeddings[ids].sum(0) + 0.5 * embeddings[places].sum(0)
        assert torch.allclose(item.wanted[number], total, atol=1e-6)
        assert item.shows[number]
