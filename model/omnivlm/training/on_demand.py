"""Preferences that are made one by one, when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from omnivlm.training.samples import Preference


class OnDemand(Sequence[Preference]):
    """So many preferences; `make` gives the one of a number from 0."""

    def __init__(self, count: int, make: Callable[[int], Preference]) -> None:
        self._numbers = range(count)
        self._make = make

    def __len__(self) -> int:
        """How many there are."""
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int, /) -> Preference: ...

    @overload
    def __getitem__(self, index: slice, /) -> list[Preference]: ...

    def __getitem__(self, index: int | slice, /) -> Preference | list[Preference]:
        """One, or some; IndexError beyond the last."""
        if isinstance(index, slice):
            return [self._make(number) for number in self._numbers[index]]
        return self._make(self._numbers[index])
