"""What a machine lends to a perf: instruments, watts, ceilings; the weights that are timed."""

from types import SimpleNamespace

import msgspec
import pytest

from omnibench.cli import perf_machine, perf_running, perf_weights
from omnibench.cli.perf_machine import instruments
from omnibench.cli.perf_weights import card_of, model_name
from omnibench.core import Unavailable
from omnibench.core.hardware import Figure, HardwareProfile, Power
from omnibench.cost import SHAPES
from omnibench.errors import OmnibenchError
from omnibench.profiles import load_profile
from tests.unit.test_projection import calibration

HERE = load_profile("host")


def watts(**figures):
    power = Power(**{name: Figure(value, "estimate", "s") for name, value in figures.items()})
    return HardwareProfile("mine", "mine", {"s": "made up"}, power=power)


@pytest.fixture
def found(monkeypatch):
    """A machine with powercap and a battery, and no profile that knows it."""
    meters = {
        "powercap": SimpleNamespace(name="powercap"), "nvml": Unavailable("no driver"),
        "battery": SimpleNamespace(name="battery"), "pyrapl": Unavailable("not installed"),
    }  # fmt: skip
    monkeypatch.setattr(perf_machine, "found", lambda: meters)
    monkeypatch.setattr(perf_machine, "recognised", lambda _: [])


def test_by_default_what_is_there_is_read_and_the_rest_is_told(found):
    lent = instruments(None, HERE, here=True)
    assert lent.names == ("clock", "memory", "powercap")
    assert lent.why_not == ("nvml: no driver",)


def test_meters_are_read_that_are_named(found):
    assert instruments("battery,powercap", HERE, here=True).names[2:] == ("battery", "powercap")
    assert instruments("none", HERE, here=True).names == ("clock", "memory")
    with pytest.raises(OmnibenchError, match="--meter nvml: no driver"):
        instruments("nvml", HERE, here=True)


def test_watts_are_those_of_this_machine(found):
    lent = instruments("tdp", watts(idle_w=5, sustained_w=28, maximum_w=54), here=True)
    assert (lent.power.idle_w, lent.power.sustained_w, lent.power.most_w) == (5, 28, 54)
    assert lent.names[2:] == ("tdp",)
    bare = instruments(None, watts(sustained_w=28), here=True).power
    assert (bare.idle_w, bare.most_w) == (0, 28)
    assert "idle power not known" in bare.source
    assert instruments(None, watts(sustained_w=28), here=False).power is None


def test_free_cores_are_those_that_others_leave(monkeypatch):
    monkeypatch.setattr(perf_machine, "LOOKED_S", 0.0)
    monkeypatch.setattr(perf_machine, "usable_processors", lambda: 8)
    for others, free in ((0.2, 8), (2.9, 5), (40.0, 1), (None, 8)):
        seen = SimpleNamespace(others_cpu=others)
        around = SimpleNamespace(look=lambda: 0.0, since=lambda _, seen=seen: seen)
        monkeypatch.setattr(perf_machine, "Surroundings", lambda *_, around=around, **__: around)
        assert perf_machine.free_cores() == free


def test_weights_are_those_that_are_here(monkeypatch, tmp_path):
    monkeypatch.setattr(perf_weights, "pulled_model", lambda _: None)
    assert model_name("omnivlm", None) == "omnivlm-tiny"
    assert model_name("omnivlm", "random") == "omnivlm-968m"
    assert card_of("omnivlm-968m", "random", "float32").weights.startswith("random")
    assert card_of("omnivlm-tiny", None, "float32").weights == "bundled"
    assert card_of("nanollava", str(tmp_path), "bfloat16").weights == str(tmp_path)
    monkeypatch.setattr(perf_weights, "pulled_model", lambda _: tmp_path)
    assert model_name("omnivlm", None) == "omnivlm-968m"


def test_a_model_that_cannot_be_drawn_needs_weights(monkeypatch):
    monkeypatch.setattr(perf_weights, "pulled_model", lambda _: None)
    with pytest.raises(OmnibenchError, match="random ones cannot be drawn"):
        card_of("internvl2.5-2b", None, "float32")


def asked(profile="ryzen-hx370", *, here=False, device="cpu"):
    return SimpleNamespace(
        profile=load_profile(profile), here=here, device=device, threads=1, dtype="float32",
        budget_s=180.0,
    )  # fmt: skip


def test_another_device_has_this_machine_calibrated_and_kept(monkeypatch):
    made = calibration(contended=True)
    kept = []
    monkeypatch.setattr(perf_running, "load_calibration", lambda *_: None)
    monkeypatch.setattr(perf_running, "calibrate", lambda *_: made)
    monkeypatch.setattr(perf_running, "keep", kept.append)
    ceilings, _, doubts = perf_running._ceilings(asked())
    assert ceilings == made
    assert kept == [made]
    assert "was contended" in doubts[0]


def test_this_machine_is_not_calibrated_unasked(monkeypatch):
    def refuse(*_):
        raise OmnibenchError("of other versions than these")

    monkeypatch.setattr(perf_running, "calibrate", lambda *_: pytest.fail("nobody asked"))
    monkeypatch.setattr(perf_running, "load_calibration", refuse)
    ceilings, why, _ = perf_running._ceilings(asked("host", here=True))
    assert ceilings is None
    assert why == "of other versions than these"
    ceilings, why, _ = perf_running._ceilings(asked(device="cuda"))
    assert ceilings is None
    assert "not for cuda" in why


def test_projections_are_made_where_the_prompt_can_be_counted():
    from omnibench.cases import CASES

    options = SimpleNamespace(
        profile=load_profile("ryzen-hx370"),
        shapes=lambda: {name: SHAPES[name] for name in ("omnivlm-968m", "omnivlm-tiny")},
        cases=(CASES["image-question"], CASES["aurora"]),
    )
    found = perf_running._projections(options, calibration())
    assert set(found) == {
        ("omnivlm-968m", "image-question"), ("omnivlm-968m", "aurora"),
        ("omnivlm-tiny", "image-question"),
    }  # fmt: skip
    first = found["omnivlm-968m", "image-question"].figures["ttft_s"]
    assert first.provenance == "projected"
    assert first.interval[0] < first.value < first.interval[1]
    assert msgspec.json.encode(found["omnivlm-968m", "aurora"])
