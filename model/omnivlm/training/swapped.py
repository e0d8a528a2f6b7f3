"""Preferences that need no model: a picture's own caption before that of another picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from omnivlm.training.samples import Conversations, Preference


class SwappedCaptions(Sequence[Preference]):
    """One pair for each conversation about one picture; the next one's caption is rejected.

    They show that DPO runs. What a model gets wrong itself is in the pairs of `omnivlm pairs`.
    """

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._indices = [
            index for index in range(len(conversations)) if len(conversations[index].pictures) == 1
        ]

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, place: int, /) -> Preference: ...

    @overload
    def __getitem__(self, place: slice, /) -> list[Preference]: ...

    def __getitem__(self, place: int | slice, /) -> Preference | list[Preference]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        own = self._conversations[self._indices[place]]
        other = self._conversations[self._indices[(place + 1) % len(self)]]
        return Preference(
            id=own.id,
            picture=own.pictures[0],
            image_key=own.image_keys[0],
            prompt=own.turns[0].prompt,
            chosen=own.turns[0].answer,
            rejected=other.turns[0].answer,
        )
