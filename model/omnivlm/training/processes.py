"""One process, or several that share each step's samples and add up their gradients."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from omnivlm.errors import TrainingError


class Processes(Protocol):
    """What the loop needs to know of the other processes."""

    rank: int
    count: int
    device: torch.device

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""

    def autocast(self) -> AbstractContextManager[Any]:
        """Where the forward pass is computed in the recipe's numbers."""

    def wait(self) -> None:
        """Go on when all have come here."""


class Alone:
    """One process and no other."""

    rank, count = 0, 1

    def __init__(self, numbers: str, device: torch.device) -> None:
        self.device, self._half = device, numbers == "bfloat16"

    def total(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value

    def autocast(self) -> AbstractContextManager[Any]:
        """bfloat16 where the recipe says so."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._half)

    def wait(self) -> None:
        """There is none to wait for."""


class Several:
    """Processes that `accelerate launch` or `torchrun` has started."""

    def __init__(self, numbers: str) -> None:
        try:
            from accelerate import Accelerator
        except ImportError:
            raise TrainingError(
                "several processes need accelerate: pip install 'omnibench[train]'"
            ) from None
        precision = "bf16" if numbers == "bfloat16" else "no"
        self._accelerator: Any = Accelerator(
            mixed_precision=precision, cpu=not torch.cuda.is_available()
        )
        self.rank: int = self._accelerator.process_index
        self.count: int = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        out: Tensor = self._accelerator.reduce(value, reduction="sum")
        return out

    def autocast(self) -> AbstractContextManager[Any]:
        """Where the forward pass is computed in the recipe's numbers."""
        context: AbstractContextManager[Any] = self._accelerator.autocast()
        return context

    def wait(self) -> None:
        """Go on when all have come here."""
        self._accelerator.wait_for_everyone()


def found(numbers: str, device: torch.device) -> Processes:
    """The processes that this one has been started among; WORLD_SIZE says whether there are any."""
    return (
        Several(numbers) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else Alone(numbers, device)
    )


def add_up_gradients(processes: Processes, parameters: Iterable[nn.Parameter]) -> None:
    """Make every process's gradients the sum of all; one message carries them all.

    A parameter that no sample of a process has touched counts as a gradient of zero there.
    """
    if processes.count == 1:
        return
    held = list(parameters)
    grads = [torch.zeros_like(each) if each.grad is None else each.grad for each in held]
    summed = processes.total(torch.cat([grad.flatten() for grad in grads]))
    parts = torch.split(summed, [each.numel() for each in held])
    for each, part in zip(held, parts, strict=True):
        each.grad = part.view_as(each).clone()
