"""Instruments: one file each. `find` opens one, or says why it cannot be had.

clock and memory are read at every step; the others, which return joules, at the edges of a window.
"""

from omnibench.meters.finding import found
from omnibench.meters.windows import Window, clock_step, spent_values, window

__all__ = ["Window", "clock_step", "found", "spent_values", "window"]
