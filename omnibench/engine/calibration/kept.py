"""Calibrations in the user's cache: one file for each number of threads and dtype."""

from __future__ import annotations

from omnibench.core.calibration import Calibration


def load_calibration(threads: int, dtype: str) -> Calibration | None:
    """The calibration that is kept; None where there is none.

    Raises OmnibenchError, naming it and what differs, where it is of another machine or of other
    versions than these, or damaged.
    """
    raise NotImplementedError
