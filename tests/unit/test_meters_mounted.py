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

# A writer makes the counter go on by new numbers, 50 times a second, while the engine measures with
# both meters; what a window must yield is what was written between its two readings. A reading may
# have seen the number before or after one that was being written meanwhile.
RUN = """
import importlib.util, itertools, pathlib, sys, threading, time
from omnibench.engine.measure import measure
from omnibench.engine.measure.energy import Pace
from omnibench.meters import powercap, pyrapl
from measured import RANGE_UJ, Watched, case, plan
energy = pathlib.Path(sys.argv[1])
stands, total, written, over = RANGE_UJ - 3_000_000, 0, [(0.0, 0.0, 0)], threading.Event()
def write():
    global stands, total
    for number in itertools.count():
        if over.wait(0.02):
            return
        step = 400_000 + 1_009 * (number % 97)
        stands, total = (stands + step) % (RANGE_UJ + 1), total + step
        began_s = time.perf_counter()
        with energy.open("r+") as file:  # in place, and of one width: never half a number
            file.write(f"{stands:020d}")
        written.append((began_s, time.perf_counter(), total))
def possible(span):
    ends = [end for _, end, _ in written[1:]] + [float("inf")]
    return {
        sum_uj for (began, _, sum_uj), next_end in zip(written, ends)
        if began <= span[1] and next_end >= span[0]
    }
writer = threading.Thread(target=write)
own = powercap.find()
meters = [Watched(own)]
if importlib.util.find_spec("pyRAPL"):
    meters.append(Watched(pyrapl.find(powercap.find())))
writer.start()
try:
    asked = plan("fake", cases=(case(new_tokens=8),), trials=1)
    records = list(measure(asked, meters=meters, pace=Pace(idle_s=0.5, window_s=0.5)))
finally:
    over.set()
    writer.join()
for meter in meters:
    for before, after, joules in meter.windows:
        right = {(b - a) / 1e6 for a in possible(before) for b in possible(after) if b > a}
        assert any(abs(joules / one - 1) < 1e-6 for one in right), (meter.name, joules, right)
    print(meter.name, len(meter.windows), total > 3_000_000)
names = {name for record in records for name in record.readings if "package_j" in name}
print(*sorted(names))
"""


def mounted(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # The child imports the omnibench that is under test, be it a checkout or a wheel.
    folders = (Path(omnibench.__file__).parents[1], Path(__file__).parent)
    found = [*map(str, folders), os.environ.get("PYTHONPATH", "")]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, found))}
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", MOUNT + 'exec "$@"', "sh", str(folder), *command],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | paths,
    )


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """The counter of a package, in a tree that can be mounted."""
    zone = tmp_path / "powercap" / "intel-rapl" / "intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text("65532610987\n")
    (zone / "energy_uj").write_text("65531610987\n")
    if shutil.which("unshare") is None or mounted(tmp_path, "true").returncode != 0:
        pytest.skip("this machine does not allow a private mount of /sys/class")
    return zone / "energy_uj"


def test_a_tree_that_changes_yields_the_written_joules(tmp_path: Path, counter: Path) -> None:
    done = mounted(tmp_path, sys.executable, "-c", MEASURE, str(counter))
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert float(line.split()[1]) == pytest.approx(7.654321, rel=1e-6), line
    assert done.stdout.startswith("powercap ")


def test_a_run_yields_what_was_written_while_it_went_on(tmp_path: Path, counter: Path) -> None:
    done = mounted(tmp_path, sys.executable, "-c", RUN, str(counter))
    assert done.returncode == 0, done.stderr
    *meters, names = done.stdout.splitlines()
    # At rest, decode, request, prefill, vision, at rest; and the counter wrapped around.
    assert meters[0] == "powercap 6 True"
    assert meters[1:] in ([], ["pyrapl 6 True"])
    both = ["", "/pyrapl"] if meters[1:] else [""]
    windows = ("decode", "idle", "prefill", "request", "vision")
    assert names.split() == sorted(f"{window}.package_j{end}" for window in windows for end in both)
