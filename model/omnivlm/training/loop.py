"""The loop that every stage runs: steps, checkpoints, metrics, and what stops it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol

import torch
from torch import nn

from omnivlm.errors import PictureError, TrainingError
from omnivlm.training.job import Item, Job
from omnivlm.training.metrics import Metric, Metrics
from omnivlm.training.optimiser import SHARE, adamw
from omnivlm.training.processes import Processes, add_up_gradients
from omnivlm.training.recipe import Stage
from omnivlm.training.schedule import Order, rate
from omnivlm.training.state import STATE, Progress, restore_state, write_state


class Watcher(Protocol):
    """Who is told how a run goes."""

    def step(self, metric: Metric, steps: int) -> None:
        """A step is done."""


@dataclass(slots=True)
class _Broken:
    """Samples that were skipped because their picture is missing or broken."""

    most: int
    ids: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, error: PictureError) -> None:
        """Count a sample once; raises TrainingError where there are more than the recipe bears."""
        self.ids.setdefault(name)
        if len(self.ids) > self.most:
            raise TrainingError(
                f"{len(self.ids)} samples have no readable picture, more than broken_share allows"
                f" ({self.most}); the last: {name}: {error}"
            )


class Loop(Generic[Item]):
    """One stage's run in a folder. Raises TrainingError where it cannot go on.

    A step's loss and gradients are means over all its samples' terms, however many processes and
    passes they are spread over.
    """

    def __init__(
        self,
        job: Job[Item],
        stage: Stage,
        seed: int,
        fingerprint: str,
        folder: Path,
        processes: Processes,
    ) -> None:
        self._job, self._stage, self._folder = job, stage, folder
        self._processes, self._fingerprint = processes, fingerprint
        self._parameters = dict(job.parameters)
        self._seed = seed
        self._optimiser = adamw(self._parameters, stage)
        self._order = Order(len(job), stage.batch, seed, stage.in_order)
        self._broken = _Broken(math.floor(stage.broken_share * len(job)))
        self._kept_step = 0

    @property
    def broken(self) -> int:
        """How many samples were skipped because their picture is missing or broken."""
        return len(self._broken.ids)

    def run(self, watcher: Watcher) -> None:
        """Train from where the folder's checkpoint stands to the last step."""
        torch.manual_seed(self._seed)
        self._job.prepare()
        self._kept_step = self._restore()
        metrics = Metrics(self._folder, self._kept_step) if self._processes.rank == 0 else None
        for step in range(self._kept_step, self._stage.steps):
            metric = self._step(step)
            if metrics is not None:
                metrics.add(metric)
                watcher.step(metric, self._stage.steps)
            done = step + 1
            if done % self._stage.checkpoint_steps == 0 or done == self._stage.steps:
                self._keep(done)

    def _step(self, step: int) -> Metric:
        began = time.perf_counter()
        names, items = self._loaded(step)
        weight = self._sum(float(self._job.weight(items)) if items else 0.0)
        loss = self._backward(items, weight)
        add_up_gradients(self._processes, self._parameters.values())
        gradient = self._clipped()
        if not math.isfinite(loss) or not math.isfinite(gradient):
            raise TrainingError(self._not_finite(step, loss, names))
        stage = self._stage
        learning = rate(step, stage.steps, stage.learning_rate, stage.warm_up, stage.last_rate)
        for group in self._optimiser.param_groups:
            group["lr"] = learning * group[SHARE]
        self._optimiser.step()
        self._optimiser.zero_grad()
        seconds = time.perf_counter() - began
        return Metric(step, loss, learning, gradient, int(weight), round(seconds, 4))

    def _loaded(self, step: int) -> tuple[list[str], list[Item]]:
        """One process's share of a step's samples, less those without a picture."""
        mine = self._order.of(step)[self._processes.rank :: self._processes.count]
        names, items = [], []
        for index in mine:
            name = self._job.name(index)
            try:
                items.append(self._job.load(index))
                names.append(name)
            except PictureError as error:
                self._broken.add(name, error)
        return names, items

    def _backward(self, items: Sequence[Item], weight: float) -> float:
        """Gradients of the mean over `weight` terms; -> the mean over all processes.

        A pass in which nothing that is trained takes part, such as questions without a picture
        where the projector alone is trained, has a loss and no gradient.
        """
        total = torch.zeros((), dtype=torch.float64)
        for part in _parts(items, self._stage.at_once):
            with self._processes.autocast():
                loss = self._job.loss(part) / max(weight, 1.0)
            if loss.requires_grad:
                loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach().double().cpu()
        return self._sum(float(total))

    def _clipped(self) -> float:
        """The gradient's norm, before it is cut to the recipe's bound."""
        bound = self._stage.clip or math.inf
        return float(nn.utils.clip_grad_norm_(self._parameters.values(), bound))

    def _sum(self, value: float) -> float:
        held = torch.tensor(value, dtype=torch.float64, device=self._processes.device)
        return float(self._processes.total(held))

    def _not_finite(self, step: int, loss: float, names: Sequence[str]) -> str:
        kept = self._folder / STATE
        last = f"the checkpoint of step {self._kept_step} is kept in {kept}"
        return (
            f"the loss of step {step + 1} is {loss} (or its gradient is not finite); its samples:"
            f" {', '.join(names)}; {last if kept.exists() else 'no checkpoint was written yet'};"
            " mend the samples or lower learning_rate"
        )

    def _keep(self, step: int) -> None:
        if self._processes.rank == 0:
            progress = Progress(step, self._fingerprint, tuple(self._broken.ids))
            write_state(self._folder / STATE, self._parameters, self._optimiser, progress)
        self._processes.wait()
        self._kept_step = step

    def _restore(self) -> int:
        path = self._folder / STATE
        if not path.exists():
            return 0
        progress = restore_state(path, self._parameters, self._optimiser)
        if progress.fingerprint != self._fingerprint:
            raise TrainingError(
                f"{path} was made by another recipe or from other weights; name another --out"
            )
        self._broken.ids.update(dict.fromkeys(progress.broken))
        return progress.step


def _parts(items: Sequence[Item], most: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
