"""What a model is asked and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import PIL.Image

Phase = Literal["preprocess", "vision", "projector", "prefill", "first_sample", "decode"]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt about any number of images, and how to answer it.

    temperature 0 is greedy; above it, tokens are drawn with this question's own seed.
    text_tokens: in place of the prompt and its template, so many synthetic tokens after the images;
    such a reply has no text and exactly max_new_tokens. For measuring speed: it needs no tokenizer.
    whole_length: the end token does not end the reply; for measuring speed.
    """

    prompt: str
    images: tuple[PIL.Image.Image, ...] = ()
    max_new_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    text_tokens: int | None = None
    whole_length: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply. tokens_in: template, prompt and visual tokens; tokens_out: with the end token.

    finish: "stop" at the model's own end token, "length" where the limit or the context ended it.
    """

    text: str
    tokens_in: int
    tokens_out: int
    finish: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Step:
    """A phase that has ended; on an accelerator its work is done when it is yielded.

    tokens: visual tokens after `projector`, positions read after `prefill`, 1 for a sampled token.
    """

    phase: Phase
    text: str = ""
    tokens: int = 0
