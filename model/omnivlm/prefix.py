"""What questions about the same pictures begin with, read by the language model once."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor

from omnivlm.keyvalues import Prefix, RowCache
from omnivlm.model import VisionLanguageModel
from omnivlm.seen import Seen

PREFIX_BYTES = 2**28
"""Prefixes are kept up to this many bytes: some 90 pictures of omnivlm-968m in float32."""

PrefixKey = tuple[tuple[int, ...], tuple[Seen, ...]]
"""(token ids, pictures). A picture is the same where its `Seen` is the same object."""


class PrefixMemory:
    """The prefixes used last, within `bound_bytes`; the very last one stays even if it is larger.

    What was seen is held with them and counted, though its own memory may hold it as well.
    """

    def __init__(self, model: VisionLanguageModel, bound_bytes: int = PREFIX_BYTES) -> None:
        self._model = model
        self._bound_bytes = bound_bytes
        self._kept: OrderedDict[PrefixKey, Prefix] = OrderedDict()
        self.kept_bytes = 0

    def recalled(self, key: PrefixKey, embeddings: Tensor) -> Prefix:
        """The prefix of `key`, read from its embeddings (P, W) if it has not been used lately.

        It is read alone, so that it does not depend on what else is asked.
        """
        if key not in self._kept:
            prefix = self._read(embeddings)
            self._kept[key] = prefix
            self.kept_bytes += _size_bytes(key, prefix)
            while self.kept_bytes > self._bound_bytes and len(self._kept) > 1:
                self.kept_bytes -= _size_bytes(*self._kept.popitem(last=False))
        self._kept.move_to_end(key)
        return self._kept[key]

    @torch.inference_mode()
    def _read(self, embeddings: Tensor) -> Prefix:
        cache = RowCache(self._model.config.text.num_hidden_layers, len(embeddings))
        self._model.read(embeddings[None], cache)
        return cache.prefix()


def _size_bytes(key: PrefixKey, prefix: Prefix) -> int:
    return prefix.size_bytes + sum(seen.size_bytes for seen in key[1])
