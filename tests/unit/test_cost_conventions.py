"""The convention of thop, in which the AuroraEdge paper prints its Tables 4 and 7."""

from dataclasses import replace

import pytest

from omnibench.cost import (
    SHAPES,
    image_operations,
    model_parts,
    prompt_operations,
    see,
    thop_count,
    thop_macs,
    total_flops,
)
from omnibench.cost.text import prefill_operations

QWEN2, INTERN = "qwen2-vl-2b", "internvl2.5-2b"


def test_thop_counts_what_is_run():
    """Equal to what thop 0.1.1 itself gave for these modules."""
    shape = SHAPES["omnivlm-tiny"]
    parts = model_parts(shape)
    for head, macs, params in ((False, 1_305_612_864, 4_260_992), (True, 1_305_744_448, 4_392_960)):
        run = prompt_operations(shape, see(shape, 378, 378), 20, logits="all", pooling_head=head)
        count = thop_count(run, parts)
        assert (count.macs, count.params) == (macs, params)


@pytest.mark.parametrize(
    ("name", "text_tokens", "gmacs", "printed", "printed_params"),
    [
        ("qwen2.5-vl-3b", 26, 2288.70, 2288.7, 3.50),
        ("qwen2-vl-2b", 27, 1645.40, 1645.4, 2.06),
        ("aurora-compress", 28, 248.63, 248.6, 1.83),
        ("aurora-cross", 28, 250.49, 250.5, 1.86),
        ("aurora-decoder", 28, 261.91, 261.9, 1.88),
        ("aurora-edge-v-2b", 28, 263.78, 263.8, 1.90),
    ],
)
def test_the_papers_tables_come_out_with_fitted_inputs(
    name, text_tokens, gmacs, printed, printed_params
):
    shape = SHAPES[name]
    operations = prompt_operations(
        shape,
        see(shape, 640, 480),
        text_tokens,
        logits="all",
        pooling_head=shape.vision.pooling_head,
    )
    count = thop_count(operations, model_parts(shape))
    assert round(count.gmacs, 2) == gmacs
    assert round(count.gmacs, 1) == printed
    assert round(count.binary_billions, 2) == printed_params


def test_what_aurora_saves_by_compressing():
    shape = SHAPES["aurora-compress"]
    plain = replace(shape, compressor=None)
    seen = see(plain, 640, 480)
    assert seen.visual_tokens == 256
    assert round(total_flops(prompt_operations(plain, seen, 25)) / 1e9, 1) == 971.6
    assert round(total_flops(prompt_operations(plain, seen, 28)) / 1e9, 1) == 979.7
    counted = prompt_operations(plain, seen, 28, logits="all", pooling_head=True)
    assert round(thop_macs(counted) / 1e9, 1) == 545.0


def test_qwen2_vl_at_auroras_resolution():
    shape = SHAPES[QWEN2]
    seen = see(shape, 224, 224)
    assert (seen.patches, seen.visual_tokens) == (256, 64)
    found = thop_macs(prompt_operations(shape, seen, 27, logits="all")) / 1e9
    assert round(found, 1) == 304.2


def test_internvls_row_saw_nine_tokens():
    shape = SHAPES[INTERN]
    seen = see(shape, 640, 480)
    image = image_operations(shape, seen)
    unexpanded = prefill_operations(shape.text, 9, text_tokens=9, attention="full", logits="all")
    assert round(thop_macs(image) / 1e9, 2) == 4076.58
    count = thop_count(image + unexpanded, model_parts(shape))
    assert (round(count.gmacs, 2), round(count.gmacs, 1)) == (4091.88, 4091.9)
    assert round(count.binary_billions, 2) == 1.88
    # The same rules, with the visual tokens in the prompt.
    done = prompt_operations(shape, seen, 60, logits="all")
    assert thop_macs(done) / 1e9 == pytest.approx(9834.5, abs=0.1)
