"""Trials made by hand into results: every quantity by its definition, and what is missing."""

import dataclasses
import statistics

import msgspec
import pytest

from omnibench.cases import CASES
from omnibench.core import Conditions, PerfResults, Value
from omnibench.core.calibration import Projection
from omnibench.cost import SHAPES
from omnibench.engine.perf.results import Beside, perf_results
from omnibench.engine.perf.timings import timings
from omnibench.engine.perf.utilisation import utilisations
from omnibench.profiles import load_profile
from omnibench.published import papers
from tests.unit.perf_trials import QUIET, STAGES, plan, record, seconds, timing

LOAD = record(
    "load", 0, "omnivlm-968m",
    {"start.time_s": seconds(2.0), "load.time_s": seconds(9.0),
     "load.rss_anon_bytes": Value(3.9e9, "bytes", "measured")},
)  # fmt: skip
FIRST = record("first_image", 0, "omnivlm-968m", {"ttft.time_s": seconds(6.0)})


def beside(profile="generic-x86", **more):
    return Beside(
        profile=load_profile(profile),
        shapes={name: SHAPES[name] for name in ("omnivlm-968m", "nanollava")},
        papers=papers(),
        **more,
    )


def figures(trials, the_plan=None, **more):
    results = perf_results(the_plan or plan(), trials, beside(**more))
    return results.models["omnivlm-968m"]["image-question"], results


def test_stages_and_rates_follow_their_definitions():
    steps = (0.10, 0.11, 0.12, 0.10, 0.13)
    trials = [LOAD, FIRST, *(timing(n, step=step) for n, step in enumerate(steps))]
    found, results = figures(trials)
    assert found["vision_s"][0].value == 4.0
    assert found["ttft_s"][0].value == pytest.approx(sum(STAGES.values()) + 0.02)
    assert found["gap_s"][0].value == pytest.approx(0.02)
    assert found["decode_tok_per_s"][0].value == pytest.approx(1 / 0.11)
    assert found["decode_tok_per_s"][0].provenance == "derived"
    assert found["prefill_tok_per_s"][0].value == pytest.approx(101 / 0.5)
    assert found["latency_s"][0].value == pytest.approx(4.58 + 31 * 0.11)
    assert found["load_s"][0].value == 9.0
    assert found["first_image_s"][0].value == 6.0
    assert found["itl_p50_s"][0].value == pytest.approx(0.11)
    assert found["itl_p50_s"][0].n == 5 * 31
    assert found["itl_p99_s"][0].value == pytest.approx(0.13)
    assert found["peak_rss_bytes"][0].value == 4.2e9
    assert found["peak_rss_bytes/vision"][0].value == 4.0e9
    assert found["rss_anon_bytes"][0].value == 3.9e9
    low, high = found["decode_tok_per_s"][0].ci95
    assert 1 / 0.13 <= low <= 1 / 0.11 <= high <= 1 / 0.10
    assert msgspec.json.decode(msgspec.json.encode(results), type=PerfResults) == results


def test_cold_requests_are_not_averaged_with_the_rest():
    cold = timing(0, stages=STAGES | {"vision": 40.0})
    warmup = msgspec.structs.replace(cold, kind="warmup")
    found, _ = figures([warmup, *(timing(n) for n in range(5))])
    assert found["vision_s"][0].value == 4.0
    assert found["vision_s"][0].n == 5


def test_a_percentile_takes_its_number_of_gaps():
    found, _ = figures([timing(n) for n in range(3)])  # 93 gaps
    assert found["itl_p90_s"][0].value == pytest.approx(0.1)
    p99 = found["itl_p99_s"][0]
    assert (p99.value, p99.provenance, p99.n) == (None, "missing", 93)
    assert p99.reason == "93 gaps between tokens; it takes 100"


def test_nothing_that_was_not_measured_is_a_number():
    found, results = figures([])
    for quantity, values in found.items():
        for value in values:
            assert (value.value is None) == (value.provenance == "missing"), quantity
            assert value.value != 0, quantity
            assert value.value is not None or value.reason, quantity
    assert found["ttft_s"][0].reason == "no trial was made"
    assert found["request_j"][0].reason.startswith("no instrument")
    assert found["mfu_vision"][0].reason.startswith("this machine is not calibrated")
    assert any("no trial was timed" in doubt for doubt in results.doubts)
    assert found["flops_total"][0].value == pytest.approx(747.35e9, rel=1e-4)


def test_a_trial_that_failed_keeps_the_others_and_says_why():
    cut = msgspec.structs.replace(timing(5), error="the process was killed (SIGKILL)")
    found, results = figures([*(timing(n) for n in range(5)), cut])
    assert found["ttft_s"][0].n == 5
    assert any("SIGKILL" in doubt for doubt in results.doubts)
    found, _ = figures([cut])
    assert "SIGKILL" in found["ttft_s"][0].reason


def test_what_was_left_out_for_want_of_time_says_so():
    left = record("timing", 0, "omnivlm-968m", {}, left_out="the 9 s for measuring are spent")
    found, results = figures([left])
    assert found["ttft_s"][0].reason == "the 9 s for measuring are spent"
    assert "left out (timing): the 9 s for measuring are spent" in results.doubts


@pytest.mark.parametrize(("gap", "doubted"), [(0.1, False), (0.6, True)])
def test_stages_add_up_or_the_run_says_so(gap, doubted):
    _, results = figures([timing(n, gap=gap) for n in range(5)])
    assert any("unexplained" in doubt for doubt in results.doubts) == doubted


def test_contended_trials_are_counted_and_told():
    busy = Conditions(1, 0.7, None, None, None, None)
    trials = [timing(n, contended=n < 2, conditions=busy if n < 2 else QUIET) for n in range(5)]
    found, results = figures(trials)
    assert results.contended
    assert found["ttft_s"][0].n == 5
    assert any("2 of 5 trials were contended" in d and "0.7 cores" in d for d in results.doubts)


def test_drift_is_told():
    stages = [STAGES | {"vision": 4.0 + (0.4 if n >= 5 else 0.0)} for n in range(10)]
    _, results = figures([timing(n, stages=each) for n, each in enumerate(stages)])
    assert any("time to the first token drifted by +8.7%" in doubt for doubt in results.doubts)
    _, results = figures([timing(n) for n in range(10)])
    assert not any("drifted" in doubt for doubt in results.doubts)


def test_random_weights_and_unknown_conditions_are_told():
    _, results = figures([timing(n) for n in range(5)])
    assert any("random weights" in doubt for doubt in results.doubts)
    assert "unknown here: clock, temperature, governor" in results.doubts


class Ceilings:
    """What a calibration is asked for."""

    id, date = "0123456789ab", "2026-01-01T00:00:00Z"
    gemm_flops_per_s, gemv_bytes_per_s = 200e9, 20e9


def test_mfu_and_mbu_are_shares_of_this_machines_ceilings():
    timed = timings([timing(n) for n in range(5)], [])
    analytic = {
        name: Value(value, "FLOP", "derived")
        for name, value in {
            "flops_vision": 640e9, "flops_prefill_causal": 50e9, "bytes_decode_per_token": 1e9,
        }.items()
    }  # fmt: skip
    found = utilisations(timed, analytic, Ceilings(), "")
    assert found["mfu_vision"].value == pytest.approx(640 / 4 / 200)
    assert found["mfu_prefill"].value == pytest.approx(50 / 0.5 / 200)
    assert found["mbu_decode"].value == pytest.approx(1 / 0.1 / 20)
    assert found["mfu_vision"].provenance == "derived"
    assert "0123456789ab" in found["mfu_vision"].source
    fused = utilisations(
        timed, analytic | {"flops_fusion_causal": Value(10e9, "FLOP", "derived")}, Ceilings(), ""
    )
    assert fused["mfu_prefill"].value == pytest.approx(60 / 0.5 / 200)


def test_another_device_is_projected_and_stands_apart():
    projected = Projection(
        "ryzen-hx370", "abc", "2026-01-01",
        {"ttft_s": Value(0.9, "s", "projected", interval=(0.4, 2.0), method="datasheet")},
    )  # fmt: skip
    the_plan = plan(profile="ryzen-hx370", here=False)
    found, results = figures(
        [timing(n) for n in range(5)],
        the_plan,
        profile="ryzen-hx370",
        projections={("omnivlm-968m", "image-question"): projected},
    )
    assert not results.host_matches_profile
    by_provenance = {value.provenance: value for value in found["ttft_s"]}
    assert list(by_provenance) == ["measured", "projected", "published"]
    assert by_provenance["measured"].profile == "host"
    assert by_provenance["projected"].profile == "ryzen-hx370"
    assert by_provenance["projected"].interval == (0.4, 2.0)
    assert by_provenance["published"].value == 0.75
    assert "Table 2" in by_provenance["published"].source


def test_the_asked_profile_is_this_machine():
    found, _ = figures([timing(n) for n in range(5)], plan(profile="generic-x86"))
    assert found["ttft_s"][0].profile == "generic-x86"
    assert [value.provenance for value in found["ttft_s"]] == ["measured"]


def test_a_models_own_prompt_is_counted_by_its_trials():
    case = CASES["image-question-own-prompt"]
    trials = [
        msgspec.structs.replace(timing(n, model="nanollava"), case=case.name, tokens_in=140)
        for n in range(5)
    ]
    results = perf_results(plan(models=("nanollava",), cases=(case,)), trials, beside())
    found = results.models["nanollava"][case.name]
    assert found["text_tokens"][0].value == 140 - 81


def test_a_model_without_a_shape_has_times_and_no_work():
    blind = dataclasses.replace(beside(), shapes={})
    found = perf_results(plan(), [timing(n) for n in range(5)], blind)
    found = found.models["omnivlm-968m"]["image-question"]
    assert found["ttft_s"][0].value is not None
    assert "flops_total" not in found
    assert found["mfu_vision"][0].value is None


def test_the_median_is_over_trials():
    ttfts = [4.0, 4.2, 4.1, 9.0, 4.3]
    trials = [timing(n, stages=STAGES | {"vision": value}) for n, value in enumerate(ttfts)]
    found, _ = figures(trials)
    assert found["vision_s"][0].value == statistics.median(ttfts)
