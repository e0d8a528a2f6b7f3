"""FLOPs by arithmetic against torch's counter on the meta device, to the last one.

Whole models where they run there. Qwen2-VL's and Qwen2.5-VL's towers do not (their grids are read
as numbers), so they are run block by block, with the windows that transformers itself cuts. A
SigLIP2 tower runs without its mask. Attention is eager: the counter sees no products in some fused
kernels.
"""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.cache_utils import DynamicCache

from omnibench.cli.meta import model_on_meta
from omnibench.cost import (
    SHAPES,
    flops_by_phase,
    image_operations,
    prompt_operations,
    see,
    token_operations,
    total_flops,
)
from omnibench.cost.named import INTERNLM25_18B, QWEN25_05B
from omnibench.cost.text import decode_operations, prefill_operations
from omnibench.cost.vision import vision_operations
from omnivlm import comparators
from omnivlm.presets import PRESETS

OMNIVLMS = [name for name in SHAPES if name in PRESETS and not name.startswith("aurora")]
SAME_TOWER = ("omnivlm-729", "omnivlm-243", "omnivlm-9", "aurora-cross", "aurora-decoder")
"""Models whose tower is that of another; it is counted once."""
AURORAS = [name for name in SHAPES if name.startswith("aurora")]


def empty(*shape, dtype=None):
    return torch.empty(*shape, dtype=dtype, device="meta")


def counted(run, *given, **named):
    """What the counter sees, and what the run gives."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        out = run(*given, **named)
    return counter.get_total_flops(), out


def eager(model):
    """The model with attention as plain matrix products."""
    for module in model.modules():
        config = getattr(module, "config", None)
        if hasattr(config, "_attn_implementation"):
            config._attn_implementation = "eager"
    return model


def language_model(shape):
    """The modules of a text shape."""
    kind, config = (
        (Qwen2ForCausalLM, Qwen2Config) if shape.qkv_bias else (LlamaForCausalLM, LlamaConfig)
    )
    with torch.device("meta"):
        return eager(
            kind(
                config(
                    vocab_size=shape.vocab,
                    hidden_size=shape.hidden,
                    intermediate_size=shape.ffn,
                    num_hidden_layers=shape.layers,
                    num_attention_heads=shape.heads,
                    num_key_value_heads=shape.kv_heads,
                    tie_word_embeddings=shape.tied,
                )
            ).eval()
        )


@pytest.mark.parametrize(("shape", "tokens"), [(QWEN25_05B, 29), (INTERNLM25_18B, 316)])
def test_prefill_and_decode(shape, tokens):
    model = language_model(shape)

    def read(count, cache, keep=1):
        embeddings = empty(1, count, shape.hidden)
        return model(
            inputs_embeds=embeddings, past_key_values=cache, use_cache=True, logits_to_keep=keep
        )

    for logits, keep in (("last", 1), ("all", 0)):
        cache = DynamicCache()
        ours = prefill_operations(shape, tokens, text_tokens=20, attention="full", logits=logits)
        assert counted(read, tokens, cache, keep)[0] == total_flops(ours)
        assert counted(read, 1, cache)[0] == total_flops(decode_operations(shape, tokens))


@pytest.mark.parametrize("name", OMNIVLMS)
def test_omnivlm_and_nanollava_whole(name):
    shape, model = SHAPES[name], eager(model_on_meta(name))
    side = shape.vision.image.image_px
    seen = see(shape, side, side)
    phases = flops_by_phase(image_operations(shape, seen))
    if name not in SAME_TOWER:
        phases["vision"], _ = counted(model.see, empty(1, 3, side, side))
    features = empty(1, seen.patches, shape.vision.hidden)
    phases["projector"], visual = counted(model.project, features)
    assert visual.shape == (1, seen.visual_tokens, shape.text.hidden)
    cache = DynamicCache()
    embeddings = torch.cat((visual, empty(1, 20, shape.text.hidden)), 1)
    phases["prefill"], _ = counted(model.read, embeddings, cache)
    decode, _ = counted(model.read, embeddings[:, :1], cache)
    assert phases == flops_by_phase(prompt_operations(shape, seen, 20))
    assert decode == total_flops(token_operations(shape, seen.visual_tokens + 20))


@pytest.mark.parametrize("name", ["omnivlm-968m", "omnivlm-tiny"])
def test_siglip_whole_runs_its_pooling_head(name):
    shape, model = SHAPES[name], eager(model_on_meta(name))
    side = shape.vision.image.image_px
    whole = vision_operations(shape.vision, see(shape, side, side), pooling_head=True)
    tower, head = (
        total_flops(o for o in whole if o.module == m) for m in ("vision", "pooling_head")
    )
    features = empty(1, shape.vision.positions, shape.vision.hidden)
    assert counted(model.see, empty(1, 3, side, side))[0] == tower
    assert counted(model.vision_model.head, features)[0] == head


@pytest.mark.parametrize("name", AURORAS)
def test_aurora_whole(name):
    shape, model = SHAPES[name], eager(model_on_meta(name))
    seen, width = see(shape, 512, 512), shape.text.hidden
    assert seen.patches == seen.positions == 256
    phases = flops_by_phase(image_operations(shape, seen))
    if name not in SAME_TOWER:
        patches, grid = empty(1, 256, shape.vision.patch_inputs), torch.tensor([[16, 16]])
        phases["vision"], _ = counted(model.see, patches, None, grid)
    features = empty(1, 256, shape.vision.hidden)
    mask = empty(1, 256, dtype=torch.int64)
    phases["projector"], projected = counted(
        lambda: (source := model.project(features, mask), model.compressor(source))
    )
    assert projected[1].shape == (1, seen.visual_tokens, width)
    if model.fusion is not None:
        phases["fusion"], _ = counted(model.fusion, [empty(28, width)], [projected[0][0]])
    embeddings = torch.cat((projected[1], empty(1, 28, width)), 1)
    phases["prefill"], _ = counted(model.read, embeddings, DynamicCache())
    assert phases == flops_by_phase(prompt_operations(shape, seen, 28))


def windows(tower, rows, columns):
    """Bounds of the windows that transformers cuts a grid of patches into."""
    grid = torch.tensor([[1, rows, columns]])
    if hasattr(tower, "get_window_index"):  # before transformers 5.4 or so
        return torch.tensor(tower.get_window_index(grid)[1], dtype=torch.int32).unique_consecutive()
    from transformers.vision_utils import get_vision_window_index

    return get_vision_window_index(grid, 2, tower.window_size, tower.patch_size)[1]


@pytest.mark.parametrize(
    ("name", "size_px"),
    [
        ("qwen2-vl-2b", (640, 480)),
        ("qwen2.5-vl-3b", (448, 448)),
        ("qwen2.5-vl-3b", (640, 480)),
    ],
)
def test_qwens_towers_block_by_block(name, size_px):
    shape, model = SHAPES[name], eager(comparators.on_meta(name))
    tower, seen = model.model.visual, see(shape, *size_px)
    turns = tuple(empty(seen.patches, shape.vision.head_dim) for _ in range(2))
    whole = torch.tensor([0, seen.patches], dtype=torch.int32)
    found, hidden = counted(
        lambda: tower.patch_embed(empty(seen.patches, shape.vision.patch_inputs))
    )
    full = tower.config.fullatt_block_indexes if shape.vision.window_px else range(32)
    parts = windows(tower, seen.rows, seen.columns) if shape.vision.window_px else whole
    for index, block in enumerate(tower.blocks):
        bounds = whole if index in full else parts
        more, hidden = counted(block, hidden, cu_seqlens=bounds, position_embeddings=turns)
        found += more
    flops = flops_by_phase(image_operations(shape, seen))
    assert found == flops["vision"]
    assert counted(tower.merger, hidden)[0] == flops["projector"]


@pytest.mark.parametrize("name", ["qwen2-vl-2b", "qwen2.5-vl-3b"])
def test_qwens_language_models(name):
    shape, model = SHAPES[name], eager(comparators.on_meta(name))
    seen = see(shape, 640, 480)
    embeddings = empty(1, seen.visual_tokens + 25, shape.text.hidden)

    def read():
        hidden = model.model.language_model(inputs_embeds=embeddings, use_cache=True)
        return model.lm_head(hidden.last_hidden_state[:, -1:])

    phases = flops_by_phase(prompt_operations(shape, seen, 25))
    assert counted(read)[0] == phases["prefill"]


@pytest.mark.parametrize("size_px", [(448, 448), (640, 480)])
def test_internvls_tower_whole(size_px):
    shape, model = SHAPES["internvl2.5-2b"], eager(comparators.on_meta("internvl2.5-2b"))
    seen = see(shape, *size_px)
    pixels = empty(seen.tiles, 3, 448, 448)
    found, _ = counted(model.model.get_image_features, pixels)
    assert found == total_flops(image_operations(shape, seen))
