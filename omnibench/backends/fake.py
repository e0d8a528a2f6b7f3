"""A backend without a model: short replies drawn from the question's id, for trying things out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from omnibench.core import ModelCard, Reply, Request, Step

_REPLIES = ("yes", "no", "A", "B", "C", "D", "1", "2")


class FakeBackend:
    """Replies at once; opens no image."""

    card = ModelCard(
        name="fake", params=None, weights="none: no model", weights_sha256=None, dtype=None
    )

    def stream(self, request: Request) -> Iterator[Step]:
        """One step a phase, then the reply."""
        yield Step("prefill")
        yield Step("first_sample", text=_reply(request).text, tokens=1)

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply a request."""
        return map(_reply, requests)

    def close(self) -> None:
        """Nothing is held."""


def open_backend(name: str, *, weights: str | None, device: str, dtype: str | None) -> FakeBackend:
    """The fake model; the options do not matter to it."""
    del name, weights, device, dtype
    return FakeBackend()


def _reply(request: Request) -> Reply:
    draw = random.Random(f"{request.task}/{request.id}").choice(_REPLIES)
    return Reply(draw, tokens_in=len(request.prompt.split()), tokens_out=1)
