"""A model on a device by a roofline over its operations: always an interval, never a point."""

from __future__ import annotations

from omnibench.core.calibration import Calibration, Projection
from omnibench.core.hardware import HardwareProfile
from omnibench.core.perf import PerfCase
from omnibench.cost import ModelShape


def project(
    shape: ModelShape, case: PerfCase, calibration: Calibration, *, threads: int | None = None
) -> Projection:
    """The model on the calibrated machine.

    threads: on another number of threads than were calibrated; the interval is wider then.
    The case must state its text_tokens. Raises OmnibenchError where it does not.
    """
    raise NotImplementedError


def project_onto(
    profile: HardwareProfile, shape: ModelShape, case: PerfCase, calibration: Calibration
) -> Projection:
    """The model on another machine, from its profile's figures and this machine's efficiencies.

    In the calibration's dtype. What the profile's figures do not suffice for is `missing`, with
    the reason.
    """
    raise NotImplementedError
