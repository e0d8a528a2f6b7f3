"""The roofline: rates between measured shapes, times by hand, intervals, what is missing."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from omnibench.core.calibration import (
    Calibration,
    TimedAttention,
    TimedElements,
    TimedLayer,
    TimedProduct,
    TimedStream,
)
from omnibench.core.hardware import (
    Compute,
    Figure,
    HardwareProfile,
    Memory,
    Power,
    ProcessorFigures,
    Runtime,
)
from omnibench.core.perf import Conditions, PerfCase
from omnibench.cost import Operation, flops_by_phase, prompt_operations, see, shape_of
from omnibench.cost.operations import attend, run_part
from omnibench.cost.parts import Part, norm
from omnibench.engine.projection.efficiency import Time, elementwise, machine_of
from omnibench.engine.projection.phase_times import phase_times, total
from omnibench.engine.projection.rates import Point, Rate, along, near
from omnibench.engine.projection.transfer import joules_factor, widened
from omnibench.engine.roofline import project, project_onto
from omnibench.errors import OmnibenchError
from omnibench.profiles import load_profile, profile_names

TIMING: dict[str, Any] = {"spread": 0.0, "n": 3}
CASE = PerfCase("by-hand", 640, 480, 5, "", text_tokens=20)
TINY = shape_of("omnivlm-tiny")


def product(
    rows: int, inner: int, columns: int, flops_per_s: float, **changes: Any
) -> TimedProduct:
    time_s = 2 * rows * inner * columns / flops_per_s
    timing = TIMING | changes
    return TimedProduct(
        rows=rows, inner=inner, columns=columns, bytes_per_element=4, time_s=time_s, **timing
    )


def attention(queries: int, flops_per_s: float, **changes: Any) -> TimedAttention:
    time_s = 4 * queries * 16 * 2 * 8 / flops_per_s
    return TimedAttention(
        queries=queries, keys=16, heads=2, kv_heads=1, head_dim=8, causal=False, time_s=time_s,
        **(TIMING | changes),
    )  # fmt: skip


def elements(kind: Any, a_second: float) -> TimedElements:
    return TimedElements(kind=kind, elements=1000, time_s=1000 / a_second, **TIMING)


def layer(kind: Any, time_s: float) -> TimedLayer:
    return TimedLayer(kind=kind, time_s=time_s, **TIMING)


def calibration(**changes: Any) -> Calibration:
    """Products 1 GFLOP/s for a row and 8 from 64 on; attention 2 and 4; the rest for nothing."""
    made = Calibration(
        date="2026-11-21T10:00:00Z", cpu="a processor", machine="x86_64", processors=2, threads=1,
        dtype="float32", versions={}, conditions=Conditions(1, 0.0, 0.0, None, None, None),
        contended=False, took_s=1.0,
        products=(product(1, 64, 64, 1e9), product(64, 64, 64, 8e9), product(512, 64, 64, 8e9)),
        attention=(attention(1, 2e9), attention(256, 4e9)),
        elements=tuple(
            elements(kind, 1e30)
            for kind in ("layer_norm", "rms_norm", "gelu", "gated", "rotary", "add")
        ),
        streams=(TimedStream(kind="read", moved_bytes=10**9, time_s=0.25, **TIMING),),
        layers=(layer("decoder", 1e-30), layer("encoder", 1e-30)),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def figure(value: float, kind: Any = "vendor", interval: Any = None) -> Figure:
    return Figure(value, kind, "here", interval)


def profile(**changes: Any) -> HardwareProfile:
    """Ten times the peak of `calibration`, five times its bandwidth, 10 W."""
    made = HardwareProfile(
        id="other", name="another machine", sources={"here": "this test"},
        compute=Compute(cpu=ProcessorFigures(float32_flops_per_s=figure(80e9))),
        memory=Memory(bandwidth_bytes_per_s=figure(20e9)),
        power=Power(sustained_w=figure(10)),
        runtime=Runtime("cpu"),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def linear(rows: int, inner: int, columns: int, times: int = 1) -> Operation:
    return run_part(Part("text", "q", "linear", inner, columns, times, times), "prefill", rows)


def test_a_measured_shape_has_the_measured_rate() -> None:
    points = [Point((8, 8), Rate(3.0, 0.1)), Point((16, 8), Rate(5.0, 0.3))]
    assert near(points, (16, 8)) == Rate(pytest.approx(5.0), pytest.approx(0.3))


def test_an_unmeasured_shape_has_the_mean_of_the_nearest_in_logarithms() -> None:
    points = [
        Point((4, 8), Rate(1.0, 0.0)),
        Point((16, 8), Rate(4.0, 0.2)),
        Point((8, 2**9), Rate(100.0, 0.0)),
        Point((8, 2**20), Rate(1e9, 0.0)),
    ]
    # Distances 1, 1 and 6; the fourth is out of three. ln 4 and ln 100 / 36 over 2 + 1 / 36.
    weights = [1, 1, 1 / 36]
    logarithm = (math.log(4) + math.log(100) / 36) / sum(weights)
    found = near(points, (8, 8))
    assert found.value == pytest.approx(math.exp(logarithm))
    assert found.spread == pytest.approx(0.2 / sum(weights))


def test_shapes_measured_twice_count_alike() -> None:
    points = [Point((8,), Rate(2.0, 0.0)), Point((8,), Rate(8.0, 0.2)), Point((9,), Rate(1e6, 9.0))]
    assert near(points, (8,)) == Rate(pytest.approx(4.0), pytest.approx(0.1))


@pytest.mark.parametrize(
    ("rows", "rate"), [(1, 1.0), (2, 10.0), (4, 100.0), (0.5, 1.0), (8, 100.0), (2**0.5, 10**0.5)]
)
def test_along_one_size_rates_lie_on_a_line_of_logarithms(rows: float, rate: float) -> None:
    points = [Point((4,), Rate(100.0, 0.0)), Point((1,), Rate(1.0, 0.0))]
    assert along(points, rows).value == pytest.approx(rate)


def test_a_product_takes_its_flops_at_the_rate_of_its_shape() -> None:
    machine = machine_of(calibration())
    assert machine.product(linear(64, 64, 64, times=3)).seconds == pytest.approx(
        3 * 2 * 64 * 64 * 64 / 8e9
    )
    # 8 rows: half way between 1 and 64 in logarithms, so the root of 8 GFLOP/s.
    assert machine.product(linear(8, 64, 64)).seconds == pytest.approx(
        2 * 8 * 64 * 64 / (8**0.5 * 1e9)
    )


def test_few_rows_take_no_less_than_reading_the_weights() -> None:
    # Measured to run 100 times as fast at 2 rows as at 1, which memory forbids elsewhere.
    odd = calibration(products=(product(1, 64, 64, 1e9), product(2, 64, 64, 100e9)))
    read_s = 2 * 64 * 64 / 1e9
    assert machine_of(odd).product(linear(2, 64, 64)).seconds == pytest.approx(read_s)


def test_another_machine_is_bound_by_what_it_has_less_of() -> None:
    wide = machine_of(calibration(), flops_scale=100.0, bytes_scale=2.0)
    # 64 rows: 512 kFLOP at 800 GFLOP/s, or the weights read at twice a row's 1 GFLOP/s.
    assert wide.product(linear(64, 64, 64)).seconds == pytest.approx(2 * 64 * 64 / 2e9)
    fast = machine_of(calibration(), flops_scale=2.0, bytes_scale=1e6)
    assert fast.product(linear(64, 64, 64)).seconds == pytest.approx(2 * 64**3 / 16e9)
    # What few rows reach here is memory's doing: the peak's share is that of many rows.
    assert fast.product(linear(1, 64, 64)).seconds == pytest.approx(2 * 64 * 64 / 16e9)


def test_attention_of_one_query_is_memorys_and_of_many_the_processors() -> None:
    def attention_of(queries: int) -> Operation:
        return attend(
            "prefill", "text", "attention", 2, pairs=queries * 16, queries=queries, keys=16,
            width=16, key_width=8, head_dim=8,
        )  # fmt: skip

    machine = machine_of(calibration(), flops_scale=10.0, bytes_scale=5.0)
    assert machine.attention(attention_of(1)).seconds == pytest.approx(2 * 4 * 16 * 16 / (5 * 2e9))
    assert machine.attention(attention_of(256)).seconds == pytest.approx(
        2 * 4 * 256 * 16 * 16 / (10 * 4e9)
    )


def test_elementwise_work_follows_the_products_that_it_belongs_to() -> None:
    rows = 3

    def of(module: Any, name: str, gated: set[Any]) -> list[Any]:
        part = Part(module, name, "linear", 8, 16)
        return list(elementwise(run_part(part, "prefill", rows), gated))

    assert of("text", "ffn_gate", {"text"}) == [("gated", 48)]
    assert of("text", "ffn_up", {"text"}) == []
    assert of("vision", "ffn_up", {"text"}) == [("gelu", 48)]
    assert of("fusion", "cross_ffn_up", {"fusion"}) == []
    assert of("text", "q", {"text"}) == [("rotary", 48)]
    assert of("vision", "q", {"text"}) == []
    assert of("text", "ffn_down", set()) == of("vision", "attention_out", set()) == [("add", 48)]
    made = run_part(norm("text", "norm_1", "rms_norm", 8), "prefill", rows)
    assert list(elementwise(made, set())) == [("rms_norm", 24)]


def test_the_phases_are_the_flops_over_the_rates() -> None:
    """With one rate for all products and one for attention, the sum needs no operations."""
    flat = calibration(
        products=(product(1, 64, 64, 5e9), product(64, 64, 64, 5e9)),
        attention=(attention(1, 5e9), attention(256, 5e9)),
    )
    times = phase_times(machine_of(flat), TINY, CASE)
    seen = see(TINY, 640, 480)
    flops = flops_by_phase(prompt_operations(TINY, seen, 20))
    assert times.vision.seconds == pytest.approx(flops["vision"] / 5e9)
    assert times.projector.seconds == pytest.approx(flops["projector"] / 5e9)
    assert times.prefill.seconds == pytest.approx(flops["prefill"] / 5e9)
    assert times.tokens_in == seen.visual_tokens + 20 == 101


def test_layers_are_handed_out_once_each() -> None:
    costly = calibration(layers=(layer("decoder", 2e6), layer("encoder", 1e9)))
    times = phase_times(machine_of(costly), TINY, CASE)
    assert times.token.seconds == pytest.approx(2e6 * TINY.text.layers)
    assert times.prefill.seconds == pytest.approx(2e6 * TINY.text.layers)
    assert times.vision.seconds == pytest.approx(1e9 * TINY.vision.layers_run)


def test_fusing_belongs_to_the_prefill() -> None:
    machine = machine_of(calibration(layers=(layer("decoder", 2e6), layer("encoder", 1e-30))))
    aurora = shape_of("aurora-tiny")
    # The fusion's cross-attention and its decoder are one layer each.
    assert phase_times(machine, aurora, CASE).prefill.seconds == pytest.approx(
        2e6 * (aurora.text.layers + 2)
    )


def test_spreads_are_weighted_by_what_the_parts_take() -> None:
    assert total([Time(1.0, 0.4), Time(3.0, 0.0)]) == Time(4.0, pytest.approx(0.1))
    assert total([]) == Time(0.0, 0.0)


def test_a_figure_has_its_interval_its_calibration_and_how_far_it_reaches() -> None:
    own = calibration()
    projection = project(TINY, CASE, own)
    assert (projection.profile, projection.calibration) == (None, own.id)
    ttft = projection.figures["ttft_s"]
    assert ttft.value is not None
    assert ttft.provenance == "projected"
    assert ttft.interval == pytest.approx((ttft.value / 1.2, ttft.value * 1.2))
    assert ttft.source == f"calibration {own.id} of 2026-11-21T10:00:00Z"
    assert "with these threads" in (ttft.method or "")
    parts = [projection.figures[name].value for name in ("vision_s", "projector_s", "prefill_s")]
    assert ttft.value == pytest.approx(sum(part or 0 for part in parts))
    rate = projection.figures["decode_tok_per_s"]
    assert rate.value is not None
    assert rate.interval == pytest.approx((rate.value / 1.225, rate.value * 1.225))
    latency = projection.figures["latency_s"]
    assert latency.value == pytest.approx(ttft.value + 4 / rate.value)


@pytest.mark.parametrize(
    ("changes", "threads", "factor"),
    [
        ({}, None, 1.2),
        ({"contended": True}, None, 1.5),
        ({}, 2, 1.5),
        ({"products": (product(1, 64, 64, 1e9, spread=0.1),
                       product(64, 64, 64, 8e9, spread=0.1)),
          "attention": (attention(64, 4e9, spread=0.1),)}, None, 1.2 * 1.1),
    ],
)  # fmt: skip
def test_the_further_the_wider(changes: Any, threads: int | None, factor: float) -> None:
    ttft = project(TINY, CASE, calibration(**changes), threads=threads).figures["ttft_s"]
    assert ttft.value is not None
    assert ttft.interval is not None
    assert ttft.interval[1] / ttft.value == pytest.approx(factor)


def test_more_threads_compute_faster_and_read_no_faster() -> None:
    one, two = (project(TINY, CASE, calibration(), threads=threads).figures for threads in (1, 2))
    assert (two["vision_s"].value or 0) < (one["vision_s"].value or 0)
    assert two["decode_tok_per_s"].value == pytest.approx(one["decode_tok_per_s"].value)


def test_another_machine_from_a_data_sheet() -> None:
    found = project_onto(profile(), TINY, CASE, calibration())
    ttft, rate = found.figures["ttft_s"], found.figures["decode_tok_per_s"]
    assert found.profile == ttft.profile == "other"
    assert ttft.value is not None
    assert rate.value is not None
    assert ttft.interval == pytest.approx((ttft.value / 3, ttft.value * 3))
    assert rate.interval == pytest.approx((rate.value / 2, rate.value * 2))
    assert "data sheets" in (ttft.method or "")
    # Decoding reads weights and cache, five times as fast there.
    here = project(TINY, CASE, calibration()).figures["decode_tok_per_s"].value
    assert rate.value == pytest.approx(5 * (here or 0))


def test_measured_ceilings_are_nearer_and_their_range_widens() -> None:
    measured = profile(
        compute=Compute(
            cpu=ProcessorFigures(
                float32_flops_per_s=figure(80e9, "measured", (40e9, 160e9)),
            )
        ),
        memory=Memory(bandwidth_bytes_per_s=figure(20e9, "measured", (10e9, 40e9))),
    )
    ttft = project_onto(measured, TINY, CASE, calibration()).figures["ttft_s"]
    assert ttft.value is not None
    assert ttft.interval == pytest.approx((ttft.value / 2 / 1.5, ttft.value * 2 * 1.5))


def test_one_core_stands_in_where_a_machine_has_no_fixed_number() -> None:
    one_core = profile(
        compute=Compute(cpu=ProcessorFigures(one_core_float32_flops_per_s=figure(80e9))),
        memory=Memory(one_core_bandwidth_bytes_per_s=figure(20e9)),
    )
    found = project_onto(one_core, TINY, CASE, calibration()).figures["ttft_s"]
    assert found.value == project_onto(profile(), TINY, CASE, calibration()).figures["ttft_s"].value
    assert "of one core" in (found.method or "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compute": Compute(cpu=ProcessorFigures(float16_flops_per_s=figure(1e12)))},
         "no peak in float32"),
        ({"runtime": Runtime("npu")}, "no peak in float32"),
        ({"memory": Memory()}, "no bandwidth"),
    ],
)  # fmt: skip
def test_what_the_profile_does_not_state_is_missing(changes: Any, said: str) -> None:
    found = project_onto(profile(**changes), TINY, CASE, calibration()).figures
    assert {value.provenance for value in found.values()} == {"missing"}
    assert {value.value for value in found.values()} == {None}
    assert all(said in (value.reason or "") for value in found.values())
    assert found["decode_tok_per_s"].unit == "tokens/s"


def test_joules_are_watts_times_seconds_and_less_sure_than_both() -> None:
    found = project_onto(profile(), TINY, CASE, calibration()).figures
    latency, request = found["latency_s"], found["request_j"]
    assert request.value == pytest.approx(10 * (latency.value or 0))
    vision, joules = found["vision_s"], found["vision_j"]
    assert joules.interval is not None
    factor = math.exp(math.hypot(math.log(3), math.log(3)))
    assert joules.interval[1] == pytest.approx(10 * (vision.value or 0) * factor)
    assert "10 W" in (joules.method or "")
    assert found["prefill_j_per_token"].value == pytest.approx(
        10 * (found["prefill_s"].value or 0) / 101
    )
    assert found["decode_j_per_token"].value == pytest.approx(
        10 / (found["decode_tok_per_s"].value or 1)
    )


def test_joules_are_missing_where_no_watts_are_known() -> None:
    for found in (
        project(TINY, CASE, calibration()).figures,
        project_onto(profile(power=Power()), TINY, CASE, calibration()).figures,
    ):
        assert found["request_j"].provenance == "missing"
        assert "watts" in (found["request_j"].reason or "")
        assert found["ttft_s"].provenance == "projected"


def test_factors() -> None:
    assert widened(1.2, 0.1) == pytest.approx(1.32)
    assert joules_factor(1.0) == pytest.approx(3.0)


def test_a_batch_shares_the_weights() -> None:
    one = project(TINY, CASE, calibration()).figures["decode_tok_per_s"].value or 0
    batch = msgspec.structs.replace(CASE, batch=2)
    assert one / 2 < (project(TINY, batch, calibration()).figures["decode_tok_per_s"].value or 0)


def test_a_case_without_a_number_of_text_tokens_is_refused() -> None:
    open_case = msgspec.structs.replace(CASE, text_tokens=None)
    with pytest.raises(OmnibenchError, match="by-hand states no number of text tokens"):
        project(TINY, open_case, calibration())


@pytest.mark.parametrize("name", [name for name in profile_names() if name != "host"])
def test_every_shipped_profile_has_all_figures_or_a_reason(name: str) -> None:
    found = project_onto(load_profile(name), shape_of("omnivlm-968m"), CASE, calibration()).figures
    for value in found.values():
        if value.provenance == "missing":
            assert value.value is None
            assert value.reason
        else:
            assert value.value is not None
            assert value.interval is not None
            assert 0 < value.interval[0] < value.value < value.interval[1]
