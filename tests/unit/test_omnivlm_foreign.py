"""Checkpoints in several files, and those of nanoLLaVA and LLaVA, written here as others do."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import LlavaConfig, LlavaForConditionalGeneration, SiglipVisionConfig

import omnivlm
from omnivlm.checkpoint import open_checkpoint, write_checkpoint
from omnivlm.config import ModelConfig, NanoLLaVAConfig
from omnivlm.errors import CheckpointError
from omnivlm.foreign import named, read_config
from omnivlm.initialise import untrained
from omnivlm.presets import AURORA_TINY, NANOLLAVA, NANOLLAVA_TINY, OMNIVLM_968M, OMNIVLM_TINY
from omnivlm.processing import inputs_of
from omnivlm.questions import Question
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.towers import qwen2_config

TINY = replace(
    NANOLLAVA_TINY,
    name="llava",
    vision=replace(NANOLLAVA_TINY.vision, num_hidden_layers=2, stem=()),
    text=replace(NANOLLAVA_TINY.text, num_hidden_layers=1),
)
MORE = (OMNIVLM_TINY, NANOLLAVA_TINY, AURORA_TINY)


@pytest.mark.parametrize("config", MORE, ids=lambda config: config.name)
@pytest.mark.parametrize("shard_bytes", [None, 2_500_000])
def test_every_family_is_written_and_read_back(
    tmp_path: Path, config: ModelConfig, shard_bytes: int | None
) -> None:
    tensors = untrained(config, 1, torch.float32)
    write_checkpoint(
        tmp_path, config, tensors, origin="here", tokenizer=None, shard_bytes=shard_bytes
    )
    files = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert (len(files) > 4) == (shard_bytes is not None)
    assert (tmp_path / "model.safetensors.index.json").exists() == (shard_bytes is not None)
    loaded = omnivlm.load(tmp_path, text=False)
    assert loaded.config == config
    held = dict(loaded.model.named_parameters())
    assert held.keys() == tensors.keys()
    assert all(torch.equal(held[name], tensors[name]) for name in tensors)


@pytest.fixture(scope="module")
def sharded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    tensors = untrained(TINY, 1, torch.float32)
    write_checkpoint(
        folder, TINY, tensors, origin=None, tokenizer=tiny_tokenizer(1024), shard_bytes=2_000_000
    )
    return folder


@pytest.fixture
def sharded(sharded_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sharded_once, tmp_path / "shards")


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        omnivlm.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_shards_have_one_digest(sharded: Path) -> None:
    first = open_checkpoint(sharded).sha256()
    assert len(first) == 64
    path = max(sharded.glob("*.safetensors"))
    held = load_file(path)
    name = max(held)
    save_file({**held, name: held[name] + 1}, path, {"format": "pt"})
    assert open_checkpoint(sharded).sha256() != first


def test_a_missing_shard_is_named(sharded: Path) -> None:
    path = max(sharded.glob("*.safetensors"))
    path.unlink()
    assert f"no {path.name} in {sharded}, though model.safetensors.index" in refused(sharded)


def test_a_truncated_shard_is_named(sharded: Path) -> None:
    path = max(sharded.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    assert f"{path} is truncated or not a safetensors file" in refused(sharded)


def test_a_name_in_two_shards_is_named(sharded: Path) -> None:
    first, last = min(sharded.glob("*.safetensors")), max(sharded.glob("*.safetensors"))
    name, tensor = next(iter(load_file(first).items()))
    save_file({**load_file(last), name: tensor}, last, {"format": "pt"})
    assert f"{last} holds {name} a second time" in refused(sharded)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": 1, "b": "c"}}']
)
def test_a_broken_index_is_named(sharded: Path, text: str) -> None:
    (sharded / "model.safetensors.index.json").write_text(text)
    assert "model.safetensors.index.json" in refused(sharded)


def test_an_index_does_not_lead_out_of_its_folder(sharded: Path) -> None:
    listed = '{"weight_map": {"a": "../model.safetensors"}}'
    (sharded / "model.safetensors.index.json").write_text(listed)
    assert "names '../model.safetensors', which is no file of its folder" in refused(sharded)


def nanollava_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """As in qnguyen3/nanoLLaVA, with the output layer that repeats the embedding."""
    rules = [
        ("vision_model.", "model.vision_tower.vision_tower.vision_model."),
        ("projector.linear_1.", "model.mm_projector.0."),
        ("projector.linear_2.", "model.mm_projector.2."),
        ("language_model.model.", "model."),
    ]
    renamed = {}
    for name, tensor in tensors.items():
        ours, theirs = next(rule for rule in rules if name.startswith(rule[0]))
        renamed[theirs + name.removeprefix(ours)] = tensor
    renamed["lm_head.weight"] = renamed["model.embed_tokens.weight"].clone()
    renamed["model.vision_tower.vision_tower.vision_model.embeddings.position_ids"] = torch.arange(
        729
    )[None]
    return renamed


def nanollava_config(config: NanoLLaVAConfig) -> dict[str, Any]:
    """The flat keys of Bunny's code."""
    text, vision = config.text, config.vision
    return {
        "model_type": "llava-qwen2",
        "architectures": ["BunnyQwenForCausalLM"],
        "mm_projector_type": "mlp2x_gelu",
        "mm_vision_tower": "google/siglip-so400m-patch14-384",
        "tie_word_embeddings": True,
        "vocab_size": text.vocab_size,
        "hidden_size": text.hidden_size,
        "intermediate_size": text.intermediate_size,
        "num_hidden_layers": text.num_hidden_layers,
        "num_attention_heads": text.num_attention_heads,
        "num_key_value_heads": text.num_key_value_heads,
        "max_position_embeddings": text.max_position_embeddings,
        "rope_theta": text.rope_theta,
        "vision_config": {
            "image_size": vision.image_size,
            "patch_size": vision.patch_size,
            "hidden_size": vision.hidden_size,
            "intermediate_size": vision.intermediate_size,
            "num_hidden_layers": vision.num_hidden_layers,
            "num_attention_heads": vision.num_attention_heads,
        },
    }


def write_foreign(folder: Path, config: dict[str, Any], tensors: dict[str, Tensor]) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "tokenizer.json").write_text(tiny_tokenizer(1024).tokenizer_json)
    return folder


def test_nanollavas_own_checkpoint_is_read(tmp_path: Path) -> None:
    tensors = untrained(TINY, 2, torch.float32)
    folder = write_foreign(tmp_path / "n", nanollava_config(TINY), nanollava_names(tensors))
    loaded = omnivlm.load(folder)
    assert loaded.config == replace(TINY, name="nanollava")
    held = dict(loaded.model.named_parameters())
    assert all(torch.equal(held[name], tensors[name]) for name in tensors)
    (answer,) = loaded.generate([Question("?", (PIL.Image.new("RGB", (20, 30), "red"),), 2)])
    assert answer.tokens_in > 729


def test_an_output_layer_that_is_not_the_embedding_is_refused(tmp_path: Path) -> None:
    tensors = nanollava_names(untrained(TINY, 2, torch.float32))
    tensors["lm_head.weight"] += 1
    message = refused(write_foreign(tmp_path / "n", nanollava_config(TINY), tensors))
    assert "language_model.lm_head.weight differs from the embedding" in message


def test_an_output_layer_of_its_own_is_read(tmp_path: Path) -> None:
    tensors = nanollava_names(untrained(TINY, 2, torch.float32))
    tensors["lm_head.weight"] += 1
    config = {**nanollava_config(TINY), "tie_word_embeddings": False}
    model = omnivlm.load(write_foreign(tmp_path / "n", config, tensors)).model.language_model
    assert torch.equal(model.lm_head.weight, model.model.embed_tokens.weight + 1)


def llava(feature_layer: int = -2) -> LlavaForConditionalGeneration:
    vision = TINY.vision
    config = LlavaConfig(
        vision_config=SiglipVisionConfig(
            image_size=vision.image_size,
            patch_size=vision.patch_size,
            hidden_size=vision.hidden_size,
            intermediate_size=vision.intermediate_size,
            num_hidden_layers=vision.num_hidden_layers,
            num_attention_heads=vision.num_attention_heads,
        ),
        text_config=qwen2_config(TINY.text),
        image_token_index=5,
        vision_feature_layer=feature_layer,
        vision_feature_select_strategy="full",
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    return LlavaForConditionalGeneration(config).eval()


@pytest.mark.parametrize("feature_layer", [-1, -2])
def test_what_transformers_writes_of_a_llava_is_read(tmp_path: Path, feature_layer: int) -> None:
    theirs = llava(feature_layer)
    theirs.save_pretrained(tmp_path, max_shard_size="2MB")
    loaded = omnivlm.load(tmp_path, text=False)
    assert loaded.config.name == "llava"
    inputs = inputs_of(PIL.Image.radial_gradient("L"), loaded.config.vision)
    ids = torch.tensor([7, *[5] * 729, 9])
    with torch.inference_mode():
        expected = theirs(input_ids=ids[None], pixel_values=inputs.pixels).logits
        seen = loaded.model.seen(loaded.model.features(inputs))
        ours = loaded.model.language_model(inputs_embeds=loaded.model.embed(ids, 5, seen)[None])
    torch.testing.assert_close(ours.logits, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("vision_config.model_type", "clip_vision_model", "its tower is 'clip_vision_model'"),
        ("text_config.model_type", "llama", "its language model is 'llama'; only 'qwen2'"),
        (
            "vision_feature_select_strategy",
            "default",
            "vision_feature_select_strategy is 'default'",
        ),
        ("projector_hidden_act", "relu", "its activation in the projector is 'relu'"),
        ("vision_feature_layer", [-1, -2], r"vision_feature_layer is \[-1, -2\]"),
    ],
)
def test_another_llava_is_refused(tmp_path: Path, place: str, value: object, message: str) -> None:
    config = llava().config.to_dict()
    *parents, last = place.split(".")
    part = config
    for parent in parents:
        part = part[parent]
    part[last] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=message):
        read_config(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mm_projector_type": "linear"}, "its projector is 'linear'; only 'mlp2x_gelu'"),
        ({"vision_config": None, "mm_vision_tower": "openai/clip"}, "only SigLIP is known"),
        ({"hidden_size": "wide"}, "config"),
        ({"num_attention_heads": 5}, "num_attention_heads"),
    ],
)
def test_another_bunny_is_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    config = {**nanollava_config(TINY), **changes}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=message):
        read_config(tmp_path / "config.json")


def test_the_papers_models_are_known_by_their_shapes(tmp_path: Path) -> None:
    config = nanollava_config(NANOLLAVA)
    del config["vision_config"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert read_config(tmp_path / "config.json") == (NANOLLAVA, None)
    nameless = replace(OMNIVLM_968M, name="x", text=replace(OMNIVLM_968M.text, rope_theta=1e6))
    assert named(nameless) == OMNIVLM_968M
    assert named(TINY) is TINY
