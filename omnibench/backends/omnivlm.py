"""OmniVLM, the reference model: omnivlm's answers as a backend."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.core import ModelCard, Reply, Request, Step
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnivlm.answering import LoadedModel
    from omnivlm.questions import Question

FAMILY, TINY, FULL = "omnivlm", "omnivlm-tiny", "omnivlm-968m"


class OmniVLMBackend:
    """A loaded OmniVLM. Its errors become OmnibenchError; an image's stay ImageError."""

    def __init__(self, model: LoadedModel) -> None:
        from omnivlm.model import parameter_count

        self._model: LoadedModel | None = model
        self.card = ModelCard(
            name=model.config.name,
            params=parameter_count(model.model),
            weights=model.origin,
            weights_sha256=model.sha256,
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
    """`omnivlm`, `omnivlm-tiny` or `omnivlm-968m`, with bundled weights or those of a folder."""
    bundled = weights in (None, "bundled")
    if bundled and name == FULL:
        raise OmnibenchError(
            f"{FULL} needs --weights DIR, a checkpoint folder;"
            " `omnivlm init --config 968m --out DIR` writes an untrained one"
        )
    import omnivlm

    with _as_omnibench_errors():
        source: str | Path = TINY if weights is None or bundled else Path(weights)
        model = omnivlm.load(source, dtype=dtype or "float32", device=device)
    if name not in (FAMILY, model.config.name):
        raise OmnibenchError(f"{weights} holds {model.config.name}, not {name}; name that model")
    return OmniVLMBackend(model)


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
    )


@contextmanager
def _as_omnibench_errors() -> Iterator[None]:
    from omnivlm.errors import OmniVLMError

    try:
        yield
    except OmniVLMError as error:
        raise OmnibenchError(str(error)) from error
