"""The figures worked out by hand and by other means, each to its printed digit."""

import pytest

from omnibench.cost import (
    PAPER_CASE,
    SHAPES,
    flops_by_module,
    flops_by_phase,
    kv_bytes_per_token,
    model_parts,
    params,
    params_active,
    params_by_module,
    params_tied_twice,
    prompt_operations,
    see,
    summarise,
    token_operations,
    total_flops,
    weights_bytes,
)
from omnibench.cost.named import SIGLIP_384
from omnibench.cost.parts import Part
from omnibench.cost.text import layer_parts, text_parts
from omnibench.cost.vision import vision_operations, vision_parts


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("omnivlm-968m", 968_400_704),
        ("omnivlm-9", 1_308_139_328),
        ("nanollava", 894_443_584),
        ("aurora-compress", 1_975_750_656),
        ("aurora-cross", 2_004_076_032),
        ("aurora-decoder", 2_022_548_480),
        ("aurora-edge-v-2b", 2_050_873_856),
        ("qwen2-vl-2b", 2_208_985_600),
        ("qwen2.5-vl-3b", 3_754_622_976),
        ("internvl2.5-2b", 2_205_754_368),
    ],
)
def test_parameters(name, count):
    assert params(SHAPES[name]) == count
    assert sum(params_by_module(model_parts(SHAPES[name])).values()) == count


def test_parameters_as_others_count_them():
    assert params_tied_twice(SHAPES["nanollava"]) == 1_050_026_048
    assert params_active(SHAPES["nanollava"]) == 863_963_424
    assert params_tied_twice(SHAPES["internvl2.5-2b"]) == 2_205_754_368  # it ties nothing
    intern = SHAPES["internvl2.5-2b"]
    assert params(intern) - intern.text.vocab * intern.text.hidden == 2_016_205_824


@pytest.mark.parametrize(
    ("name", "binary_billions"),
    [
        ("qwen2-vl-2b", 2.0573),
        ("qwen2.5-vl-3b", 3.4968),
        ("internvl2.5-2b", 2.0543),
        ("aurora-compress", 1.8401),
        ("aurora-cross", 1.8664),
        ("aurora-decoder", 1.8836),
        ("aurora-edge-v-2b", 1.9100),
    ],
)
def test_parameters_in_binary_billions(name, binary_billions):
    assert round(params(SHAPES[name]) / 2**30, 4) == binary_billions


@pytest.mark.parametrize(
    ("name", "tower"),
    [
        ("omnivlm-968m", 428_225_600),
        ("aurora-compress", 427_888_064),
        ("qwen2-vl-2b", 665_271_296),
        ("qwen2.5-vl-3b", 668_684_288),
        ("internvl2.5-2b", 304_012_288),
    ],
)
def test_parameters_of_towers(name, tower):
    by_module = params_by_module(model_parts(SHAPES[name]))
    found = by_module["vision"] + by_module.get("pooling_head", 0)
    # Qwen's towers count their merger.
    assert found + (by_module["projector"] if name.startswith("qwen") else 0) == tower


def test_parameters_of_a_pooling_head():
    by_module = params_by_module(vision_parts(SIGLIP_384))
    assert by_module == {"vision": 412_987_248, "pooling_head": 15_238_352}


@pytest.mark.parametrize(
    ("name", "count", "layer"),
    [
        ("omnivlm-968m", 494_032_768, 14_912_384),
        ("nanollava", 463_987_712, None),
        ("qwen2-vl-2b", 1_543_714_304, 46_797_824),
        ("internvl2.5-2b", 1_889_146_880, None),
    ],
)
def test_parameters_of_language_models(name, count, layer):
    text = SHAPES[name].text
    assert sum(part.params for part in text_parts(text)) == count
    if layer is not None:
        assert sum(part.params for part in layer_parts(text, "text", "", 1)) == layer


@pytest.mark.parametrize(("tokens", "projector"), [(729, 8.4), (243, 17.8), (81, 46.1), (9, 385.9)])
def test_the_projector_grows_as_tokens_shrink(tokens, projector):
    name = "omnivlm-968m" if tokens == 81 else f"omnivlm-{tokens}"
    assert round(params_by_module(model_parts(SHAPES[name]))["projector"] / 1e6, 1) == projector


@pytest.mark.parametrize(
    ("name", "vision", "projector", "prefill", "total", "decode"),
    [
        ("omnivlm-729", 666.45, 12.23, 584.55, 1263.23, 1.052),
        ("omnivlm-243", 666.45, 8.66, 194.44, 869.55, 1.011),
        ("omnivlm-968m", 666.45, 7.47, 73.43, 747.35, 0.997),
        ("omnivlm-9", 666.45, 6.95, 21.10, 694.49, 0.991),
        ("nanollava", 641.80, 3.25, 517.27, 1162.32, 1.001),
    ],
)
def test_gflop_at_20_text_tokens(name, vision, projector, prefill, total, decode):
    shape = SHAPES[name]
    seen = see(shape, 500, 333)
    operations = prompt_operations(shape, seen, 20)
    phases = {phase: round(flops / 1e9, 2) for phase, flops in flops_by_phase(operations).items()}
    assert phases == {"vision": vision, "projector": projector, "prefill": prefill}
    assert round(total_flops(operations) / 1e9, 2) == total
    token = token_operations(shape, seen.visual_tokens + 20)
    assert round(total_flops(token) / 1e9, 3) == decode


@pytest.mark.parametrize(
    ("text_tokens", "ratio"), [((20, 20), 1.555), ((0, 0), 1.565), ((37, 37), 1.547)]
)
def test_nanollava_over_omnivlm(text_tokens, ratio):
    nano, omni = (
        total_flops(prompt_operations(SHAPES[name], see(SHAPES[name], 384, 384), tokens))
        for name, tokens in zip(("nanollava", "omnivlm-968m"), text_tokens, strict=True)
    )
    assert round(nano / omni, 3) == ratio


def test_own_prompts_narrow_the_ratio():
    nano = total_flops(prompt_operations(SHAPES["nanollava"], see(SHAPES["nanollava"], 1, 1), 19))
    omni = SHAPES["omnivlm-968m"]
    assert round(nano / total_flops(prompt_operations(omni, see(omni, 1, 1), 37)), 3) == 1.529


QWEN2, QWEN25, INTERN = "qwen2-vl-2b", "qwen2.5-vl-3b", "internvl2.5-2b"


@pytest.mark.parametrize(
    ("size_px", "patches", "tokens", "tiles", "gflop"),
    [
        ((448, 448), 1024, 256, 1, (2231, 2926, 1704)),
        ((512, 512), 1296, 324, 1, (2868, 3679, 1704)),
        ((640, 480), 1564, 391, 13, (3520, 4427, 21979)),
        ((800, 800), 3364, 841, 5, (8553, 9599, 8050)),
        ((1024, 1024), 5476, 1369, 10, (15901, 15988, 16562)),
        ((1280, 720), 4784, 1196, 9, (13322, 13855, 14808)),
        ((1920, 1080), 10764, 2691, 9, (41130, 33508, 14808)),
    ],
)
def test_gflop_by_resolution(size_px, patches, tokens, tiles, gflop):
    for name in (QWEN2, QWEN25):
        seen = see(SHAPES[name], *size_px)
        assert (seen.patches, seen.visual_tokens, seen.tiles) == (patches, tokens, 1)
    intern = see(SHAPES[INTERN], *size_px)
    assert (intern.tiles, intern.visual_tokens) == (tiles, 256 * tiles)
    found = [
        total_flops(prompt_operations(SHAPES[name], see(SHAPES[name], *size_px), text)) / 1e9
        for name, text in ((QWEN2, 25), (QWEN25, 25), (INTERN, 60))
    ]
    # The table's figures are whole numbers; one that ends in .5 was rounded down there.
    assert found == pytest.approx(gflop, abs=0.51)


@pytest.mark.parametrize(
    ("size_px", "vision", "text"), [((448, 448), 1463, 750), ((640, 480), 2373, 1120)]
)
def test_qwen2_vl_by_phase(size_px, vision, text):
    phases = flops_by_phase(prompt_operations(SHAPES[QWEN2], see(SHAPES[QWEN2], *size_px), 25))
    assert (round(phases["vision"] / 1e9), round(phases["prefill"] / 1e9)) == (vision, text)


def test_aurora_by_phase():
    shape = SHAPES["aurora-compress"]
    seen = see(shape, 640, 480)
    assert (seen.patches, seen.positions, seen.visual_tokens) == (252, 256, 64)
    operations = prompt_operations(shape, seen, 25)
    modules = {module: round(f / 1e9, 1) for module, f in flops_by_module(operations).items()}
    assert modules == {
        "vision": 219.1,
        "projector": 2.1,
        "compressor": 0.1,
        "text": 234.6,
        "lm_head": 0.5,
    }
    # The figure of 456.2 leaves out the compressor's 0.05.
    assert (
        round((total_flops(operations) - flops_by_module(operations)["compressor"]) / 1e9, 1)
        == 456.2
    )
    assert round(total_flops(prompt_operations(shape, seen, 28)) / 1e9, 1) == 464.2
    assert round(total_flops(token_operations(shape, 84)) / 1e9, 2) == 3.10


def test_bytes():
    omni, nano = SHAPES["omnivlm-968m"], SHAPES["nanollava"]
    assert weights_bytes(omni, "float16") == 1_936_801_408
    assert weights_bytes(omni, "q8_0") == 968_400_704 * 34 / 32
    assert kv_bytes_per_token(omni, "float16") == 12_288
    assert kv_bytes_per_token(nano, "float16") == 98_304
    weights = sum(one.weight_bytes("float16") for one in token_operations(omni, 109))
    cache = sum(2 * one.times * one.cache for one in token_operations(omni, 109))
    # One row of the embedding comes on top of the language model's own 988.07 MB.
    assert weights == 2 * (494_032_768 + 896)
    assert cache == 110 * 12_288
    assert round((weights + cache) / 1e6, 1) == 989.4


def test_every_shape_has_a_summary():
    for shape in SHAPES.values():
        summary = summarise(shape)
        assert summary.provenance == "derived"
        assert summary.case == PAPER_CASE
        assert summary.flops_total == sum(summary.flops.values())
        assert summary.flops_causal_total < summary.flops_total
        assert summary.params_active <= summary.params <= summary.params_tied_twice


def test_what_the_pooling_head_would_add():
    seen = see(SHAPES["omnivlm-968m"], 384, 384)
    without, whole = (
        total_flops(vision_operations(SIGLIP_384, seen, pooling_head=head))
        for head in (False, True)
    )
    assert (round(without / 1e9, 2), round(whole / 1e9, 2)) == (666.45, 670.35)


def test_a_tied_part_has_weights_but_no_parameters():
    part = Part("lm_head", "logits", "linear", 8, 32, tied=True)
    assert (part.weights, part.params, part.params_active) == (256, 0, 0)
