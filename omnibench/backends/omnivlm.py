"""The reference models, OmniVLM, nanoLLaVA and AuroraEdge: omnivlm's answers as a backend."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.core import ModelCard, Reply, Request, Step
from omnibench.errors import OmnibenchError
from omnibench.hub.models import pulled_model

if TYPE_CHECKING:
    from omnivlm.answering import LoadedModel
    from omnivlm.questions import Question

FAMILY, TINY = "omnivlm", "omnivlm-tiny"
DRAWN_SEED = 0


class OmniVLMBackend:
    """A loaded reference model. Its errors become OmnibenchError; an image's stay ImageError."""

    def __init__(self, model: LoadedModel) -> None:
        from omnivlm.model import parameter_count

        self._model: LoadedModel | None = model
        self.card = ModelCard(
            name=model.config.name,
            params=parameter_count(model.model),
            weights=model.origin,
            weights_sha256=model.sha256 or None,
            dtype=str(model.dtype).removeprefix("torch."),
        )

    def stream(self, request: Request) -> Iterator[Step]:
        """One answer, phase by phase, then token by token."""
        question = _question(request)
        with _as_omnibench_errors():
            for step in self._loaded().stream(question):
                yield Step(step.phase, step.text, step.tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """Answers in order, generated in batches; each distinct picture is encoded once."""
        questions = [_question(request) for request in requests]
        with _as_omnibench_errors():
            for answer in self._loaded().generate(questions):
                yield Reply(answer.text, answer.tokens_in, answer.tokens_out, answer.finish)

    def close(self) -> None:
        """Let the weights go."""
        self._model = None

    def _loaded(self) -> LoadedModel:
        if self._model is None:
            raise OmnibenchError(f"{self.card.name} is closed; open it again")
        return self._model


def open_backend(
    name: str, *, weights: str | None, device: str, dtype: str | None
) -> OmniVLMBackend:
    """A named model: with bundled weights, those of a folder, or those that have been pulled.

    `omnivlm` is the full model where it has been pulled, else the tiny one; with a folder, whatever
    that holds.
    """
    import omnivlm
    from omnivlm.presets import TINY as BUNDLED

    with _as_omnibench_errors():
        source = _source(name, None if weights == "bundled" else weights, list(BUNDLED))
        model = omnivlm.load(source, dtype=dtype or "float32", device=device)
    held = model.config.name
    if name not in (FAMILY, held):
        raise OmnibenchError(f"{weights or source} holds {held}, not {name}; name that model")
    return OmniVLMBackend(model)


def open_untrained(name: str, *, device: str, dtype: str) -> OmniVLMBackend:
    """A named model with drawn weights, to see how fast it is; it has no tokenizer."""
    from omnivlm.loading import device_of, drawn, dtype_of
    from omnivlm.presets import PRESETS

    with _as_omnibench_errors():
        place = device_of(device)
        model = drawn(PRESETS[name], DRAWN_SEED, dtype_of(dtype, place), place)
    return OmniVLMBackend(model)


def _source(name: str, weights: str | None, bundled: Sequence[str]) -> str | Path:
    """The name of a bundled model, or a folder."""
    if weights is not None:
        return Path(weights)
    if name in bundled:
        return name
    pulled = pulled_model(name)
    if pulled is not None:
        return pulled
    if name == FAMILY:
        return TINY
    raise OmnibenchError(
        f"{name} needs --weights DIR, a checkpoint folder;"
        f" `omnivlm init --config {name} --out DIR` writes an untrained one"
    )


def _question(request: Request) -> Question:
    """Opens the request's images. The seed is the sample's own: order and --limit do not matter."""
    from omnivlm.questions import Question

    decoding = request.decoding
    digest = hashlib.sha256(f"{decoding.seed}/{request.task}/{request.id}".encode()).digest()
    return Question(
        prompt=request.prompt,
        images=tuple(image.open() for image in request.images),
        max_new_tokens=decoding.max_new_tokens,
        temperature=decoding.temperature,
        seed=int.from_bytes(digest[:7], "big"),
        text_tokens=request.text_tokens,
        whole_length=request.whole_length,
    )


@contextmanager
def _as_omnibench_errors() -> Iterator[None]:
    from omnivlm.errors import OmniVLMError

    try:
        yield
    except OmniVLMError as error:
        raise OmnibenchError(str(error)) from error
