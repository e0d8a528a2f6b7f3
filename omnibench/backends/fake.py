"""A backend without a model: short replies drawn from the question's id, for trying things out.

Where a reply is to have its whole length, as when speed is measured, it goes through every phase,
and each lasts STEP_S.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

from omnibench.core import ModelCard, Reply, Request, Step

_REPLIES = ("yes", "no", "A", "B", "C", "D", "1", "2")
STEP_S = 0.001


class FakeBackend:
    """Replies at once; opens no image."""

    card = ModelCard(
        name="fake", params=None, weights="none: no model", weights_sha256=None, dtype=None
    )

    def stream(self, request: Request) -> Iterator[Step]:
        """One step a phase, then the reply."""
        if request.whole_length:
            yield from _slowly(request)
            return
        yield Step("prefill")
        yield Step("first_sample", text=_reply(request).text, tokens=1)

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply a request."""
        return map(_reply, requests)

    def close(self) -> None:
        """Nothing is held."""


def _slowly(request: Request) -> Iterator[Step]:
    """Every phase, with as many tokens as are asked for."""
    read = request.text_tokens or len(request.prompt.split())
    before = (Step("preprocess"), Step("vision"), Step("projector", tokens=1))
    tokens = [Step("decode", "a", 1)] * (request.decoding.max_new_tokens - 1)
    for step in (*before, Step("prefill", tokens=read + 1), Step("first_sample", "a", 1), *tokens):
        time.sleep(STEP_S)
        yield step


def open_backend(name: str, *, weights: str | None, device: str, dtype: str | None) -> FakeBackend:
    """The fake model; the options do not matter to it."""
    del name, weights, device, dtype
    return FakeBackend()


def _reply(request: Request) -> Reply:
    draw = random.Random(f"{request.task}/{request.id}").choice(_REPLIES)
    return Reply(draw, tokens_in=len(request.prompt.split()), tokens_out=1)
