"""The measuring engine with a fake model: order, budget, energy, and what goes wrong."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from omnibench.core import PerfCase, TrialRecord
from omnibench.engine.measure import measure
from omnibench.engine.measure.energy import Pace
from omnibench.errors import OmnibenchError
from omnibench.meters import powercap
from omnibench.meters.tdp import PowerModel
from tests.unit.measured import RANGE_UJ, Broken, Driven, case, plan, zone

QUICK = Pace(idle_s=0.05, window_s=0.05)


def children() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children()
        if any("engine.measure.child" in word for word in process.cmdline())
    ]


def later(seconds: float, act: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def test_models_take_turns_and_every_kind_comes_in_its_order() -> None:
    records = list(measure(plan("fake", "fake", names=("a", "b"), trials=4)))
    assert [record.order for record in records] == list(range(len(records)))
    kinds = list(dict.fromkeys(record.kind for record in records))
    assert kinds == ["load", "first_image", "warmup", "timing"]
    timing = [record for record in records if record.kind == "timing"]
    assert "".join(record.model for record in timing[:8]) == "abbaabba"
    assert not [record for record in records if record.error]
    assert children() == []


def test_a_trial_says_when_each_phase_and_each_token_was() -> None:
    watts = PowerModel(5.0, 20.0, 30.0, "a test")
    record = list(measure(plan("fake", trials=1), power=watts))[-1]
    read = {name: value.value for name, value in record.readings.items()}
    stages = ("preprocess", "vision", "projector", "prefill", "first_sample")
    for stage in (*stages, "decode"):
        assert read[f"{stage}.time_s"] >= 0.001  # a fake's phases last that long
        estimate = record.readings[f"{stage}.package_j"]
        assert estimate.provenance == "estimated"
        low, high = estimate.interval
        assert low == pytest.approx(5.0 * read[f"{stage}.time_s"])
        assert high == pytest.approx(30.0 * read[f"{stage}.time_s"])
        assert low <= estimate.value <= high
    parts = sum(read[f"{stage}.time_s"] for stage in stages) + read["gap.time_s"]
    assert parts == pytest.approx(read["ttft.time_s"])
    assert record.token_times_s[0] == pytest.approx(read["ttft.time_s"])
    assert record.token_times_s[-1] == pytest.approx(read["request.time_s"])
    assert read["decode.time_s"] == pytest.approx(
        record.token_times_s[-1] - record.token_times_s[0]
    )
    assert len(record.token_times_s) == 4
    assert (record.tokens_in, record.visual_tokens) == (21, 1)
    assert read["prefill.peak_rss_bytes"] > 1e6
    assert record.conditions.threads == 1


def test_what_does_not_fit_the_budget_is_said() -> None:
    slow = case(new_tokens=300)
    records = list(measure(plan("fake", cases=(slow,), trials=5, budget_s=0.01)))
    made = [record for record in records if record.kind == "timing" and not record.left_out]
    assert len(made) == 1
    left_out = [record.left_out for record in records if record.left_out]
    assert left_out == [
        "4 of 5 trials: the 0.01 s for measuring are spent (--budget, less calibrating)"
    ]
    assert records[-1].readings == {}


def test_a_model_that_cannot_be_loaded_does_not_stop_the_others() -> None:
    load, *others = measure(plan("ghost", "fake", trials=1))
    assert (load.model, load.kind) == ("ghost", "load")
    assert "no model 'ghost'" in (load.error or "")
    assert {record.model for record in others} == {"fake"}
    assert [record.error for record in others] == [None] * len(others)


def test_a_process_that_crashes_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnibench.engine.measure.process.MODULE", "no_such_module")
    load, *others = measure(plan("fake"))
    assert others == []
    assert "the process of fake ended with code 1: " in (load.error or "")
    assert "no_such_module" in (load.error or "")


def test_a_process_that_is_killed_leaves_what_it_had_read() -> None:
    slow = case(new_tokens=3000)
    records: list[TrialRecord] = []
    for record in measure(plan("fake", "fake", names=("a", "b"), cases=(slow,), trials=1)):
        records.append(record)
        if record.kind == "warmup" and record.model == "b":
            first = min(children(), key=lambda process: process.create_time())
            later(0.5, first.kill)
    killed = next(record for record in records if record.error)
    assert (killed.model, killed.kind) == ("a", "timing")
    assert killed.error is not None
    assert "ended by SIGKILL" in killed.error
    assert killed.readings["ttft.time_s"].value is not None
    for name in ("decode.time_s", "request.time_s"):
        assert killed.readings[name].provenance == "missing"
        assert killed.readings[name].reason == killed.error
    assert records[-1].model == "b"
    assert records[-1].error is None
    assert "request.time_s" in records[-1].readings


def test_ctrl_c_ends_the_processes_and_keeps_what_was_measured() -> None:
    slow = case(new_tokens=100_000)
    records = []
    began_s = time.monotonic()

    def until_interrupted() -> None:
        for record in measure(plan("fake", cases=(slow,))):
            records.append(record)
            if record.kind == "warmup":
                later(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        until_interrupted()
    assert [record.kind for record in records] == ["load", "first_image", "warmup"]
    assert children() == []
    assert time.monotonic() - began_s < 60  # a request would take 100 s


def test_a_caller_who_stops_leaves_no_process_behind() -> None:
    records = measure(plan("fake"))
    next(records)
    assert len(children()) == 1
    records.close()
    assert children() == []


def test_windows_yield_the_joules_that_were_written(tmp_path: Path) -> None:
    counter = zone(tmp_path, energy_uj=RANGE_UJ - 9_000_000)
    meter = Driven(powercap.find(tmp_path), counter, RANGE_UJ - 9_000_000)
    records = list(measure(plan("fake", trials=1), meters=[meter], pace=QUICK))
    windows = [
        (name, value)
        for record in records
        for name, value in record.readings.items()
        if name.endswith("package_j")
    ]
    assert [name.removesuffix(".package_j") for name, _ in windows] == [
        "idle", "decode", "request", "prefill", "vision", "idle",
    ]  # fmt: skip
    assert [value.value for _, value in windows] == [
        pytest.approx(joules, rel=1e-6) for joules in meter.expected_j
    ]
    assert meter.stands_uj < 30_000_000  # it has wrapped around
    for record in records:
        if record.kind == "energy":
            assert (record.tokens_in, record.visual_tokens) == (21, 1)


def test_counters_that_fail_are_reported_as_what_they_are(tmp_path: Path) -> None:
    counters = {
        name: zone(tmp_path / name) for name in ("good", "frozen", "gone", "reset", "leaping")
    }
    meters = {name: powercap.find(tmp_path / name) for name in counters}
    back_uj = itertools.count(RANGE_UJ // 2, -1_000_000_000)  # no wrap-around: too many watts
    ahead_uj = itertools.count(0, 10_000_000_000)
    acts = {
        "frozen": lambda: None,
        "gone": lambda: counters["gone"].unlink(missing_ok=True),
        "reset": lambda: counters["reset"].write_text(str(next(back_uj))),
        "leaping": lambda: counters["leaping"].write_text(str(next(ahead_uj) % RANGE_UJ)),
    }
    good = Driven(meters["good"], counters["good"], 0)
    broken = [Broken(meters[name], name, act) for name, act in acts.items()]
    asked = measure(plan("fake", trials=1), meters=[good, *broken], pace=QUICK)
    read = {name: value for record in asked for name, value in record.readings.items()}
    assert read["decode.package_j"].value is not None
    for name, words in (
        ("frozen", "stood still"),
        ("gone", "energy_uj is missing"),
        ("reset", "so it was reset"),
        ("leaping", "J in "),
    ):
        said = read[f"decode.package_j/{name}"]
        assert (said.value, said.provenance) == (None, "missing")
        assert words in (said.reason or "")


def test_what_cannot_be_measured_is_refused_before_anything_is_loaded() -> None:
    together = PerfCase("two", 64, 48, 2, "", 1, batch=2)
    with pytest.raises(OmnibenchError, match="case two has a batch of 2"):
        measure(plan("fake", cases=(together,)))
    with pytest.raises(OmnibenchError, match="--threads is 4096"):
        measure(msgspec.structs.replace(plan("fake"), threads=4096))
    assert children() == []
