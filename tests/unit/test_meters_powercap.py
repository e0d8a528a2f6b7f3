"""RAPL out of trees that are changed between two readings."""

from pathlib import Path
from typing import Any

import pytest

from omnibench.core import Unavailable
from omnibench.meters import spent_values, window
from omnibench.meters.powercap import UDEV, Powercap, find
from tests.unit.meter_clocks import Hand

RANGE_UJ = 65_532_610_987


@pytest.fixture
def hand() -> Hand:
    return Hand()


def zone(
    root: Path, key: str, name: str, energy_uj: int | str = 0, range_uj: int | None = RANGE_UJ
) -> Path:
    folder = root / key
    folder.mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    if range_uj is not None:
        (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder / "energy_uj"


def opened(root: Path, hand: Hand, **settings: Any) -> Powercap:
    meter = find(root, look=hand, **settings)
    assert isinstance(meter, Powercap), meter
    return meter


def reason(value: Any) -> str:
    assert value.provenance == "missing"
    assert value.value is None
    return str(value.reason)


def test_the_written_joules_come_back(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0", 123_456_789)
    meter = opened(tmp_path, hand)
    with window(meter) as seen:
        energy.write_text(f"{123_456_789 + 141_421_356}\n")
        hand.move(5.0)
    joules = seen.values["package_j"]
    assert joules.value == pytest.approx(141.421356, abs=1e-9)
    assert (joules.unit, joules.provenance, joules.n) == ("J", "measured", 5000)
    assert joules.interval is not None
    assert joules.interval[1] - 141.421356 == pytest.approx(141.421356 / 5000 + 15.26e-6, rel=1e-3)
    assert meter.quantities["package_j"].step == pytest.approx(15.258e-6, rel=1e-3)
    assert joules.source == f"{tmp_path}: package-0"


def test_a_wrap_around_is_undone_and_counters_only_grow(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0", RANGE_UJ - 2_000_000)
    meter = opened(tmp_path, hand)
    before = after = meter.read()
    for count in (RANGE_UJ, 999_999, 2_000_000):
        hand.move(5.0)
        energy.write_text(f"{count}\n")
        after = meter.read()
    assert after.counters["package_j"] == pytest.approx(4.000001, abs=1e-9)
    value = spent_values(meter, before, after)["package_j"].value
    assert value == pytest.approx(4.000001, abs=1e-9)


def test_sockets_and_their_memory_are_summed_and_nothing_else(tmp_path: Path, hand: Hand) -> None:
    counted = [
        zone(tmp_path, "intel-rapl:0", "package-0"),
        zone(tmp_path, "intel-rapl:1", "package-1"),
        zone(tmp_path, "intel-rapl:0:2", "dram"),
        zone(tmp_path, "intel-rapl:1:0", "dram"),
    ]
    left_out = [
        zone(tmp_path, "intel-rapl:0:0", "core"),
        zone(tmp_path, "intel-rapl:0:1", "uncore"),
        zone(tmp_path, "intel-rapl:2", "psys"),
        zone(tmp_path, "intel-rapl-mmio:0", "package-0"),
        zone(tmp_path, "intel-rapl:3", "package-0"),
    ]
    with window(opened(tmp_path, hand)) as seen:
        for file in counted:
            file.write_text("2500000")
        for file in left_out:
            file.write_text("900000000")
        hand.move(1.0)
    assert seen.values["package_j"].value == pytest.approx(5.0)
    assert seen.values["dram_j"].value == pytest.approx(5.0)


def test_memory_is_a_figure_of_its_own_in_a_nested_tree(tmp_path: Path, hand: Hand) -> None:
    top = tmp_path / "intel-rapl"
    packages = [zone(top, f"intel-rapl:{n}", f"package-{n}") for n in (0, 1)]
    memory = [zone(top, f"intel-rapl:{n}/intel-rapl:{n}:0", "dram") for n in (0, 1)]
    for n, file in enumerate(packages):
        (tmp_path / f"intel-rapl:{n}").symlink_to(file.parent)
    meter = opened(tmp_path, hand)
    with window(meter) as seen:
        for n, file in enumerate((*packages, *memory)):
            file.write_text(f"{(n + 1) * 1_000_000}\n")
        hand.move(1.0)
    assert seen.values["package_j"].value == pytest.approx(3.0)
    assert seen.values["dram_j"].value == pytest.approx(7.0)
    assert meter.quantities["dram_j"].scope == "dram"


def test_a_counter_that_may_not_be_read_comes_with_the_line_that_permits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0")
    read_text = Path.read_text

    def refused(self: Path, *args: Any, **settings: Any) -> str:
        if self.name == "energy_uj":
            raise PermissionError(13, "Permission denied", str(self))
        return read_text(self, *args, **settings)

    monkeypatch.setattr(Path, "read_text", refused)
    meter = find(tmp_path)
    assert isinstance(meter, Unavailable)
    assert "may not be read" in meter.reason
    assert UDEV in meter.what_to_do


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    nothing = find(tmp_path / "powercap")
    assert isinstance(nothing, Unavailable)
    assert "virtual machines" in str(nothing)
    zone(tmp_path, "intel-rapl:0", "psys")
    only_psys = find(tmp_path)
    assert isinstance(only_psys, Unavailable)
    assert "shows no package" in only_psys.reason


def test_a_zone_without_a_readable_counter_is_said(tmp_path: Path) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0", "soon")
    assert "no number" in str(find(tmp_path))
    energy.unlink()
    assert "is missing" in str(find(tmp_path))
    energy.mkdir()
    assert "cannot be read" in str(find(tmp_path))


def test_a_counter_that_vanishes_loses_its_figure_alone(tmp_path: Path, hand: Hand) -> None:
    package = zone(tmp_path, "intel-rapl:0", "package-0")
    memory = zone(tmp_path, "intel-rapl:0:0", "dram")
    with window(opened(tmp_path, hand)) as seen:
        package.write_text("1000000")
        memory.unlink()
        hand.move(1.0)
    assert seen.values["package_j"].value == pytest.approx(1.0)
    assert "is missing" in reason(seen.values["dram_j"])


def test_a_counter_that_stands_still_is_no_zero(tmp_path: Path, hand: Hand) -> None:
    moving = zone(tmp_path, "intel-rapl:0", "package-0")
    zone(tmp_path, "intel-rapl:1", "package-1")
    with window(opened(tmp_path, hand)) as seen:
        moving.write_text("1000000")
        hand.move(5.0)
    assert "package-1 stood still for 5 s" in reason(seen.values["package_j"])


def test_a_counter_that_was_reset_is_no_energy(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0", RANGE_UJ // 2)
    meter = opened(tmp_path, hand)
    first = meter.read()
    energy.write_text("1000")
    hand.move(5.0)
    second = meter.read()
    assert "it was reset" in reason(spent_values(meter, first, second)["package_j"])
    energy.write_text("5001000")
    hand.move(5.0)
    third = meter.read()
    assert spent_values(meter, second, third)["package_j"].value == pytest.approx(5.0)
    assert "it was reset" in reason(spent_values(meter, first, third)["package_j"])


def test_without_its_range_a_step_back_is_an_error(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0", 5_000_000, range_uj=None)
    meter = opened(tmp_path, hand)
    assert meter.quantities["package_j"].step is None
    with window(meter) as seen:
        energy.write_text("4000000")
        hand.move(5.0)
    assert "its range is not known" in reason(seen.values["package_j"])


def test_a_count_beyond_its_own_range_is_an_error(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0")
    with window(opened(tmp_path, hand)) as seen:
        energy.write_text(f"{RANGE_UJ + 1}")
        hand.move(5.0)
    assert "outside its own range" in reason(seen.values["package_j"])


def test_wraps_that_nobody_saw_are_said_with_how_often_to_read(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0")
    with window(opened(tmp_path, hand, most_w=54.0)) as seen:
        energy.write_text("1000000")
        hand.move(1300.0)
    assert "every 607 s" in reason(seen.values["package_j"])


def test_windows_that_cannot_be_are_refused(tmp_path: Path, hand: Hand) -> None:
    energy = zone(tmp_path, "intel-rapl:0", "package-0")
    meter = opened(tmp_path, hand)
    before = meter.read()
    energy.write_text("1000000")
    hand.move(0.05)
    soon = meter.read()
    assert "too short" in reason(spent_values(meter, before, soon)["package_j"])
    assert "ends before" in reason(spent_values(meter, soon, before)["package_j"])
    hand.move(5.0)
    hand.unix_s += 3600.0
    stepped = meter.read()
    assert "+3600.0 s" in reason(spent_values(meter, before, stepped)["package_j"])
