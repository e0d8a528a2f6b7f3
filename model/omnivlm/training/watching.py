"""How a run is shown: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from omnivlm.training.metrics import Metric

_SECONDS_BETWEEN_LINES = 15.0
_KEPT = 0.95  # of the running mean of the loss, at each step


class Watch:
    """Shows steps as they come, with the running mean of the loss."""

    def __init__(self, name: str, stream: TextIO, bar: Progress | None) -> None:
        self._name, self._stream, self._bar = name, stream, bar
        self._task = None if bar is None else bar.add_task(name, total=None, told="")
        self._began = self._told = time.monotonic()
        self._mean: float | None = None
        self._first: int | None = None

    def step(self, metric: Metric, steps: int) -> None:
        """A step is done."""
        mean = self._mean
        self._mean = metric.loss if mean is None else _KEPT * mean + (1 - _KEPT) * metric.loss
        if self._first is None:
            self._first = metric.step
        done = metric.step + 1
        told = f"loss {self._mean:.4f}  rate {metric.rate:.2e}"
        now = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=steps, told=told)
        elif now - self._told >= _SECONDS_BETWEEN_LINES or done == steps:
            self._told = now
            left_s = (now - self._began) / (done - self._first) * (steps - done)
            line = f"{self._name} {done}/{steps}  {told}  {left_s / 60:.1f} min left"
            print(line, file=self._stream, flush=True)


@contextmanager
def watched(name: str, stream: TextIO) -> Iterator[Watch]:
    """A watch over one stage."""
    if not stream.isatty():
        yield Watch(name, stream, None)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=stream)) as bar:
        yield Watch(name, stream, bar)
