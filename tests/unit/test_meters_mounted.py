"""A powercap tree where Linux has it, in a private mount namespace, changed while it is read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import omnibench

MOUNT = (
    'mount -t overlay overlay -o "lowerdir=$1:/sys/class" /sys/class'
    ' && mount --bind "$1/powercap" /sys/class/powercap && shift && '
)
MEASURE = """
import importlib.util, pathlib, sys, time
from omnibench.meters import powercap, pyrapl, window
energy = pathlib.Path(sys.argv[1])
def joules(meter):
    energy.write_text("65531610987")
    with window(meter) as seen:
        time.sleep(0.1)
        energy.write_text("6654320")
        time.sleep(0.1)
    print(meter.name, seen.values["package_j"].value)
joules(powercap.find())
if importlib.util.find_spec("pyRAPL"):
    joules(pyrapl.find(powercap.find()))
"""


def mounted(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # The child imports the omnibench that is under test, be it a checkout or a wheel.
    paths = {"PYTHONPATH": str(Path(omnibench.__file__).parents[1])}
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", MOUNT + 'exec "$@"', "sh", str(folder), *command],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | paths,
    )


def test_a_tree_that_changes_yields_the_written_joules(tmp_path: Path) -> None:
    zone = tmp_path / "powercap" / "intel-rapl" / "intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text("65532610987\n")
    (zone / "energy_uj").write_text("65531610987\n")
    if shutil.which("unshare") is None or mounted(tmp_path, "true").returncode != 0:
        pytest.skip("this machine does not allow a private mount of /sys/class")
    done = mounted(tmp_path, sys.executable, "-c", MEASURE, str(zone / "energy_uj"))
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert float(line.split()[1]) == pytest.approx(7.654321, rel=1e-6), line
    assert done.stdout.startswith("powercap ")
