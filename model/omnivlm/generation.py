"""Tokens one after another: the choice of a token, a reply in the making, a step of decoding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from omnivlm.model import VisionLanguageModel
from omnivlm.prompts import TEXT_END, TURN_END
from omnivlm.questions import Answer, Question
from omnivlm.tokenizer import Tokenizer

_UNFINISHED_CHARACTER = "\N{REPLACEMENT CHARACTER}"


class Reply:
    """One reply in the making. ids: the tokens so far, the end token among them.

    Without a tokenizer, as for a question of synthetic tokens, it has no text and only its length
    ends it. limit: how many tokens it may have.
    """

    def __init__(
        self, question: Question, tokenizer: Tokenizer | None, tokens_in: int, context_tokens: int
    ) -> None:
        self.ids: list[int] = []
        self.finish: Literal["stop", "length"] | None = None
        self.limit = min(question.max_new_tokens, context_tokens - tokens_in)
        self.temperature = question.temperature
        self._tokenizer = tokenizer
        self._tokens_in = tokens_in
        ends = () if question.whole_length else (TURN_END, TEXT_END)
        self._ends = {tokenizer.special[name] for name in ends} if tokenizer else set()
        self._generator = torch.Generator().manual_seed(question.seed)
        self._told = 0

    def drawn(self, logits: Tensor) -> int:
        """logits: (V,) -> the next token, drawn at the question's temperature."""
        chances = torch.softmax(logits.float().cpu() / self.temperature, dim=-1)
        return int(torch.multinomial(chances, 1, generator=self._generator))

    def take(self, token: int) -> None:
        """The next token has come."""
        self.ids.append(token)
        if token in self._ends:
            self.finish = "stop"
        elif len(self.ids) >= self.limit:
            self.finish = "length"

    def text(self) -> str:
        """What the reply says so far."""
        if self._tokenizer is None:
            return ""
        ids = self.ids[:-1] if self.finish == "stop" else self.ids
        return self._tokenizer.reply(ids)

    def new_text(self) -> str:
        """What has been added since the last call.

        Half a character waits for its other half, and a newline that the assistant's header may
        follow for a word.
        """
        text = self.text()
        if self.finish is None:
            text = text.removesuffix(_UNFINISHED_CHARACTER) if text.strip() else ""
        new = text[self._told :]
        self._told = max(self._told, len(text))
        return new

    def answer(self) -> Answer:
        """The finished reply."""
        return Answer(self.text(), self._tokens_in, len(self.ids), self.finish or "length")


def chosen(replies: Sequence[Reply], logits: Tensor) -> list[int]:
    """logits: (B, V) -> the next token of each reply, greedy or drawn."""
    greedy: list[int] = logits.argmax(dim=-1).tolist()
    return [
        reply.drawn(row) if reply.temperature else token
        for reply, row, token in zip(replies, logits, greedy, strict=True)
    ]


@torch.inference_mode()
def next_logits(
    model: VisionLanguageModel,
    cache: DynamicCache,
    tokens: Sequence[int],
    mask: Tensor | None = None,
    positions: Tensor | None = None,
) -> Tensor:
    """One decoding step. tokens: the last of each of B rows; positions: (B, 1) -> logits (B, V)."""
    embed = model.language_model.model.embed_tokens
    ids = torch.tensor(tokens, device=embed.weight.device)[:, None]
    return model.read(embed(ids), cache, mask, positions)
