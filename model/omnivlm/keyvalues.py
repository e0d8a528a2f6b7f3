"""Keys and values of rows of text, in memory that is set aside once and filled token by token.

transformers' DynamicCache copies all that it holds for every token, and StaticCache attends to the
room that is not filled yet as well; this cache does neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """Keys and values of the tokens that several rows begin with: (H, P, d) of every layer."""

    layers: tuple[tuple[Tensor, Tensor], ...]

    @property
    def tokens(self) -> int:
        """How many tokens it stands for."""
        return self.layers[0][0].shape[1]

    @property
    def size_bytes(self) -> int:
        """How much memory it takes."""
        return sum(keys.nbytes + values.nbytes for keys, values in self.layers)


class _Layer(DynamicLayer):  # type: ignore[no-untyped-call] # transformers has no types here
    """keys, values: (rows, H, room, d), of which `length` tokens are filled."""

    keys: Tensor
    values: Tensor

    def __init__(self, room: int, most: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.length = 0
        self._room, self._most = room, most

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: Any, **_more: Any
    ) -> tuple[Tensor, Tensor]:
        """(B, H, T, d) each, of the first B rows -> all keys and values of these rows."""
        rows, start = len(key_states), self.length
        self.make_room(key_states, value_states, start + key_states.shape[2])
        keys = self.keys[:rows, :, : self.length]
        values = self.values[:rows, :, : self.length]
        keys[:, :, start:] = key_states
        values[:, :, start:] = value_states
        return keys, values

    def make_room(self, keys: Tensor, values: Tensor, length: int) -> None:
        """Let it hold `length` tokens of as many rows and heads as `keys` and `values` have."""
        room = self.keys.shape[2] if self.is_initialized else 0
        if length > room:
            room = max(self._room, length, min(length + room // 2, self._most))
            self.keys = self._moved(self.keys, keys, room)
            self.values = self._moved(self.values, values, room)
            self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self.length = length

    def _moved(self, held: Tensor, like: Tensor, room: int) -> Tensor:
        rows, heads, _, width = like.shape
        new = like.new_empty(rows, heads, room, width)
        if self.is_initialized:
            new[:, :, : self.length] = held[:rows, :, : self.length]
        return new

    def get_seq_length(self) -> int:
        """How many tokens are filled."""
        return self.length


class RowCache(DynamicCache):
    """A cache of rows of which some begin with a prefix, and which leave when they have ended.

    room: how many tokens a row will probably have; more are taken in at the cost of a copy.
    most: how many it can have, so that no room is set aside beyond; by default as many as `room`.
    """

    def __init__(self, layers: int, room: int, most: int = 0) -> None:
        super().__init__()
        self._rows = [_Layer(room, most) for _ in range(layers)]
        self.layers.extend(self._rows)

    def begin(self, row: int, rows: int, tokens: int, prefix: Prefix) -> None:
        """Let `row` of `rows` begin with a prefix that ends where `tokens` tokens end.

        What lies before it is zero, since a masked number still must be one.
        """
        for layer, pair in zip(self._rows, prefix.layers, strict=True):
            keys, values = (each[None].expand(rows, -1, -1, -1) for each in pair)
            layer.make_room(keys, values, tokens)
            for held, new in zip((layer.keys, layer.values), pair, strict=True):
                held[row, :, : tokens - prefix.tokens] = 0
                held[row, :, tokens - prefix.tokens : tokens] = new

    def begin_empty(self, row: int, tokens: int) -> None:
        """Let `row` begin with nothing, beside other rows that begin with `tokens` tokens."""
        for layer in self._rows:
            layer.keys[row, :, :tokens] = 0
            layer.values[row, :, :tokens] = 0

    def prefix(self) -> Prefix:
        """What the first row holds; the memory is shared with the cache."""
        return Prefix(
            tuple(
                (layer.keys[0, :, : layer.length], layer.values[0, :, : layer.length])
                for layer in self._rows
            )
        )

    def move(self, moves: Sequence[tuple[int, int]]) -> None:
        """Copy rows over others, (from, to) each; the rows at the end are then left out."""
        for layer in self._rows:
            for held in (layer.keys, layer.values):
                for source, target in moves:
                    held[target, :, : layer.length] = held[source, :, : layer.length]
