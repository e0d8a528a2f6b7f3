"""What the loop needs to know of what is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from torch import Tensor, nn

Item = TypeVar("Item")


class Job(Protocol, Generic[Item]):
    """One stage's model, samples and loss."""

    parameters: Mapping[str, nn.Parameter]
    """What is trained, by name; everything else is frozen."""

    def __len__(self) -> int:
        """How many samples there are."""

    def prepare(self) -> None:
        """What is to be done once, before the first step and before a checkpoint is restored."""

    def finish(self) -> None:
        """Once, after the last step: puts into the model what is not in it yet."""

    def load(self, index: int) -> Item:
        """One sample, ready for `loss`. Raises PictureError where a picture cannot be read."""

    def name(self, index: int) -> str:
        """What a sample is called in messages."""

    def weight(self, items: Sequence[Item]) -> int:
        """How many terms `loss` sums for these samples: tokens, pairs or pictures."""

    def loss(self, items: Sequence[Item]) -> Tensor:
        """The sum of the loss's terms, with gradients."""
