"""Many prompts at once: which go together, and how a batch of them is answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from omnivlm.config import TextConfig
from omnivlm.generation import Reply, chosen, next_logits
from omnivlm.keyvalues import RowCache
from omnivlm.model import VisionLanguageModel
from omnivlm.prefix import PrefixMemory
from omnivlm.seen import Seen

BATCH_ROWS = 16
BATCH_BYTES = 2**30
"""Keys and values of a batch take at most so much; a longer prompt is answered in fewer rows."""

_FIRST_ROOM_TOKENS = 128
"""Room for so many new tokens is set aside at first: most replies are short."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """ids: every visual token is an `image_pad`. shared: how many of the ids are a prefix.

    The prefix, all up to the last picture, is what other questions about the pictures begin with;
    0 where there is no picture. At least one id comes after it.
    """

    ids: tuple[int, ...]
    image_pad: int
    shared: int

    @property
    def own(self) -> int:
        """How many tokens come after the prefix."""
        return len(self.ids) - self.shared


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A prompt, what its pictures have become, and its reply in the making."""

    prompt: Prompt
    seen: tuple[Seen, ...]
    reply: Reply


def batches(rows: Sequence[Row], token_bytes: int) -> Iterator[list[Row]]:
    """Rows in batches: those about the same pictures side by side, then by their own length.

    token_bytes: what keys and values of one token take.
    """
    batch: list[Row] = []
    for row in _ordered(rows):
        takes_bytes = _most_tokens([*batch, row]) * token_bytes
        if batch and (len(batch) == BATCH_ROWS or takes_bytes > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def token_bytes(text: TextConfig, dtype: torch.dtype) -> int:
    """What keys and values of one token take in all layers."""
    width = text.hidden_size // text.num_attention_heads * text.num_key_value_heads
    return 2 * text.num_hidden_layers * width * dtype.itemsize


@torch.inference_mode()
def complete(model: VisionLanguageModel, rows: Sequence[Row], prefixes: PrefixMemory) -> None:
    """Generate the rows' replies until each has ended; a row leaves the batch at its own end."""
    shared = max(row.prompt.shared for row in rows)
    own = max(row.prompt.own for row in rows)
    cache = cache_of(model, shared + own, max(row.reply.limit for row in rows))
    embeddings = _begun(model, rows, prefixes, cache, shared, own)
    mask = _mask(rows, shared, own).to(embeddings.device)
    held = None if mask.all() else mask  # without holes the plain causal path is faster
    positions = (mask.cumsum(1) - 1)[:, shared:].clamp(min=0)
    logits = model.read(embeddings, cache, held, None if held is None else positions)
    _decode(model, cache, [row.reply for row in rows], logits, held, positions[:, -1:] + 1)


def cache_of(model: VisionLanguageModel, tokens: int, limit: int) -> RowCache:
    """An empty cache for prompts of `tokens` tokens and replies of at most `limit`."""
    layers = model.config.text.num_hidden_layers
    return RowCache(layers, tokens + min(limit, _FIRST_ROOM_TOKENS), tokens + limit)


def _most_tokens(rows: Sequence[Row]) -> int:
    """What the rows' cache may come to hold: every row is as long as the longest parts of all."""
    shared = max(row.prompt.shared for row in rows)
    own = max(row.prompt.own for row in rows)
    return len(rows) * (shared + own + max(row.reply.limit for row in rows))


def _ordered(rows: Sequence[Row]) -> list[Row]:
    """Groups of the same pictures by their mean length, each by length: little padding is left."""
    names: dict[tuple[Seen, ...], int] = {}
    numbered = sorted(((names.setdefault(row.seen, len(names)), row) for row in rows), key=_number)
    groups = [[row for _, row in group] for _, group in groupby(numbered, key=_number)]
    # Rows without pictures have nothing in common that would hold them together.
    parted = [[row] for group in groups if not group[0].seen for row in group]
    parted += [group for group in groups if group[0].seen]
    parted.sort(key=lambda group: sum(row.prompt.own for row in group) / len(group))
    return [row for group in parted for row in sorted(group, key=lambda row: row.prompt.own)]


def _number(numbered: tuple[int, Row]) -> int:
    return numbered[0]


def _begun(
    model: VisionLanguageModel,
    rows: Sequence[Row],
    prefixes: PrefixMemory,
    cache: RowCache,
    shared: int,
    own: int,
) -> Tensor:
    """Fill in the prefixes; -> what comes after them, (B, own, W), padded on the left.

    One prefix after another, so that no more of them is held than the memory's bound.
    """
    after: list[Tensor] = []
    bare: list[int] = []
    for i, row in enumerate(rows):
        prompt = row.prompt
        ids = torch.tensor(prompt.ids, device=model.language_model.lm_head.weight.device)
        embeddings = model.embed(ids, prompt.image_pad, row.seen)
        if prompt.shared:
            key = prompt.ids[: prompt.shared], row.seen
            prefix = prefixes.recalled(key, embeddings[: prompt.shared])
            cache.begin(i, len(rows), shared, prefix)
        elif shared:
            bare.append(i)
        after.append(embeddings[prompt.shared :])
    for i in bare:
        cache.begin_empty(i, shared)
    padded = after[0].new_zeros(len(rows), own, after[0].shape[1])
    for held, embeddings in zip(padded, after, strict=True):
        held[own - len(embeddings) :] = embeddings
    return padded


def _mask(rows: Sequence[Row], shared: int, own: int) -> Tensor:
    """(B, shared + own) bool: False before a row's prefix and before its own tokens."""
    mask = torch.ones(len(rows), shared + own, dtype=torch.bool)
    for held, row in zip(mask, rows, strict=True):
        held[: shared - row.prompt.shared] = False
        held[shared : shared + own - row.prompt.own] = False
    return mask


def _decode(
    model: VisionLanguageModel,
    cache: RowCache,
    replies: Sequence[Reply],
    logits: Tensor,
    mask: Tensor | None,
    positions: Tensor,
) -> None:
    """From the first token's logits (B, V) to the end of every reply. positions: (B, 1)."""
    running = list(replies)
    while True:
        tokens = chosen(running, logits)
        for reply, token in zip(running, tokens, strict=True):
            reply.take(token)
        kept = [i for i, reply in enumerate(running) if reply.finish is None]
        if not kept:
            return
        if len(kept) < len(running):
            kept = _compacted(cache, kept)
            running = [running[i] for i in kept]
            chosen_rows = torch.tensor(kept, device=positions.device)
            positions = positions[chosen_rows]
            mask = None if mask is None else mask[chosen_rows]
        if mask is not None:
            mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        logits = next_logits(
            model,
            cache,
            [tokens[i] for i in kept],
            mask,
            None if mask is None else positions,
        )
        positions = positions + 1


def _compacted(cache: RowCache, kept: Sequence[int]) -> list[int]:
    """Move the last rows into the places of those that have left; -> the rows in their new order.

    `kept` is in ascending order.
    """
    order = {i: i for i in kept if i < len(kept)}
    places = [i for i in range(len(kept)) if i not in order]
    moves = list(zip([i for i in kept if i >= len(kept)], places, strict=True))
    cache.move(moves)
    order |= {place: source for source, place in moves}
    return [order[place] for place in range(len(kept))]
