"""Our backends as a model of lmms-eval: `--model omnibench --model_args model=...,weights=...`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lmms_eval.api.instance import GenerationResult, TokenCounts
from lmms_eval.api.model import lmms

from omnibench.core import Backend, Request
from omnibench.errors import OmnibenchError
from omnibench.hardware import host
from omnibench.lmms.generation import decoding, ended, endings
from omnibench.lmms.pictures import Picture, flat
from omnibench.loading import default_dtype, open_backend

_LOGGER = logging.getLogger(__name__)


class OmnibenchModel(lmms):  # type: ignore[misc]  # lmms-eval has no types
    """A model of omnibench, which batches its own requests.

    model, weights, dtype: as for `omnibench eval`. An unknown argument is refused.
    """

    is_simple = True

    def __init__(
        self,
        model: str = "omnivlm",
        weights: str | None = None,
        dtype: str | None = None,
        batch_size: int | str = 1,
        device: str | None = None,
        max_batch_size: int | None = None,
    ) -> None:
        super().__init__()
        del max_batch_size
        if not str(batch_size).isdigit() or int(batch_size) < 1:
            raise OmnibenchError(f"batch_size {batch_size!r} is not a whole number of at least 1")
        self.batch_size = int(batch_size)
        self.device = device or "auto"
        self._named = str(model), None if weights is None else str(weights), dtype
        self._backend: Backend | None = self._open()
        self._unheeded: set[str] = set()

    def generate_until(self, requests: Sequence[Any]) -> Iterator[GenerationResult]:
        """The replies one by one, so that lmms-eval's cache keeps each as soon as it is there.

        A question that fails ends the evaluation with its error; what was answered is in the cache.
        """
        rest = iter(requests)
        while batch := list(islice(rest, self.batch_size)):
            asked = [self._request(instance) for instance in batch]
            if self._backend is None:  # lmms-eval has cleaned up after an earlier evaluation
                self._backend = self._open()
            replies = self._backend.generate(asked)
            for instance, reply in zip(batch, replies, strict=True):
                yield GenerationResult(
                    text=ended(reply.text, endings(instance.args[1])),
                    token_counts=TokenCounts(reply.tokens_in, reply.tokens_out),
                )

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Not offered: our models answer in words."""
        raise NotImplementedError("omnibench's models give no likelihoods; take a generative task")

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Not offered: our models answer one question at a time."""
        raise NotImplementedError("omnibench's models hold no conversation; take a one-turn task")

    def clean(self) -> None:
        """Free the model; a later evaluation opens it again."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None
        super().clean()

    def _open(self) -> Backend:
        model, weights, dtype = self._named
        weights = None if weights == "bundled" else weights
        dtype = dtype or default_dtype(host())
        return open_backend(model, weights=weights, device=self.device, dtype=dtype)

    def _request(self, instance: Any) -> Request:
        context, settings, doc_to_visual, doc_id, task, split = instance.args
        visuals = list(flat(doc_to_visual(self.task_dict[task][split][doc_id])))
        self._heed(settings)
        name = f"{task} document {doc_id}"
        images = tuple(
            Picture(f"{name} picture {number}", lambda: visuals, number)
            for number in range(len(visuals))
        )
        return Request(f"lmms:{task}", str(doc_id), context, images, decoding(settings))

    def _heed(self, settings: dict[str, Any]) -> None:
        """Say once of each setting that asks for what our models do not do."""
        for name, plain in (("num_beams", 1), ("num_return_sequences", 1)):
            if settings.get(name) not in (None, plain) and name not in self._unheeded:
                self._unheeded.add(name)
                _LOGGER.warning("%s=%s is not heeded by omnibench", name, settings[name])
