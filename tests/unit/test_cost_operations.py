"""Operations, their sums, and what an image becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibench.cost import (
    SHAPES,
    batched,
    bytes_by_module,
    bytes_by_phase,
    flops_by_module,
    flops_by_phase,
    image_operations,
    prompt_operations,
    see,
    shape_of,
    thop_macs,
    token_operations,
    total_bytes,
    total_flops,
)
from omnibench.cost.images import patch_grid, smart_resize, tile_grid
from omnibench.cost.operations import attend, pairs_of, run_part
from omnibench.cost.parts import Part, norm
from omnibench.cost.shapes import SmartResize, Tiles
from omnibench.cost.vision import windowed_pairs
from omnibench.errors import OmnibenchError

RESIZE = SmartResize(merge=2, least_px=3136, most_px=12_845_056)


def test_a_linear_layer():
    part = Part("text", "q", "linear", 8, 4, held=3, run=2, bias=True)
    operation = run_part(part, "prefill", rows=5)
    assert (operation.rows, operation.inner, operation.columns) == (5, 8, 4)
    assert operation.flops == 2 * 2 * 5 * 8 * 4
    assert operation.weights == 8 * 4 + 4
    assert operation.moved_bytes("float32") == 2 * 4 * (36 + 5 * 8 + 5 * 4)
    assert operation.moved_bytes("q8_0", "float16") == 2 * (36 * 34 / 32 + 2 * (5 * 8 + 5 * 4))
    assert (part.params, part.params_active) == (108, 72)


def test_of_a_table_only_the_rows_looked_up_are_read():
    operation = run_part(Part("text", "embedding", "table", 1000, 8), "prefill", rows=3)
    assert (operation.flops, operation.weights, operation.activations) == (0, 24, 24)


def test_a_norm_moves_bytes_and_counts_no_flops():
    operation = run_part(norm("vision", "norm", "layer_norm", 8), "vision", rows=3)
    assert (operation.flops, operation.weights, operation.activations) == (0, 16, 48)
    assert thop_macs([operation]) == 4 * 24


def test_attention_counts_the_pairs_that_see_each_other():
    full, causal = (
        attend(
            "prefill",
            "text",
            "attention",
            2,
            pairs=pairs_of(6, attention),
            queries=6,
            keys=6,
            width=8,
            key_width=4,
            head_dim=4,
        )
        for attention in ("full", "causal")
    )
    visible = sum(1 for query in range(6) for key in range(6) if key <= query)
    assert full.flops == 2 * 2 * 2 * 36 * 8
    assert (full.rows, full.inner, full.columns) == (6, 4, 6)
    assert causal.flops == 2 * 2 * 2 * visible * 8
    assert thop_macs([full]) == 0


def test_prefilling_causally_costs_what_decoding_token_by_token_does():
    shape = SHAPES["omnivlm-tiny"]
    seen = see(shape, 378, 378)
    whole = prompt_operations(shape, seen, 9, attention="causal", logits="all")
    tokens = seen.visual_tokens + 9
    steps = sum(total_flops(token_operations(shape, past)) for past in range(tokens))
    assert flops_by_phase(whole)["prefill"] == steps


def test_a_batch_reads_the_weights_once():
    shape = SHAPES["omnivlm-968m"]
    one = token_operations(shape, 100)
    four = batched(one, 4)
    assert total_flops(four) == 4 * total_flops(one)
    table = sum(o.weight_bytes("float16") for o in one if o.kind == "table")
    weights, of_four = (sum(o.weight_bytes("float16") for o in ops) for ops in (one, four))
    assert of_four == weights + 3 * table
    moved = total_bytes(one, "float16") - weights
    assert total_bytes(four, "float16") - of_four == 4 * moved


def test_tiles_read_the_weights_once():
    shape = SHAPES["internvl2.5-2b"]
    one, thirteen = (
        image_operations(shape, see(shape, *size_px)) for size_px in ((448, 448), (640, 480))
    )
    assert total_flops(thirteen) == 13 * total_flops(one)
    linear, linear_of_one = (
        sum(o.weight_bytes("float16") for o in operations if o.kind == "linear")
        for operations in (thirteen, one)
    )
    assert linear == linear_of_one


@pytest.mark.parametrize("name", SHAPES)
def test_totals_are_sums_of_phases_and_of_modules(name):
    shape = SHAPES[name]
    operations = prompt_operations(shape, see(shape, 320, 240), 20) + token_operations(shape, 50)
    flops, moved = total_flops(operations), total_bytes(operations, "bfloat16")
    assert sum(flops_by_phase(operations).values()) == flops
    assert sum(flops_by_module(operations).values()) == flops
    assert sum(bytes_by_phase(operations, "bfloat16").values()) == moved
    assert sum(bytes_by_module(operations, "bfloat16").values()) == moved
    for one in operations:
        assert one.macs == one.rows * one.inner * one.columns or one.kind == "attention"


def test_an_unknown_shape_names_those_that_are_known():
    with pytest.raises(OmnibenchError, match="no shape of a model 'gone'; known: omnivlm-968m"):
        shape_of("gone")
    assert shape_of("nanollava").name == "nanollava"


@pytest.mark.parametrize("size_px", [(0, 10), (10, 0), (-1, 5)])
def test_an_empty_image_is_refused(size_px):
    with pytest.raises(OmnibenchError, match="shows nothing"):
        see(SHAPES["omnivlm-968m"], *size_px)


def test_qwens_towers_refuse_a_strip():
    with pytest.raises(OmnibenchError, match="too narrow"):
        see(SHAPES["qwen2-vl-2b"], 2010, 10)
    assert smart_resize(2000, 10, 28, RESIZE) == (812, 28)


@given(st.integers(1, 6000), st.integers(1, 6000))
def test_resized_images_keep_within_bounds(width_px, height_px):
    if max(width_px, height_px) <= 200 * min(width_px, height_px):
        width, height = smart_resize(width_px, height_px, 28, RESIZE)
        assert width % 28 == height % 28 == 0
        assert RESIZE.least_px <= width * height <= RESIZE.most_px
    columns, rows = tile_grid(width_px, height_px, Tiles(448, 12))
    assert 1 <= columns * rows <= 12
    columns, rows = patch_grid(width_px, height_px, 16, 256)
    assert 1 <= columns * rows <= 256


@given(st.integers(28, 3000), st.integers(28, 3000))
def test_windows_hold_every_patch_once(width_px, height_px):
    vision = SHAPES["qwen2.5-vl-3b"].vision
    seen = see(SHAPES["qwen2.5-vl-3b"], width_px, height_px)
    sides = [
        [min(8, length - start) for start in range(0, length, 8)]
        for length in (seen.rows, seen.columns)
    ]
    assert sum(r * c for r in sides[0] for c in sides[1]) == seen.patches
    assert windowed_pairs(vision, seen) == sum((r * c) ** 2 for r in sides[0] for c in sides[1])
