"""How far a projection reaches, and so how wide its interval is.

The factors are those of this project's measurements of rooflines against models (two models, two
number formats, one and two threads, one machine) and, beyond that machine, judgement. They were
settled before the benchmark of projections was run, and none is fitted to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from omnibench.core.calibration import Calibration

POWER_FACTOR = 3.0
"""A device's watts are taken as those of lasting load: joules may be so many times off."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What times and rates may be off by, as a factor both ways."""

    words: str
    time_factor: float
    rate_factor: float


SAME = Transfer(
    "calibrated on this machine with these threads",
    1.20,
    1.225,
)
"""The middle of 15-25 % for the time to the first token, and of 20-25 % for the rate."""
OTHER_THREADS = Transfer("calibrated on this machine with other threads", 1.5, 1.6)
DISTURBED = Transfer("calibrated on this machine while others used it", 1.5, 1.6)
MOVED = Transfer(
    "efficiencies of the calibrated machine on ceilings that were measured on the other", 1.5, 1.6
)
DATASHEET = Transfer(
    "efficiencies of the calibrated machine on ceilings of data sheets or estimates", 3.0, 2.0
)


def here(calibration: Calibration, threads: int) -> Transfer:
    """To the calibrated machine itself."""
    if threads != calibration.threads:
        return OTHER_THREADS
    return DISTURBED if calibration.contended else SAME


def widened(factor: float, spread: float) -> float:
    """The factor, with the spread of the timings behind the figure on top."""
    return factor * (1 + spread)


def joules_factor(time_factor: float) -> float:
    """Time and power are off independently: their logarithms add as squares do."""
    return math.exp(math.hypot(math.log(time_factor), math.log(POWER_FACTOR)))
