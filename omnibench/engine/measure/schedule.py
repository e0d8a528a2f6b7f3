"""What is tried when: the order of trials, and what fits into the time there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from omnibench.core import PerfCase

MOST_HELD = 64
"""Requests that stand in memory together for one window of energy."""


def turn(models: Sequence[int], number: int) -> list[int]:
    """The order of models in one round: A B, then B A, so that a drift weighs on both alike."""
    return list(models) if number % 2 == 0 else list(reversed(models))


def warmup_cases(cases: Sequence[PerfCase], least: int) -> list[PerfCase]:
    """At least so many cases to warm up with, every size of picture among them."""
    sizes = list({(case.width_px, case.height_px): case for case in reversed(cases)}.values())
    return [sizes[number % len(sizes)] for number in range(max(least, len(sizes)))]


@dataclass(slots=True)
class Budget:
    """The time that a run may take, and how long its parts took the last time.

    reserved_s: kept back for what comes later.
    """

    budget_s: float
    clock: Callable[[], float] = time.perf_counter
    reserved_s: float = 0.0
    began_s: float = field(init=False)
    _took_s: dict[Hashable, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began_s = self.clock()

    @property
    def left_s(self) -> float:
        """What may still be spent, less what is reserved; negative when it is overspent."""
        return self.began_s + self.budget_s - self.reserved_s - self.clock()

    def spent(self, what: Hashable, seconds: float) -> None:
        """Note how long something took."""
        self._took_s[what] = seconds

    def expected_s(self, what: Hashable) -> float:
        """How long it took the last time; 0 where it has not been done."""
        return self._took_s.get(what, 0.0)

    def fits(self, what: Hashable) -> bool:
        """Whether it can be done once more."""
        return self.expected_s(what) <= self.left_s
