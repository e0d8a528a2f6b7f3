"""Tokens one after another: the choice of a token, a reply in the making, a batch of replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from omnivlm.model import OmniVLM
from omnivlm.prompts import TEXT_END, TURN_END
from omnivlm.questions import Answer, Question
from omnivlm.tokenizer import Tokenizer

_UNFINISHED_CHARACTER = "\N{REPLACEMENT CHARACTER}"


class Reply:
    """One reply in the making. ids: the tokens so far, the end token among them."""

    def __init__(
        self, question: Question, tokenizer: Tokenizer, tokens_in: int, context_tokens: int
    ) -> None:
        self.ids: list[int] = []
        self.finish: Literal["stop", "length"] | None = None
        self._tokenizer = tokenizer
        self._tokens_in = tokens_in
        self._limit = min(question.max_new_tokens, context_tokens - tokens_in)
        self._ends = {tokenizer.special[TURN_END], tokenizer.special[TEXT_END]}
        self._temperature = question.temperature
        self._generator = torch.Generator().manual_seed(question.seed)
        self._told = 0

    def choose(self, logits: Tensor) -> int:
        """logits: (V,) -> the next token, greedy or drawn."""
        if self._temperature == 0:
            return int(logits.argmax())
        chances = torch.softmax(logits.float().cpu() / self._temperature, dim=-1)
        return int(torch.multinomial(chances, 1, generator=self._generator))

    def take(self, token: int) -> None:
        """The next token has come."""
        self.ids.append(token)
        if token in self._ends:
            self.finish = "stop"
        elif len(self.ids) >= self._limit:
            self.finish = "length"

    def text(self) -> str:
        """What the reply says so far."""
        ids = self.ids[:-1] if self.finish == "stop" else self.ids
        return self._tokenizer.reply(ids)

    def new_text(self) -> str:
        """What has been added since the last call; half a character waits for its other half."""
        text = self.text()
        if self.finish is None:
            text = text.removesuffix(_UNFINISHED_CHARACTER)
        new = text[self._told :]
        self._told = max(self._told, len(text))
        return new

    def answer(self) -> Answer:
        """The finished reply."""
        return Answer(self.text(), self._tokens_in, len(self.ids), self.finish or "length")


@torch.inference_mode()
def complete(model: OmniVLM, rows: Sequence[Tensor], replies: Sequence[Reply]) -> None:
    """Generate `replies` from prompts of embeddings, rows: (T_i, W), until each has ended.

    Rows of unlike length are padded on the left. A row leaves the batch at its own end.
    """
    embeddings, mask, positions = _padded(rows)
    cache = DynamicCache()
    logits = model.read(embeddings, cache, mask, positions)
    position = torch.tensor([len(row) for row in rows], device=embeddings.device)[:, None]
    running = list(replies)
    while True:
        tokens = [reply.choose(row) for reply, row in zip(running, logits, strict=True)]
        for reply, token in zip(running, tokens, strict=True):
            reply.take(token)
        kept = [i for i, reply in enumerate(running) if reply.finish is None]
        if not kept:
            return
        if len(kept) < len(running):
            running = [running[i] for i in kept]
            chosen = torch.tensor(kept, device=embeddings.device)
            cache.batch_select_indices(chosen)
            position = position[chosen]
            mask = None if mask is None else mask[chosen]
        if mask is not None:
            mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        logits = next_logits(model, cache, [tokens[i] for i in kept], mask, position)
        position = position + 1


@torch.inference_mode()
def next_logits(
    model: OmniVLM,
    cache: DynamicCache,
    tokens: Sequence[int],
    mask: Tensor | None = None,
    position: Tensor | None = None,
) -> Tensor:
    """One decoding step. tokens: the last of each of B rows; position: (B, 1) -> logits (B, V)."""
    embed = model.language_model.model.embed_tokens
    ids = torch.tensor(tokens, device=embed.weight.device)[:, None]
    return model.read(embed(ids), cache, mask, position)


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Rows (T_i, W) -> embeddings (B, T, W), mask (B, T) int64, positions (B, T).

    No mask and no positions where the rows are of one length: the plain causal path is faster.
    """
    longest = max(len(row) for row in rows)
    if all(len(row) == longest for row in rows):
        return torch.stack(list(rows)), None, None
    embeddings = rows[0].new_zeros(len(rows), longest, rows[0].shape[1])
    mask = torch.zeros(len(rows), longest, dtype=torch.int64, device=rows[0].device)
    for i, row in enumerate(rows):
        embeddings[i, longest - len(row) :] = row
        mask[i, longest - len(row) :] = 1
    return embeddings, mask, (mask.cumsum(1) - 1).clamp(min=0)
