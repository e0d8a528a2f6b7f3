"""One calibration, measured in a fresh process with its number of threads set from the start."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from omnibench.core.calibration import Calibration
from omnibench.engine.calibration.asked import Asked
from omnibench.errors import OmnibenchError

CHILD = "omnibench.engine.calibration.child"

LONGEST_S = 900.0
"""Even where the processor computes a dtype in software."""


def calibrate(threads: int, dtype: str, budget_s: float) -> Calibration:
    """Measure; nothing is written. Raises OmnibenchError with what the process said last."""
    asked = msgspec.json.encode(Asked(threads, dtype, budget_s)).decode()
    # Libraries read these when they are loaded, before torch can be told.
    settled = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD, asked],
            capture_output=True,
            env=os.environ | settled,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OmnibenchError(
            f"calibrating {dtype} on {threads} threads took more than {LONGEST_S:.0f} s and was"
            " stopped; try it on a quiet machine"
        ) from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"exit code {done.returncode}"
        raise OmnibenchError(f"calibrating {dtype} on {threads} threads failed: {why}")
    return msgspec.json.decode(done.stdout, type=Calibration)
