"""What a model costs on this machine: time by phase, memory, energy, and the conditions of each."""

from omnibench.engine.measure.limits import check_memory, check_threads
from omnibench.engine.measure.run import measure

__all__ = ["check_memory", "check_threads", "measure"]
