"""Several data sets as one."""

from __future__ import annotations

from collections.abc import Sequence

from omnivlm.training.samples import Conversation, Conversations


class InTurn:
    """In every round each data set has its share of items, its next ones in their order."""

    def __init__(self, shares: Sequence[tuple[Conversations, int]], count: int) -> None:
        self._slots = [(of, share, place) for of, share in shares for place in range(share)]
        self._count = count

    def __len__(self) -> int:
        """How many items there are, of all together."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"conversation {index} of {self._count}")
        rounds, slot = divmod(index, len(self._slots))
        of, share, place = self._slots[slot]
        return of[rounds * share + place]


class Excerpt:
    """So many items of a data set, from one on."""

    def __init__(self, of: Conversations, start: int, count: int) -> None:
        self._of, self._start, self._count = of, start, count

    def __len__(self) -> int:
        """How many items there are."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"conversation {index} of {self._count}")
        return self._of[self._start + index]


class OneAfterTheOther:
    """All items of the first data set, then all of the next."""

    def __init__(self, *of: Conversations) -> None:
        self._of = of

    def __len__(self) -> int:
        """How many items there are, of all together."""
        return sum(len(each) for each in self._of)

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; IndexError beyond the last."""
        place = index
        for each in self._of:
            if 0 <= place < len(each):
                return each[place]
            place -= len(each)
        raise IndexError(f"conversation {index} of {len(self)}")
