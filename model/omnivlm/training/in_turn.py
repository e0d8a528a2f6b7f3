"""Several data sets as one, in rounds, and rounds of different kinds one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from omnivlm.training.samples import Conversation, Conversations

Round = Sequence[str]
"""Of which data set each item of a round is, in order."""


class Endless(Protocol):
    """Conversations by number."""

    def __getitem__(self, index: int, /) -> Conversation:
        """One of them, the same whenever it is asked for."""


class Again:
    """A data set from its start again and again."""

    def __init__(self, items: Conversations) -> None:
        self._items = items

    def __getitem__(self, index: int, /) -> Conversation:
        """One of them, the same whenever it is asked for."""
        return self._items[index % len(self._items)]


class InTurn:
    """Each part is a number of items and the round that they are made of, again and again.

    A data set's items come in their order, and go on from one part to the next.
    """

    def __init__(self, of: Mapping[str, Endless], parts: Sequence[tuple[int, Round]]) -> None:
        self._of = of
        self._parts: list[tuple[int, list[tuple[str, int, int]]]] = []
        taken: Counter[str] = Counter()
        for count, names in parts:
            shares = Counter(names)
            slots = [
                (name, taken[name] + names[:place].count(name), shares[name])
                for place, name in enumerate(names)
            ]
            self._parts.append((count, slots))
            rounds = -(-count // len(slots))
            taken.update({name: rounds * share for name, share in shares.items()})

    def __len__(self) -> int:
        """How many items there are, of all parts together."""
        return sum(count for count, _ in self._parts)

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; IndexError beyond the last."""
        left = index
        for count, slots in self._parts:
            if 0 <= left < count:
                rounds, slot = divmod(left, len(slots))
                name, first, share = slots[slot]
                return self._of[name][first + rounds * share]
            left -= count
        raise IndexError(f"conversation {index} of {len(self)}")
