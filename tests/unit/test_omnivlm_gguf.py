"""The pair of GGUF files, written here as NexaAI's converter writes them, and broken."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from torch import Tensor

import omnivlm
from omnivlm.checkpoint import filled, open_checkpoint
from omnivlm.config import OmniVLMConfig, ProjectorConfig
from omnivlm.errors import CheckpointError
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.presets import OMNIVLM_TINY
from omnivlm.questions import Question
from omnivlm.tokenizer import tiny_tokenizer

gguf = pytest.importorskip("gguf")

SMALL = OmniVLMConfig(
    name="omnivlm",
    vision=replace(
        OMNIVLM_TINY.vision,
        stem=(),
        image_size=130,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
    ),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=9, hidden_size=48),
    text=replace(
        OMNIVLM_TINY.text,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        rope_theta=20_000.0,
    ),
)

TEXT = [  # as llama.cpp's convert_hf_to_gguf renames a Qwen2
    ("language_model.model.embed_tokens", "token_embd"),
    ("language_model.model.norm", "output_norm"),
    ("language_model.model.layers.", "blk."),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.", "attn_"),
    ("mlp.", "ffn_"),
    ("_proj", ""),
]
VISION = [  # as examples/omni-vlm's converter renames the tower and the projector
    ("projector.linear_1", "mm.0"),
    ("projector.linear_2", "mm.2"),
    ("vision_model", "v"),
    ("encoder.layers", "blk"),
    ("embeddings.", ""),
    ("_proj", ""),
    ("self_attn.", "attn_"),
    ("layer_norm", "ln"),
    ("layernorm", "ln"),
    ("mlp.fc1", "ffn_down"),
    ("mlp.fc2", "ffn_up"),
    ("embedding", "embd"),
]


def renamed(name: str, rules: list[tuple[str, str]]) -> str:
    for ours, theirs in rules:
        name = name.replace(ours, theirs)
    return name


def write_text(path: Path, tensors: dict[str, Tensor], kind: str, arch: str = "qwen2") -> None:
    writer = gguf.GGUFWriter(path, arch)
    text = SMALL.text
    writer.add_context_length(text.max_position_embeddings)
    writer.add_embedding_length(text.hidden_size)
    writer.add_block_count(text.num_hidden_layers)
    writer.add_feed_forward_length(text.intermediate_size)
    writer.add_head_count(text.num_attention_heads)
    writer.add_head_count_kv(text.num_key_value_heads)
    writer.add_rope_freq_base(text.rope_theta)
    writer.add_layer_norm_rms_eps(text.rms_norm_eps)
    add_tokenizer(writer)
    for name, tensor in tensors.items():
        if name.startswith("language_model."):
            add(writer, renamed(name, TEXT), tensor, kind)
    finish(writer)


def add_tokenizer(writer: gguf.GGUFWriter) -> None:
    import json

    model = json.loads(tiny_tokenizer(1024).tokenizer_json)["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token.startswith("<|") else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])


def write_vision(path: Path, tensors: dict[str, Tensor], kind: str = "F16") -> None:
    writer = gguf.GGUFWriter(path, "siglip")
    vision, key = SMALL.vision, "siglip.vision."
    writer.add_bool("siglip.has_omni_vlm_projector", True)
    writer.add_uint32(key + "image_size", vision.image_size)
    writer.add_uint32(key + "embedding_length", vision.hidden_size)
    writer.add_uint32(key + "attention.head_count", vision.num_attention_heads)
    writer.add_uint32(key + "patch_size", vision.patch_size)
    writer.add_uint32(key + "block_count", vision.num_hidden_layers)
    writer.add_uint32(key + "feed_forward_length", vision.intermediate_size)
    writer.add_uint32(key + "projection_dim", SMALL.projector.hidden_size)
    for name, tensor in tensors.items():
        if not name.startswith("language_model."):
            add(writer, renamed(name, VISION), tensor.squeeze(), kind)
    finish(writer)


def add(writer: gguf.GGUFWriter, name: str, tensor: Tensor, kind: str) -> None:
    """Matrices in `kind`, all else in float32."""
    values = tensor.numpy()
    matrix = tensor.dim() >= 2
    if kind == "Q8_0" and matrix and tensor.shape[-1] % 32 == 0:
        quantised = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    else:
        writer.add_tensor(name, values.astype(np.float16) if matrix and kind != "F32" else values)


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    drawn = untrained(SMALL, 5, torch.float32)
    return {name: tensor.mul_(3) if tensor.dim() > 1 else tensor for name, tensor in drawn.items()}


def pair(folder: Path, tensors: dict[str, Tensor], kind: str) -> Path:
    folder.mkdir()
    write_text(folder / "Nano-Llm.gguf", tensors, kind)
    write_vision(folder / "mmproj-omni-vlm.gguf", tensors, "F32" if kind == "F32" else "F16")
    return folder


@pytest.fixture
def written(tmp_path: Path, tensors: dict[str, Tensor]) -> Path:
    return pair(tmp_path / "pair", tensors, "F32")


@pytest.mark.parametrize(("kind", "tolerance"), [("F32", 0.0), ("F16", 1e-3), ("Q8_0", 2e-2)])
def test_a_pair_holds_the_model_it_was_written_from(
    tmp_path: Path, tensors: dict[str, Tensor], kind: str, tolerance: float
) -> None:
    folder = pair(tmp_path / kind, tensors, kind)
    loaded = omnivlm.load(folder)
    assert loaded.config == SMALL
    assert loaded.origin.startswith(f"{folder} (GGUF, ")
    assert len(loaded.sha256) == 64
    for name, parameter in loaded.model.named_parameters():
        torch.testing.assert_close(parameter, tensors[name], atol=tolerance, rtol=tolerance)
    reference = filled(on_meta(SMALL), tensors, torch.device("cpu"))
    pixels = torch.randn(1, 3, 130, 130, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        theirs, ours = (each.project(each.see(pixels)) for each in (reference, loaded.model))
    assert (ours - theirs).norm() <= 10 * tolerance * theirs.norm()


def test_a_pair_reads_and_writes_text(written: Path) -> None:
    loaded, tiny = omnivlm.load(written), tiny_tokenizer(1024)
    for text in ("Is there a cup?", "naïve 🐈 1234", "<|im_start|>"):
        assert loaded.tokenizer.encode([text]) == tiny.encode([text])
        assert loaded.tokenizer.decode(tiny.encode([text])) == text
    assert loaded.tokenizer.special == tiny.special
    (answer,) = loaded.generate([Question("?", (PIL.Image.new("RGB", (20, 30), "red"),), 3)])
    assert answer.tokens_out >= 1


def test_a_tokenizer_beside_the_pair_comes_first(written: Path) -> None:
    (written / "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is not a tokenizer"):
        omnivlm.load(written)


def test_the_newer_names_of_the_feed_forward_layer_are_known(
    written: Path, tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"ffn_down": "ffn_up", "ffn_up": "ffn_down"}
    newer = [(ours, other.get(theirs, theirs)) for ours, theirs in VISION]
    monkeypatch.setattr(sys.modules[__name__], "VISION", newer)
    (written / "mmproj-omni-vlm.gguf").unlink()
    write_vision(written / "mmproj-omni-vlm.gguf", tensors, "F32")
    name = "vision_model.encoder.layers.0.mlp.fc1.weight"
    assert torch.equal(dict(omnivlm.load(written).model.named_parameters())[name], tensors[name])


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        omnivlm.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_another_architecture_is_named(written: Path, tensors: dict[str, Tensor]) -> None:
    (written / "Nano-Llm.gguf").unlink()
    write_text(written / "Nano-Llm.gguf", tensors, "F32", arch="llama")
    assert "GGUF files of llama and siglip; OmniVLM's are of qwen2 and siglip" in refused(written)


def test_half_a_pair_is_named(written: Path) -> None:
    (written / "mmproj-omni-vlm.gguf").unlink()
    assert "holds 1 GGUF files; put a language model and its mmproj there" in refused(written)


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.3, 0.9])
@pytest.mark.parametrize("name", ["Nano-Llm.gguf", "mmproj-omni-vlm.gguf"])
def test_a_truncated_file_is_named(written: Path, name: str, share: float) -> None:
    path = written / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert f"{path} is truncated or not a GGUF file" in refused(written)


def test_a_missing_and_a_misshapen_tensor_are_named(
    tmp_path: Path, tensors: dict[str, Tensor]
) -> None:
    name = "language_model.model.layers.1.self_attn.q_proj.bias"
    without = {each: tensor for each, tensor in tensors.items() if each != name}
    assert f"lacks {name};" in refused(pair(tmp_path / "a", without, "F32"))
    wrong = {**tensors, name: torch.zeros(8)}
    assert f"{name} has the shape [8], config.json" in refused(pair(tmp_path / "b", wrong, "F32"))


def test_an_extra_tensor_and_a_nan_are_named(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    more = {**tensors, "language_model.model.layers.0.extra.weight": torch.zeros(4)}
    assert "has unknown blk.0.extra.weight" in refused(pair(tmp_path / "a", more, "F32"))
    bad = {**tensors, "projector.linear_1.bias": torch.full((48,), float("nan"))}
    assert "projector.linear_1.bias holds NaN" in refused(pair(tmp_path / "b", bad, "F32"))


def test_a_missing_key_is_named(written: Path) -> None:
    path = written / "mmproj-omni-vlm.gguf"
    path.write_bytes(path.read_bytes().replace(b"image_size", b"image_side"))
    assert f"{path} has no siglip.vision.image_size" in refused(written)


def test_without_the_package_a_line_says_what_to_install(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    assert re.search(r"install the package gguf: pip install 'omnibench\[gguf\]'", refused(written))


def test_safetensors_beside_a_pair_come_first(written: Path, tmp_path: Path) -> None:
    from omnivlm.cli import main

    assert main(["init", "--config", "tiny", "--out", str(tmp_path / "tiny")]) == 0
    for path in (tmp_path / "tiny").iterdir():
        shutil.copy(path, written)
    assert open_checkpoint(written).config == OMNIVLM_TINY
