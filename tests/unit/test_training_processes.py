"""Two processes give the losses of one."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from omnivlm.training.metrics import read_metrics
from tests.unit.training_toy import run

REPOSITORY = Path(__file__).resolve().parents[2]


def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    run(tmp_path / "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.unit.training_toy", str(tmp_path / "two"), "-1"],
            cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={
                **os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "WORLD_SIZE": "2",
                "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true",
            },
        )
        for rank in range(2)
    ]  # fmt: skip
    told = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], told
    one, two = (read_metrics(tmp_path / name) for name in ("one", "two"))
    assert [each.loss for each in two] == pytest.approx([each.loss for each in one], rel=1e-5)
    assert [each.weight for each in two] == [each.weight for each in one]
