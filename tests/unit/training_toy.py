"""A job that is done in no time: a line through points. Runs as a script as well, to be killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from omnivlm.errors import PictureError
from omnivlm.training.loop import Loop
from omnivlm.training.metrics import Metric
from omnivlm.training.processes import found
from omnivlm.training.recipe import DrawnData, Stage

POINTS = 20


class Line:
    """Sample i is (i, a weight of i % 3 + 1); broken and infinite ones may be named."""

    def __init__(self, broken: Sequence[int] = (), infinite: Sequence[int] = ()) -> None:
        self._line = nn.Linear(2, 1)
        with torch.no_grad():
            self._line.weight.copy_(torch.tensor([[0.5, -0.25]]))
            self._line.bias.zero_()
        self.parameters = dict(self._line.named_parameters())
        self._broken, self._infinite = broken, infinite

    def __len__(self) -> int:
        return POINTS

    def name(self, index: int) -> str:
        return f"point-{index}"

    def prepare(self) -> None:
        pass

    def finish(self) -> None:
        pass

    def load(self, index: int) -> tuple[Tensor, int]:
        if index in self._broken:
            raise PictureError(f"point {index} is broken")
        x = torch.tensor([index / POINTS, 1.0 if index % 2 else -1.0])
        return (x * float("inf") if index in self._infinite else x), index % 3 + 1

    def weight(self, items: Sequence[tuple[Tensor, int]]) -> int:
        return sum(weight for _, weight in items)

    def loss(self, items: Sequence[tuple[Tensor, int]]) -> Tensor:
        """Weighted squared errors from y = 3 * x0 + x1, with a little noise of torch's own."""
        x = torch.stack([point for point, _ in items])
        weights = torch.tensor([float(weight) for _, weight in items])
        wanted = 3 * x[:, 0] + x[:, 1]
        return (weights * (self._line(x).squeeze(1) - wanted) ** 2).sum()


def stage(**changes: object) -> Stage:
    settings = {
        "data": DrawnData(samples=POINTS), "steps": 12, "batch": 6, "at_once": 2,
        "learning_rate": 0.05, "checkpoint_steps": 5, "broken_share": 0.1,
    }  # fmt: skip
    return Stage(**{**settings, **changes})  # type: ignore[arg-type]


class KilledAt:
    """Ends the process as a power cut would, after a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def step(self, metric: Metric, steps: int) -> None:
        if metric.step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


class Silent:
    """Is told and says nothing."""

    def step(self, metric: Metric, steps: int) -> None:
        pass


def run(folder: Path, watcher: object = None, job: Line | None = None, **changes: object) -> Loop:
    folder.mkdir(parents=True, exist_ok=True)
    processes = found("float32", torch.device("cpu"))
    loop = Loop(job or Line(), stage(**changes), 3, "recipe", folder, processes)
    loop.run(watcher or Silent())  # type: ignore[arg-type]
    return loop


if __name__ == "__main__":
    run(Path(sys.argv[1]), KilledAt(int(sys.argv[2])))
