"""Recorded replies as a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from omnibench.core import ModelCard, Reply, Request, Step


class ReplayBackend:
    """Answers with what was recorded. replies: task -> id -> reply."""

    def __init__(self, name: str, sha256: str, replies: Mapping[str, Mapping[str, str]]) -> None:
        self.card = ModelCard(
            name=name, params=None, weights="recorded replies", weights_sha256=sha256, dtype=None
        )
        self._replies = replies

    def stream(self, request: Request) -> Iterator[Step]:
        """The reply as one step."""
        yield Step("first_sample", text=self._replies[request.task][request.id], tokens=0)

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """The recorded replies."""
        for request in requests:
            yield Reply(self._replies[request.task][request.id])

    def close(self) -> None:
        """Nothing is held."""
