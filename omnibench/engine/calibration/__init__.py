"""The ceilings of this machine: measured in a process of their own, kept in the user's cache."""

from omnibench.engine.calibration.kept import all_kept, keep, load_calibration
from omnibench.engine.calibration.measuring import calibrate

__all__ = ["all_kept", "calibrate", "keep", "load_calibration"]
