"""The clock, a process's memory, a recording from outside, and the estimate."""

import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from omnibench.core import Amount, Meter, Unavailable, Value
from omnibench.errors import OmnibenchError
from omnibench.meters import clock, external, memory, tdp, window
from tests.unit.meter_clocks import START_S, Hand


@pytest.fixture
def hand() -> Hand:
    return Hand()


def over(meter: Meter, hand: Hand, seconds: float) -> dict[str, Value]:
    with window(meter) as seen:
        hand.move(seconds)
    return seen.values


def test_the_clock_is_a_meter(hand: Hand) -> None:
    meter = clock.find(hand)
    assert meter.every_step
    assert over(meter, hand, 0.25)["time_s"].value == pytest.approx(0.25)
    real = clock.find()
    first, second = real.read(), real.read()
    assert second.time_s >= first.time_s


def test_memory_comes_in_bytes(tmp_path: Path, hand: Hand) -> None:
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "status").write_text(
        "Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\nRssAnon:\t 600 kB\nThreads:\t1\n"
    )
    (folder / "smaps_rollup").write_text("00-ff ---p 0 00:00 0 [rollup]\nPss:   500 kB\n")
    meter = memory.find(7, pss=True, proc=tmp_path, look=hand)
    assert isinstance(meter, memory.Memory)
    assert not meter.every_step
    values = over(meter, hand, 1.0)
    assert values["peak_rss_bytes"].value == 2000 * 1024
    assert values["rss_bytes"].value == 1000 * 1024
    assert values["pss_bytes"].value == 500 * 1024
    assert values["rss_file_bytes"].provenance == "missing"
    assert meter.reset_peak() is None
    assert (folder / "clear_refs").read_text() == "5"
    (folder / "status").unlink()
    assert "cannot be read" in str(over(meter, hand, 1.0)["rss_bytes"].reason)
    (folder / "clear_refs").unlink()
    (folder / "clear_refs").mkdir()
    assert isinstance(meter.reset_peak(), Unavailable)
    assert isinstance(memory.find(8, proc=tmp_path), Unavailable)


def test_a_recording_of_watts_is_integrated_and_interpolated(tmp_path: Path, hand: Hand) -> None:
    file = tmp_path / "wall.csv"
    rows = [f"{START_S - 2 + n},{10 + n}\n" for n in range(30)]
    file.write_text("unix_s,power_w\n" + "".join(rows) + f"{START_S + 40},9")  # a torn line
    meter = external.find(file, look=hand)
    assert isinstance(meter, external.External)
    hand.move(0.5)
    joules = over(meter, hand, 20.0)["wall_j"]
    # On the line 12 + t the rectangle and triangle of each whole second are exact; at the halves
    # the energy is interpolated: half of the row's second on both ends.
    ends = 0.5 * 12.5 + 0.5 * 32.5
    assert joules.value == pytest.approx(ends + sum(12.5 + n for n in range(1, 20)))
    assert joules.n == 20
    assert joules.source == "wall.csv"
    assert "too short" in str(over(meter, hand, 3.0)["wall_j"].reason)
    assert "covers" in str(over(meter, hand, 20.0)["wall_j"].reason)


def test_a_recording_of_joules_with_iso_times_and_a_clock_ahead(tmp_path: Path) -> None:
    file = tmp_path / "wall.csv"
    file.write_text(
        "\ufefftime, energy_j\n2026-01-01T00:00:00Z, 5\n2026-01-01T01:00:10+01:00, 25\n"
    )
    recording = external.load(file)
    assert isinstance(recording, external.Recording)
    first = recording.unix_s[0]
    spent = external.between(recording, first + 2.5, first + 10)
    assert isinstance(spent, Amount)
    assert spent.value == pytest.approx(15.0)
    hand = Hand()
    hand.unix_s = first - 100 + 0.0
    meter = external.External(file, 0.1, ahead_s=100.0, look=hand)
    assert over(meter, hand, 5.0)["wall_j"].value == pytest.approx(10.0)
    file.unlink()
    assert "cannot be read" in str(over(meter, hand, 5.0)["wall_j"].reason)


def test_a_gap_within_the_window_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wall.csv"
    moments = [*range(20), *range(40, 60)]
    file.write_text("unix_s,power_w\n" + "".join(f"{n},10\n" for n in moments))
    recording = external.load(file)
    assert isinstance(recording, external.Recording)
    assert "gap of 21 s" in str(external.between(recording, 5, 45))
    whole = external.between(recording, 5, 15)
    assert isinstance(whole, Amount)
    assert whole.value == pytest.approx(100.0)
    assert "gap of 21 s" in str(external.between(recording, 25, 45))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns none"),
        ("when,watts\n1,2\n", "columns when, watts"),
        ("unix_s,power_w\n1,2\n", "fewer than two rows"),
        ("unix_s,power_w\n1,2\n1,2\n", "line 3"),
        ("unix_s,power_w\n1,2\n2,-3\n", "no figure of a meter"),
        ("unix_s,power_w\n1,2\n2\n", "line 3"),
        ("unix_s,power_w\n1,nan\n2,1\n", "line 2"),
        ("unix_s,energy_j\n1,5\n2,4\n", "go back"),
        ("time,power_w\n2026-01-01T00:00:00,5\n", "time zone"),
        ("time,power_w\nyesterday,5\n", "line 2"),
    ],
)
def test_what_is_wrong_with_a_recording_is_said(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "wall.csv"
    file.write_text(text)
    found = external.find(file)
    assert isinstance(found, Unavailable)
    assert words in str(found)


WATTS = tdp.PowerModel(10.0, 30.0, 54.0, "a data sheet")


def test_the_estimate_always_has_its_interval(hand: Hand) -> None:
    spent: dict[str, float | None] = {"cpu_s": 0.0}
    meter = tdp.Tdp(WATTS, lambda: spent["cpu_s"], 4, hand)
    with window(meter) as seen:
        spent["cpu_s"] = 20.0
        hand.move(10.0)
    joules = seen.values["package_j"]
    assert joules.value == pytest.approx(10 * (10 + 20 * 0.5))
    assert joules.interval == pytest.approx((100.0, 540.0))
    assert joules.provenance == "estimated"
    assert joules.source is not None
    assert "a data sheet" in joules.source
    spent["cpu_s"] = None
    assert "has ended" in str(over(meter, hand, 10.0)["package_j"].reason)


def test_the_estimate_counts_this_process(hand: Hand) -> None:
    meter = tdp.find(WATTS, look=hand)
    assert isinstance(meter, tdp.Tdp)
    value = over(meter, hand, 10.0)["package_j"].value
    assert value is not None
    assert 100.0 <= value <= 300.0
    assert meter.processors == os.cpu_count()
    ended = tdp.find(WATTS, pid=2**22 + 1)
    assert isinstance(ended, Unavailable)


@pytest.mark.parametrize("watts", [(-1, 2, 3), (3, 2, 4), (0, 0, 0), (1, 2, float("nan"))])
def test_absurd_watts_are_refused(watts: Any) -> None:
    with pytest.raises(OmnibenchError, match="a typo"):
        tdp.PowerModel(watts[0], watts[1], watts[2], "a typo")


def test_the_meter_of_the_documentation_works(
    repository: Path, tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (repository / "docs/meters.md").read_text(), re.S)
    (code,) = (block for block in blocks if "class Jetson" in block)
    module = ModuleType("jetson")
    monkeypatch.setitem(sys.modules, "jetson", module)  # dataclasses look the module up
    exec(code, vars(module))
    meter = module.Jetson(tmp_path, 1, look=hand)
    assert "cannot be read" in str(over(meter, hand, 10.0)["soc_j"].reason)
    (tmp_path / "in1_input").write_text("5000\n")
    (tmp_path / "curr1_input").write_text("2000\n")
    assert "more than 0.5 s" in str(over(meter, hand, 10.0)["soc_j"].reason)
    with window(meter) as seen:
        for _ in range(100):
            hand.move(0.125)
            meter.read()
    joules = seen.values["soc_j"]
    assert joules.value == pytest.approx(125.0)
    assert (joules.provenance, joules.n) == ("derived", 125)
