"""Joules shared out by hand: gross, net, and what they buy with their marks."""

import msgspec
import pytest

from omnibench.core import SampleRecord, Value
from omnibench.engine.perf.answers import Correct, bought, correct_answers
from omnibench.engine.perf.energy import energies
from omnibench.profiles import load_profile
from tests.unit.perf_trials import joules, record, seconds, timing

MODEL = "omnivlm-968m"
CHARGE = Value(50e3, "J", "published", source="a paper")


def window(name, total, length_s, repeats, *, key="package_j", number=0, low=None, high=None):
    readings = {f"{name}.time_s": seconds(length_s), f"{name}.{key}": joules(total, low, high)}
    return record("energy", number, MODEL, readings, repeats=repeats, tokens_in=101)


def idle(total, length_s, number=0):
    readings = {"idle.time_s": seconds(length_s), "idle.package_j": joules(total)}
    return record("idle", number, MODEL, readings)


def test_joules_are_shared_among_requests_and_tokens():
    trials = [
        window("request", 300.0, 30.0, 4, low=290.0, high=310.0),
        window("decode", 62.0, 6.0, 2),
        window("prefill", 50.5, 5.0, 10),
        window("vision", 80.0, 8.0, 2),
    ]
    found = energies(trials, [], 32)
    assert found["request_j"][0].value == 75
    assert found["request_j"][0].interval == (72.5, 77.5)
    assert found["decode_j_per_token"][0].value == 62 / (2 * 31)
    assert found["prefill_j_per_token"][0].value == pytest.approx(50.5 / 1010)
    assert found["vision_j"][0].value == 40
    assert found["request_j"][0].provenance == "measured"
    assert "gross" in found["request_j"][0].method


def test_net_is_less_what_idling_takes():
    trials = [window("request", 300.0, 30.0, 3)]
    found = energies(trials, [idle(20.0, 10.0), idle(22.0, 10.0, 1)], 32)
    assert found["idle_w"][0].value == pytest.approx(2.1)
    assert found["idle_w"][0].interval == (2.0, 2.2)
    net = found["request_net_j"][0]
    assert net.value == pytest.approx((300 - 63) / 3)
    assert net.interval == pytest.approx(((300 - 66) / 3, (300 - 60) / 3))
    assert net.provenance == "derived"


def test_what_idling_swallows_is_not_resolved():
    found = energies([window("request", 60.0, 30.0, 3)], [idle(20.0, 10.0)], 32)
    net = found["request_net_j"][0]
    assert net.value is None
    assert "not resolved" in net.reason
    assert found["request_j"][0].value == 20


def test_scopes_are_not_added():
    readings = {
        "request.time_s": seconds(10.0), "request.package_j": joules(100.0),
        "request.dram_j": joules(20.0), "request.package_j/pyrapl": joules(101.0),
    }  # fmt: skip
    found = energies([record("energy", 0, MODEL, readings)], [], 32)["request_j"]
    assert [value.value for value in found] == [100, 20, 101]
    assert [value.method.split(",")[0] for value in found] == [
        "package", "dram", "package by pyrapl",
    ]  # fmt: skip


def test_an_estimate_keeps_its_mark_and_stands_behind_what_was_measured():
    estimated = joules(90.0, 10.0, 200.0, "estimated")
    timed = timing(readings={"request.package_j": estimated})
    found = energies([timed], [], 32)
    assert [value.provenance for value in found["request_j"]] == ["estimated"]
    assert found["request_j"][0].interval == (10, 200)
    assert "no net part" in found["request_net_j"][0].reason
    both = energies([timed, window("request", 300.0, 30.0, 4)], [], 32)["request_j"]
    assert [value.provenance for value in both] == ["measured", "estimated"]


def test_a_counter_that_stood_still_is_missing_with_its_reason():
    frozen = Value(None, "J", "missing", reason="package-0 stood still")
    readings = {"request.time_s": seconds(9.0), "request.package_j": frozen}
    found = energies([record("energy", 0, MODEL, readings)], [], 32)
    assert found["request_j"][0].value is None
    assert found["request_j"][0].reason == "package-0 stood still"
    assert found["request_net_j"][0].reason == "package-0 stood still"


def spent(provenance="measured", profile="ryzen-hx370"):
    value = Value(20.0, "J", provenance, interval=(10.0, 40.0), profile=profile)
    return {"request_j": [value]}


@pytest.mark.parametrize(
    ("provenance", "inherited"),
    [("measured", "derived"), ("estimated", "estimated"), ("projected", "projected")],
)
def test_what_joules_buy_inherits_their_mark(provenance, inherited):
    profile = load_profile("ryzen-hx370")
    battery = msgspec.structs.replace(profile, battery=load_profile("iphone").battery)
    correct = [Correct("pope", 0.5, 360, "eval x")]
    found = bought(spent(provenance), correct, battery, CHARGE)
    right = found["j_per_correct_answer/pope"][0]
    assert (right.value, right.interval, right.provenance) == (40, (20, 80), inherited)
    questions = found["questions_per_charge"][0]
    assert (questions.value, questions.interval) == (2500, (1250, 5000))
    assert questions.provenance == inherited
    assert found["iphone_charge_share"][0].value == pytest.approx(20 / 50e3)


def test_a_charge_of_another_device_is_not_spent_by_this_one():
    found = bought(spent(profile="host"), [], load_profile("galaxy-s22"), CHARGE)
    assert found["questions_per_charge"][0].value is None
    assert "galaxy-s22" in found["questions_per_charge"][0].reason
    assert found["iphone_charge_share"][0].value is not None


def test_without_joules_nothing_is_bought():
    nothing = {"request_j": [Value(None, "J", "missing", reason="no meter")]}
    correct = [Correct("", 0.5, 9, "eval x")]
    found = bought(nothing, correct, load_profile("galaxy-s22"), CHARGE)
    assert {value.value for values in found.values() for value in values} == {None}
    assert found["j_per_correct_answer"][0].reason == "no meter"


def test_no_right_answer_has_no_price():
    found = bought(spent(), [Correct("", 0.0, 9, "eval x")], load_profile("iphone"), CHARGE)
    assert found["j_per_correct_answer"][0].value is None
    assert "none of the 9 answers was right" in found["j_per_correct_answer"][0].reason


def sample(task, number, score=None, **more):
    scores = {} if score is None else {"official": score, "other": 1.0}
    return SampleRecord(
        task=task, id=str(number), prompt="?", target="x", reply=more.pop("reply", "x"),
        scores=scores, **more,
    )  # fmt: skip


def test_right_answers_are_means_of_the_official_scores():
    records = [
        sample("a", 1, 1.0), sample("a", 2, 0.3), sample("a", 3, error="cut", reply=None),
        sample("a", 4), sample("b", 1, 1.0),
    ]  # fmt: skip
    rules = {"a": "official", "b": "official"}
    pooled, first, second = correct_answers(records, rules, "eval x")
    assert (first.task, first.n, first.share) == ("a", 3, pytest.approx(1.3 / 3))
    assert (second.task, second.n, second.share) == ("b", 1, 1.0)
    assert (pooled.task, pooled.n, pooled.share) == ("", 4, pytest.approx(2.3 / 4))
    assert correct_answers([sample("a", 4)], rules, "eval x") == []
    assert len(correct_answers(records[:2], rules, "eval x")) == 1
