"""Clocks for tests of meters."""

START_S = 1_790_000_000.0


class Hand:
    """Two clocks that stand until they are moved."""

    def __init__(self) -> None:
        self.time_s, self.unix_s = 100.0, START_S

    def __call__(self) -> tuple[float, float]:
        return self.time_s, self.unix_s

    def move(self, seconds: float) -> None:
        self.time_s += seconds
        self.unix_s += seconds
