"""The ceilings of this machine: measured in a process of their own, kept in the user's cache."""

from omnibench.engine.calibration.kept import keep, kept, load_calibration
from omnibench.engine.calibration.measuring import calibrate

__all__ = ["calibrate", "keep", "kept", "load_calibration"]
