"""What answers: requests, replies, steps, backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from omnibench.core.data import Image
from omnibench.core.tasks import Decoding

Phase = Literal["preprocess", "vision", "projector", "prefill", "first_sample", "decode"]
Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `id` and `task` let a recorded reply be found.

    For measuring speed: text_tokens, in place of the prompt and its template, so many synthetic
    tokens; whole_length: the reply has exactly max_new_tokens, whatever ends it otherwise.
    """

    task: str
    id: str
    prompt: str
    images: tuple[Image, ...]
    decoding: Decoding
    text_tokens: int | None = None
    whole_length: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. Token counts are None where the runtime does not tell them."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    finish: Finish = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """A phase that has ended, with what it produced; its work is done when it is yielded."""

    phase: Phase
    text: str = ""
    tokens: int = 0


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answered: shown on the terminal and kept in results.json.

    `weights` says in words what they are ("untrained, seed 0"; "recorded replies"; a folder).
    """

    name: str
    params: int | None
    weights: str
    weights_sha256: str | None
    dtype: str | None


class Backend(Protocol):
    """A runtime with a model in it."""

    @property
    def card(self) -> ModelCard:
        """What answers."""

    def stream(self, request: Request) -> Iterator[Step]:
        """One answer, phase by phase, then token by token."""

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """Answers in the order of the requests.

        An exception concerns the whole call: the engine asks again one by one, so that only the
        sample at fault fails.
        """

    def close(self) -> None:
        """Free what the model holds."""
