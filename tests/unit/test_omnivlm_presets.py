"""The models that have a name: parameters, compressors, templates, untrained weights."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from omnivlm.compress import TokenConv, TokenMaxPool, compressor_of
from omnivlm.config import FusionConfig, OmniVLMConfig, ProjectorConfig, strip
from omnivlm.config_file import from_json, to_json
from omnivlm.errors import CheckpointError
from omnivlm.initialise import untrained
from omnivlm.loading import drawn, load
from omnivlm.model import AuroraEdge, on_meta, parameter_count
from omnivlm.presets import (
    AURORA_EDGE_V_2B,
    AURORA_TINY,
    FULL,
    NANOLLAVA,
    NANOLLAVA_TINY,
    OMNIVLM_968M,
    OMNIVLM_TINY,
    PRESETS,
    TINY,
)
from omnivlm.prompts import chat, spelled
from omnivlm.tokenizer import Tokenizer, tiny_tokenizer

COUNTS = {
    # SigLIP 428,225,600 + projector + Qwen2.5-0.5B 494,032,768; the paper says 968M
    "omnivlm-968m": 968_400_704,
    "omnivlm-729": 930_651_968,
    "omnivlm-243": 940_089_152,
    "omnivlm-9": 1_308_139_328,
    # SigLIP + 2,230,272 + Qwen1.5-0.5B 463,987,712, its tied embedding counted once
    "nanollava": 894_443_584,
    # SigLIP2 427,888,064 + 4,131,840 + 16,448 + Qwen2.5-1.5B 1,543,714,304
    "aurora-compress": 1_975_750_656,
    # + four projections and a feed-forward layer of 1536 -> 6144 -> 1536, with biases: 28,325,376
    "aurora-cross": 2_004_076_032,
    # + a layer of Qwen2.5-1.5B: 46,797,824
    "aurora-decoder": 2_022_548_480,
    "aurora-edge-v-2b": 2_050_873_856,
}
PRINTED = {"compress": "1.840", "cross": "1.866", "decoder": "1.884", "edge-v-2b": "1.910"}


def test_every_named_model_has_its_parameters() -> None:
    assert {name: parameter_count(on_meta(config)) for name, config in FULL.items()} == COUNTS


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="VmHWM is Linux's")
def test_counting_every_model_takes_no_memory() -> None:
    # VmHWM and not ru_maxrss: a child process inherits the latter from the tests' own peak
    code = (
        "from pathlib import Path\n"
        "from omnivlm.presets import FULL; from omnivlm.model import on_meta\n"
        "for config in FULL.values(): on_meta(config)\n"
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(line.split()[1] for line in lines if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10**6, "kilobytes"


def test_the_readme_lists_every_model_and_its_parameters(repository: Path) -> None:
    text = (repository / "model" / "README.md").read_text()
    tiny = [parameter_count(on_meta(config)) for config in TINY.values()]
    assert all(f"{count:,}" in text for count in [*COUNTS.values(), *tiny])


def test_the_papers_figures_of_aurora_are_in_binary_giga() -> None:
    for name, printed in PRINTED.items():
        assert f"{COUNTS[f'aurora-{name}'] / 2**30:.3f}" == printed


def test_nanollava_loads_a_layer_and_a_head_that_it_never_runs() -> None:
    tower = on_meta(NANOLLAVA).vision_model
    unused = (tower.encoder.layers[26], tower.post_layernorm, tower.head)
    never_run = sum(map(parameter_count, unused))
    assert COUNTS["nanollava"] - never_run == 863_963_424
    assert NANOLLAVA.visual_tokens == 729


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_a_configuration_survives_json(config: OmniVLMConfig) -> None:
    assert from_json(to_json(config)) == config
    assert PRESETS[config.name] == config


@pytest.mark.parametrize(("compressor", "parameters"), [("conv1d", 9), ("conv2d", 9)])
@pytest.mark.parametrize("tokens", [243, 81, 9])
def test_convolutions_compress_to_every_number_of_tokens(
    compressor: str, parameters: int, tokens: int
) -> None:
    vision = OMNIVLM_TINY.vision
    module = compressor_of(vision, ProjectorConfig(compressor, tokens, 8))
    width, factor = vision.hidden_size, 729 // tokens
    assert parameter_count(module) == factor * width * width + width
    assert module.width_out == width
    features = torch.randn(2, 729, width, generator=torch.Generator().manual_seed(0))
    assert module(features).shape == (2, tokens, width)


def test_the_convolutions_see_what_the_paper_says() -> None:
    """k = 9, s = 9 along the raster; (9, 1) of the 27 x 27 grid: nine below one another."""
    vision = replace(OMNIVLM_TINY.vision, hidden_size=1)
    raster = torch.arange(729.0)[None, :, None]
    for name, expected in (("conv1d", range(9)), ("conv2d", range(0, 243, 27))):
        module = compressor_of(vision, ProjectorConfig(name, 81, 8))
        for parameter in module.parameters():
            torch.nn.init.constant_(parameter, float(parameter.dim() > 1))
        assert module(raster)[0, 0, 0].item() == sum(expected)
    assert [strip(27, tokens) for tokens in (243, 81, 27, 9, 3, 27 * 9 * 2)] == [
        (3, 1), (9, 1), (27, 1), (27, 3), (27, 9), (1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("compressor", "tokens", "message"),
    [
        ("conv1d", 729, "conv1d leaves all 729 tokens; to compress nothing, name reshape"),
        ("conv2d", 729, "conv2d leaves all 729 tokens"),
        ("reshape", 100, "729 patches cannot be grouped into 100 visual tokens"),
        ("mlp", 81, "no compressor 'mlp'; known: reshape, conv1d, conv2d"),
    ],
)
def test_what_does_not_fit_is_refused(compressor: str, tokens: int, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        replace(OMNIVLM_TINY, projector=ProjectorConfig(compressor, tokens, 8))


def test_a_grid_without_blocks_is_refused() -> None:
    vision = replace(OMNIVLM_TINY.vision, image_size=6 * 14)
    with pytest.raises(CheckpointError, match="36 patches have no blocks that make 4"):
        replace(OMNIVLM_TINY, vision=vision, projector=ProjectorConfig("conv2d", 4, 8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vision": replace(AURORA_TINY.vision, num_patches=200)}, "num_patches is 200, not a sq"),
        (
            {"fusion": FusionConfig("late", 8)},
            "no fusion 'late'; known: none, cross, decoder, comb",
        ),
        ({"compressor": replace(AURORA_TINY.compressor, kind="sum")}, "no compressor 'sum'"),
        (
            {"compressor": replace(AURORA_TINY.compressor, kind="maxpool", visual_tokens=60)},
            "256 patches cannot be grouped into 60",
        ),
    ],
)
def test_an_impossible_aurora_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        replace(AURORA_TINY, **changes)


def test_token_compressors_group_consecutive_tokens() -> None:
    tokens = torch.arange(8.0)[None, :, None].repeat(1, 1, 2)
    assert TokenMaxPool(4)(tokens)[0].tolist() == [[3.0, 3.0], [7.0, 7.0]]
    module = TokenConv(2, 4)
    torch.nn.init.zeros_(module.conv.bias)
    torch.nn.init.zeros_(module.conv.weight)
    module.conv.weight.data[1, 0] = 1.0
    assert module(tokens)[0].tolist() == [[0.0, 6.0], [0.0, 22.0]]


def test_nanollavas_template_is_that_of_its_model_card() -> None:
    assert spelled(chat("What is the picture about?", 1, "nanollava")) == (
        "<|im_start|>system\nAnswer the question<|im_end|><|im_start|>user\n"
        "<|image_pad|>\nWhat is the picture about?<|im_end|><|im_start|>assistant\n"
    )
    assert spelled(chat("Hm?", 0, "nanollava")).endswith(
        "<|im_start|>user\nHm?<|im_end|><|im_start|>assistant\n"
    )
    assert "user\n<|image_pad|>\n<|image_pad|>\nHm?" in spelled(chat("Hm?", 2, "nanollava"))


def test_auroras_template_begins_with_the_pictures() -> None:
    assert spelled(chat("Hm?", 2, "aurora")) == (
        "<|image_pad|><|image_pad|><|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nHm?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_tokenizer_without_an_image_token_serves_nanollava() -> None:
    text = tiny_tokenizer(1000).tokenizer_json
    for name in ("<|image_pad|>", "<|vision_start|>", "<|vision_end|>"):
        text = text.replace(name, f"<|{len(name)}|>")
    tokenizer = Tokenizer(text, "x", ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    assert tokenizer.special["<|image_pad|>"] == tokenizer.highest_id == 1000
    ids = tokenizer.encode(chat("?", 1, "nanollava"))
    assert ids.count(1000) == 1
    assert tokenizer.reply([*ids[-3:], *tokenizer.encode(["yes"])]) == "yes"


def test_auroras_weights_follow_the_paper() -> None:
    """4.1: normal numbers for what joins, and the first layer copied for the fusion's decoder."""
    tensors = untrained(AURORA_TINY, 0, torch.float32)
    copies = [name for name in tensors if name.startswith("fusion.decoder.layer.")]
    assert len(copies) == 12
    for name in copies:
        original = name.replace("fusion.decoder.layer.", "language_model.model.layers.0.")
        assert torch.equal(tensors[name], tensors[original])
        assert tensors[name].data_ptr() != tensors[original].data_ptr()
    for name in ("projector.linear_1", "compressor.linear", "fusion.cross.q_proj"):
        weight = tensors[f"{name}.weight"]
        inputs = weight.shape[1]
        assert weight.std().item() == pytest.approx(inputs**-0.5, rel=0.02)
        # A uniform distribution of this deviation ends at 1.73 deviations.
        assert weight.abs().max().item() > 3 * inputs**-0.5
        assert tensors[f"{name}.bias"].abs().max() == 0


@pytest.mark.parametrize("name", TINY)
def test_every_tiny_model_is_made_from_its_name(name: str) -> None:
    model = load(name)
    assert model.config.name == name
    assert parameter_count(model.model) < 5_600_000
    assert not [each for each, buffer in model.model.named_buffers() if buffer.is_meta]
    assert isinstance(model.model, AuroraEdge) == (name == "aurora-tiny")


def test_models_are_drawn_without_a_tokenizer() -> None:
    model = drawn(NANOLLAVA_TINY, 1, torch.bfloat16, torch.device("cpu"))
    assert model.dtype == torch.bfloat16
    assert model.origin == "untrained, seed 1"
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        _ = model.tokenizer


def test_the_families_differ_in_what_they_hold() -> None:
    def parts(config: OmniVLMConfig) -> set[str]:
        return {name.split(".")[0] for name, _ in on_meta(config).named_parameters()}

    common = {"vision_model", "projector", "language_model"}
    assert parts(OMNIVLM_968M) == parts(NANOLLAVA) == common
    assert parts(AURORA_EDGE_V_2B) == common | {"compressor", "fusion"}
    assert parts(FULL["aurora-compress"]) == common | {"compressor"}
