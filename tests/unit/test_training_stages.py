"""Stages: what each trains and freezes, what it starts from, and the features it keeps."""

from dataclasses import replace
from pathlib import Path

import numpy
import PIL.Image
import pytest
import torch

from omnivlm.checkpoint import write_checkpoint
from omnivlm.cli.train import recipe_file
from omnivlm.errors import CheckpointError, PictureError, TrainingError
from omnivlm.initialise import untrained
from omnivlm.loading import filled, load, on_meta
from omnivlm.model import OmniVLM
from omnivlm.presets import NANOLLAVA_TINY, OMNIVLM_TINY
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.training.captions_alone import CaptionsAlone
from omnivlm.training.features import FeatureStore, tower_digest
from omnivlm.training.metrics import read_metrics
from omnivlm.training.picture_labels import characters, picture_labels, tints
from omnivlm.training.preference_job import PreferenceJob, answers_logps
from omnivlm.training.processes import Alone
from omnivlm.training.recipe import DrawnData, Recipe, Stage, Start, read_recipe
from omnivlm.training.samples import Conversation, Preference, Turn
from omnivlm.training.sources import conversations
from omnivlm.training.stages import TRAINED, Place, run_stage
from omnivlm.training.starting import first_weights
from omnivlm.training.template import Template
from tests.unit.training_toy import Silent

CPU = torch.device("cpu")


def model_of(seed: int = 0) -> OmniVLM:
    model = filled(on_meta(OMNIVLM_TINY), untrained(OMNIVLM_TINY, seed, torch.float32), CPU)
    assert isinstance(model, OmniVLM)
    return model


def one_step(**stages: Stage) -> Recipe:
    return Recipe(model="omnivlm-tiny", **stages)  # type: ignore[arg-type]


def stage(**changes: object) -> Stage:
    settings = {"data": DrawnData(samples=4), "steps": 1, "batch": 1, "learning_rate": 1e-3}
    return Stage(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["alignment", "language", "pretrain", "sft"])
def test_what_is_frozen_stays_as_it_was(tmp_path: Path, name: str) -> None:
    recipe = one_step(**{name: stage()})
    before, _ = first_weights(recipe, tmp_path)
    place = Place(tmp_path, tmp_path)
    run_stage(recipe, name, place, Alone("float32", CPU), Silent(), resume=False)  # type: ignore[arg-type]
    from safetensors.torch import load_file

    after = load_file(place.model(name) / "model.safetensors")  # type: ignore[arg-type]
    changed = {
        key for key, value in before.named_parameters() if not torch.equal(after[key], value)
    }
    trained = {key for key in after if key.startswith(TRAINED[name])}  # type: ignore[index]
    assert changed <= trained
    assert len(changed) > 0.9 * len(trained)


def test_a_projector_without_a_rate_of_its_own_stays_as_it_was(tmp_path: Path) -> None:
    recipe = one_step(language=stage(projector=0.0))
    before, _ = first_weights(recipe, tmp_path)
    place = Place(tmp_path, tmp_path)
    run_stage(recipe, "language", place, Alone("float32", CPU), Silent(), resume=False)
    from safetensors.torch import load_file

    after = load_file(place.model("language") / "model.safetensors")
    same = {key for key, value in before.named_parameters() if torch.equal(after[key], value)}
    assert {key for key in after if key.startswith("projector.")} <= same
    assert not {key for key in same if key.startswith("language_model.") and "proj" in key}


def test_drawn_keys_begin_as_the_queries_do(tmp_path: Path) -> None:
    tensors = dict(first_weights(one_step(sft=stage()), tmp_path)[0].named_parameters())
    queries = [name for name in tensors if "language" in name and "q_proj.weight" in name]
    assert len(queries) == OMNIVLM_TINY.text.num_hidden_layers
    for name in queries:
        assert torch.equal(tensors[name], tensors[name.replace("q_proj", "k_proj")])
    other = tensors[queries[0].replace("layers.0", "layers.1")]
    assert not torch.equal(tensors[queries[0]], other)


def test_pretrained_parts_take_stage_0s_place(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(1024)
    for number, name in enumerate(("tower", "language"), 1):
        tensors = untrained(OMNIVLM_TINY, number, torch.float32)
        write_checkpoint(tmp_path / name, OMNIVLM_TINY, tensors, origin=name, tokenizer=tokenizer)
    recipe = Recipe(model="nanollava-tiny", start=Start("tower", "language"), sft=stage())
    model, read = first_weights(recipe, tmp_path)
    assert model.config == NANOLLAVA_TINY
    assert read.tokenizer_json == tokenizer.tokenizer_json
    tower, language = model_of(1), model_of(2)
    name = "encoder.layers.1.mlp.fc1.weight"
    assert torch.equal(
        model.vision_model.get_parameter(name), tower.vision_model.get_parameter(name)
    )
    head, ours = model.language_model.lm_head.weight, language.language_model.lm_head.weight
    assert torch.equal(head, ours)

    (tmp_path / "tower" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError):
        first_weights(recipe, tmp_path)
    absent = Recipe(model="nanollava-tiny", start=Start("none", "language"), sft=stage())
    with pytest.raises(TrainingError, match=r"no folder .*none; \[start\] names"):
        first_weights(absent, tmp_path)
    with pytest.raises(TrainingError, match=r"name the folders of its parts under \[start\]"):
        first_weights(Recipe(model="omnivlm-968m", sft=stage()), tmp_path)


def test_the_bundled_recipe_that_starts_from_others_weights_finds_them() -> None:
    file = recipe_file("nanollava-tiny")
    model, _ = first_weights(read_recipe(file), file.parent)
    bundled = load("omnivlm-tiny").model
    name = "model.layers.1.mlp.up_proj.weight"
    assert torch.equal(
        model.language_model.get_parameter(name), bundled.language_model.get_parameter(name)
    )


def test_features_are_kept_once_and_within_bounds(tmp_path: Path) -> None:
    model, opened = model_of(), []

    def picture() -> PIL.Image.Image:
        opened.append(1)
        return PIL.Image.new("RGB", (40, 40), "red")

    one_bytes = 729 * 128 * 2
    store = FeatureStore(model, tmp_path, most_bytes=one_bytes + 1000)
    first, again = store.features(picture, "red"), store.features(picture, "red")
    assert (first.shape, first.dtype, len(opened)) == ((729, 128), torch.float16, 1)
    assert torch.equal(first, again)
    store.features(picture, "another")
    store.features(picture, "another")
    assert len(opened) == 3, "there is no room for a second picture"
    reopened = FeatureStore(model, tmp_path, most_bytes=10 * one_bytes)
    assert torch.equal(reopened.features(picture, "red"), first)
    assert len(opened) == 3
    assert tower_digest(model) != tower_digest(model_of(1))


def test_dpo_begins_at_the_reference(tmp_path: Path) -> None:
    model = model_of()
    template = Template(model.config, tiny_tokenizer(1024))

    def broken() -> PIL.Image.Image:
        raise PictureError("gone")

    def grey() -> PIL.Image.Image:
        return PIL.Image.new("RGB", (40, 40), "grey")

    pairs = [
        Preference("a", grey, "grey", "Describe the image.", "A red cup.", "A red cup and a key."),
        Preference("b", broken, "broken", "What?", "x", "y"),
    ]
    job = PreferenceJob(model, template, pairs, FeatureStore(model, tmp_path, 10**9), {}, 0.1)
    job.prepare()
    item = job.load(0)
    assert job.loss([item]).item() == pytest.approx(0.693147, abs=1e-5)
    with pytest.raises(PictureError):
        job.load(1)
    turns = [Turn(pairs[0].prompt, answer) for answer in (pairs[0].chosen, pairs[0].rejected)]
    asked = [template.merged([turn] * 2, 1, 9999) for turn in turns]
    alone = [answers_logps(model, template, [(each, (item.features,))]) for each in asked]
    expected = torch.stack([alone[0][0, 0], alone[1][0, 1]])
    torch.testing.assert_close(item.reference, expected, rtol=1e-4, atol=1e-3)


def test_a_pass_without_a_picture_teaches_the_projector_nothing(tmp_path: Path) -> None:
    """ScienceQA's form has questions without one, and a pass of one sample may be such a one."""
    data = DrawnData(samples=12, mix={"scienceqa": 1})
    recipe = one_step(pretrain=stage(data=data, batch=12, at_once=1))
    texts = sum(not conversations(data, tmp_path)[i].pictures for i in range(12))
    assert 0 < texts < 12
    place = Place(tmp_path, tmp_path)
    run_stage(recipe, "pretrain", place, Alone("float32", CPU), Silent(), resume=False)
    (metric,) = read_metrics(place.stage("pretrain"))
    assert metric.gradient > 0


class _Two:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int, /) -> Conversation:
        turns = (Turn("Describe.", "A cup."), Turn("Is it red?", "no"))
        return Conversation(str(index), (PIL.Image.Image,), ("key",), turns)


def test_captions_are_left_alone() -> None:
    alone = CaptionsAlone(_Two())
    assert (len(alone), alone[1].turns) == (2, (Turn("Describe.", "A cup."),))


def test_writing_and_tints_are_labelled_where_they_are() -> None:
    from omnivlm.data.canvas import Canvas

    canvas = Canvas(270, 270)
    canvas.text((20, 135), "Hi", 40, "lm", (0, 0, 0))
    canvas.rectangle((200, 0, 270, 70), (255, 0, 0))
    picture = canvas.finish()
    left, right = characters(picture, 27)
    row = [chr(each + 32) for pair in zip(left[13], right[13], strict=True) for each in pair]
    text = "".join(row).strip()
    assert set(text) == {"H", "i"}
    assert text == "H" * text.count("H") + "i" * text.count("i")
    assert row.index("H") == 4, "20 px of 270 are four half patches of 54"
    assert not left[:9].any()
    tint = tints(picture, 27)
    assert (tint[26, 26], tint[1, 25]) == (26, 18)


@pytest.mark.parametrize("index", range(6))
def test_every_kind_of_picture_has_labels(index: int) -> None:
    labelled = picture_labels("train", 0, index)
    assert {"tint"} <= labelled.classes.keys() <= {"tint", "left", "right", "kind", "colour"}
    for classes in labelled.classes.values():
        assert classes.shape == (27, 27)
        assert numpy.issubdtype(classes.dtype, numpy.integer)
    assert replace(labelled) is not labelled
