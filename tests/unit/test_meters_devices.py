"""NVML and pyRAPL behind stand-in modules, and a battery in a folder."""

import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from omnibench.core import Unavailable
from omnibench.meters import battery, found, nvml, powercap, pyrapl, window
from tests.unit.meter_clocks import Hand

RANGE_UJ = 65_532_610_987


@pytest.fixture
def hand() -> Hand:
    return Hand()


# nvml


class NVMLError(Exception):
    pass


class Driver(ModuleType):
    """pynvml with one GPU. energy_mj None: it has no counter."""

    NVMLError = NVMLError

    def __init__(self, energy_mj: int | None) -> None:
        super().__init__("pynvml")
        self.energy_mj = energy_mj

    def nvmlInit(self) -> None:
        pass

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if index:
            raise NVMLError("Invalid Argument")
        return index

    def nvmlDeviceGetName(self, handle: int) -> bytes:
        return b"Drawn GPU"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        if self.energy_mj is None:
            raise NVMLError("Not Supported")
        return self.energy_mj


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    module = Driver(1_000_000)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    return module


def test_a_gpu_counts_in_millijoules(driver: Driver, hand: Hand) -> None:
    meter = nvml.find(look=hand)
    assert isinstance(meter, nvml.Nvml)
    with window(meter) as seen:
        driver.energy_mj = 1_000_000 + 2_500_125
        hand.move(10.0)
    joules = seen.values["gpu_j"]
    assert joules.value == pytest.approx(2500.125)
    assert joules.n == 100
    assert joules.source is not None
    assert "Drawn GPU" in joules.source
    driver.energy_mj = 5
    with window(meter) as seen:
        hand.move(10.0)
        driver.energy_mj = 2
    assert "range is not known" in str(seen.values["gpu_j"].reason)
    with window(meter) as seen:
        hand.move(10.0)
    assert "stood still" in str(seen.values["gpu_j"].reason)
    with window(meter) as seen:
        hand.move(10.0)
        driver.energy_mj = None
    assert "stopped answering" in str(seen.values["gpu_j"].reason)


def test_a_gpu_without_a_counter_is_refused(driver: Driver) -> None:
    driver.energy_mj = None
    assert "is not done" in str(nvml.find())
    assert "no GPU 1" in str(nvml.find(1))


def test_without_the_package_nvml_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert "pip install nvidia-ml-py" in str(nvml.find())


# battery


def supply(root: Path, name: str, **files: str | int) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(f"{text}\n")
    return folder


def discharging(root: Path, **files: str | int) -> Path:
    return supply(root, "BAT0", type="Battery", status="Discharging", **files)


def test_a_battery_gives_joules_of_microwatt_hours(tmp_path: Path, hand: Hand) -> None:
    supply(tmp_path, "mouse", type="Battery", scope="Device", status="Discharging", energy_now=1)
    supply(tmp_path, "AC", type="Mains", online=0)
    folder = discharging(tmp_path, energy_now=50_000_000)
    meter = battery.find(tmp_path, look=hand)
    assert isinstance(meter, battery.Battery)
    with window(meter) as seen:
        (folder / "energy_now").write_text("47000000")
        hand.move(600.0)
    joules = seen.values["battery_j"]
    assert joules.value == pytest.approx(3.0 * 3600)
    assert joules.provenance == "measured"
    with window(meter) as seen:
        hand.move(600.0)
    assert "stood still for 600 s" in str(seen.values["battery_j"].reason)
    with window(meter) as seen:
        hand.move(60.0)
    assert "too short" in str(seen.values["battery_j"].reason)


def test_a_battery_that_counts_charge_takes_the_mean_voltage(tmp_path: Path, hand: Hand) -> None:
    folder = discharging(tmp_path, charge_now=3_000_000, voltage_now=4_000_000)
    meter = battery.find(tmp_path, look=hand)
    assert isinstance(meter, battery.Battery)
    with window(meter) as seen:
        (folder / "charge_now").write_text("2000000")
        (folder / "voltage_now").write_text("3800000")
        hand.move(900.0)
    joules = seen.values["battery_j"]
    assert joules.value == pytest.approx(3.9 * 3600)
    assert joules.provenance == "derived"


def test_a_charger_within_the_window_spoils_it(tmp_path: Path, hand: Hand) -> None:
    folder = discharging(tmp_path, energy_now=50_000_000)
    meter = battery.find(tmp_path, look=hand)
    assert isinstance(meter, battery.Battery)
    with window(meter) as seen:
        (folder / "status").write_text("Charging")
        hand.move(300.0)
        meter.read()
        (folder / "status").write_text("Discharging")
        (folder / "energy_now").write_text("49000000")
        hand.move(300.0)
    assert "BAT0 is Charging" in str(seen.values["battery_j"].reason)
    with window(meter) as seen:
        (folder / "energy_now").write_text("49500000")
        hand.move(600.0)
    assert "gained energy" in str(seen.values["battery_j"].reason)
    (folder / "status").write_text("Full")
    with window(meter) as seen:
        hand.move(600.0)
    assert "BAT0 is Full" in str(seen.values["battery_j"].reason)


def test_where_a_battery_tells_nothing_it_is_said(tmp_path: Path) -> None:
    assert "shows no battery" in str(battery.find(tmp_path / "none"))
    folder = discharging(tmp_path)
    assert "neither energy_now" in str(battery.find(tmp_path))
    (folder / "status").unlink()
    assert "of unknown state" in str(battery.find(tmp_path))
    supply(tmp_path, "AC", type="Mains", online=1)
    assert "AC feeds the device; unplug" in str(battery.find(tmp_path))


# pyRAPL


class PyRAPLException(Exception):
    pass


class Tree:
    """One socket with memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = {}
        for key, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "dram")):
            folder = root / key
            folder.mkdir()
            (folder / "name").write_text(name)
            (folder / "max_energy_range_uj").write_text(str(RANGE_UJ))
            self.files[name] = folder / "energy_uj"
        self.write(RANGE_UJ - 1_000_000, 0)

    def write(self, package_uj: int, dram_uj: int) -> None:
        self.files["package-0"].write_text(str(package_uj))
        self.files["dram"].write_text(str(dram_uj))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def package(tree: Tree, **changes: Any) -> ModuleType:
    """A stand-in for pyRAPL whose sensor reads the tree as pyRAPL's does."""

    class Sensor:
        def __init__(self) -> None:
            if "fails" in changes:
                raise changes["fails"]

        def energy(self) -> list[float]:
            shown: list[float] = [float(tree.files["package-0"].read_text()), -1]
            if changes.get("dram", True):
                shown[1] = float(tree.files["dram"].read_text())
            return [count if count < 0 else count + changes.get("off", 0) for count in shown]

    module = ModuleType("pyRAPL")
    vars(module).update(Sensor=Sensor, PyRAPLException=PyRAPLException)
    return module


def test_pyrapl_yields_the_written_joules_across_a_wrap_around(
    tree: Tree, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", package(tree))
    meter = pyrapl.find(powercap.find(tree.root), look=hand)
    assert isinstance(meter, pyrapl.PyRapl), meter
    with window(meter) as seen:
        tree.write(6_654_320, 654_321)
        hand.move(1.0)
    assert seen.values["package_j"].value == pytest.approx(7.654321, abs=1e-9)
    assert seen.values["dram_j"].value == pytest.approx(0.654321, abs=1e-9)
    with window(meter) as seen:
        hand.move(1.0)
    assert "stood still" in str(seen.values["package_j"].reason)
    with window(meter) as seen:
        tree.files["dram"].write_text("")
        hand.move(1.0)
    assert "pyRAPL failed: ValueError" in str(seen.values["package_j"].reason)


def test_pyrapl_without_dram_shows_the_package(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", package(tree, dram=False))
    meter = pyrapl.find(powercap.find(tree.root))
    assert isinstance(meter, pyrapl.PyRapl)
    assert set(meter.quantities) == {"package_j"}


def test_pyrapl_that_shows_something_else_is_not_believed(
    tree: Tree, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", package(tree, off=7))
    meter = pyrapl.find(powercap.find(tree.root), look=hand)
    assert isinstance(meter, pyrapl.PyRapl)
    assert "and its file" in str(meter.read().lost["package_j"])


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (PyRAPLException(), "one package a socket"),
        (PermissionError(13, "Permission denied", "energy_uj"), "may not read energy_uj"),
        (FileNotFoundError(2, "No such file"), "FileNotFoundError"),
    ],
)
def test_what_pyrapl_fails_with_is_said(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, fails: Exception, words: str
) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", package(tree, fails=fails))
    assert words in str(pyrapl.find(powercap.find(tree.root)))


def test_pyrapl_needs_its_package_and_names_that_it_knows(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", None)
    assert "pip install pyRAPL" in str(pyrapl.find(powercap.find(tree.root)))
    (tree.root / "intel-rapl:0" / "name").write_text("package-0-die-0")
    monkeypatch.setitem(sys.modules, "pyRAPL", package(tree))
    assert "does not show package-0-die-0" in str(pyrapl.find(powercap.find(tree.root)))


def test_importing_pyrapl_leaves_the_root_logger_alone(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = tmp_path / "loud"
    loud.mkdir()
    (loud / "pyRAPL.py").write_text(
        "import logging, warnings\n"
        "logging.basicConfig()\n"
        "warnings.warn('no pymongo')\n"
        "class PyRAPLException(Exception): pass\n"
        "class Sensor:\n"
        "    def __init__(self): raise PyRAPLException\n"
    )
    monkeypatch.syspath_prepend(str(loud))
    monkeypatch.delitem(sys.modules, "pyRAPL", raising=False)
    before = list(logging.getLogger().handlers)
    assert "pyRAPL failed" in str(pyrapl.find(powercap.find(tree.root)))
    assert logging.getLogger().handlers == before
    monkeypatch.delitem(sys.modules, "pyRAPL", raising=False)


def test_a_machine_is_looked_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    meters = found(powercap_root=tmp_path / "none", battery_root=tmp_path / "none")
    assert list(meters) == ["powercap", "nvml", "battery", "pyrapl"]
    assert all(isinstance(meter, Unavailable) for meter in meters.values())
