"""Models at their true size with random weights, pictures of noise, and what the machine can do.

Speed does not depend on which weights they are; they are made in memory and never written.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import PIL.Image
import torch
from torch import Tensor, nn

from omnivlm.answering import LoadedModel
from omnivlm.checkpoint import filled
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.presets import PRESETS
from omnivlm.tokenizer import Tokenizer, tiny_tokenizer

TOKENIZER_VOCABULARY = 1024


def random_model(preset: str, dtype: torch.dtype) -> LoadedModel:
    """A model with weights large enough for its replies to depend on picture and prompt."""
    config = PRESETS[preset]
    tensors = untrained(config, 0, dtype)
    for name, tensor in tensors.items():
        if name.startswith("language_model.") and tensor.dim() == 2:
            tensor.mul_(1 / (0.02 * tensor.shape[1] ** 0.5))
    model = filled(on_meta(config), tensors, torch.device("cpu"))
    return LoadedModel(model, _tokenizer(config.text.vocab_size), "random", "")


def _tokenizer(vocabulary: int) -> Tokenizer:
    """Reads as the small model does, and writes every further id as a word of its own."""
    known = json.loads(tiny_tokenizer(TOKENIZER_VOCABULARY).tokenizer_json)
    words = known["model"]["vocab"]
    words |= {f"word{number}": number for number in range(max(words.values()) + 1, vocabulary)}
    return Tokenizer(json.dumps(known), "the benchmark's tokenizer")


def noise(seed: int, size_px: tuple[int, int] = (640, 480)) -> PIL.Image.Image:
    """A picture unlike every other, of COCO's size."""
    generator = torch.Generator().manual_seed(seed)
    shape = (size_px[1], size_px[0], 3)
    pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    return PIL.Image.fromarray(pixels.numpy())


@dataclass(frozen=True, slots=True)
class Clock:
    """What time is read from, and its name."""

    now: Callable[[], float]
    name: str

    def seconds(self, work: Callable[[], object]) -> float:
        """How long it takes."""
        start = self.now()
        work()
        return self.now() - start


def the_clock(wall: bool) -> Clock:
    """One thread's own CPU time, which other processes do not lengthen by taking turns with it.

    Of several threads the wall clock: a thread that waits for another spends CPU time as well.
    """
    if torch.get_num_threads() == 1 and not wall:
        return Clock(time.process_time, "CPU time")
    return Clock(time.perf_counter, "wall clock")


def spread(times_s: Sequence[float]) -> str:
    """Median, lowest and highest."""
    return f"{statistics.median(times_s):.3f} s ({min(times_s):.3f} to {max(times_s):.3f})"


def verdict(met: bool) -> str:
    """What a bar says of a figure."""
    return "met" if met else "MISSED"


class Matrices:
    """The matrices of linear layers, each with an input of so many rows: bare products, no more."""

    def __init__(self, layers: Iterable[tuple[nn.Linear, int]]) -> None:
        self._pairs: list[tuple[Tensor, Tensor]] = []
        inputs: dict[tuple[int, int], Tensor] = {}
        for layer, rows in layers:
            key = (rows, layer.in_features)
            if key not in inputs:
                inputs[key] = torch.randn(key, dtype=layer.weight.dtype)
            self._pairs.append((inputs[key], layer.weight))

    @property
    def flops(self) -> int:
        """Of all products: 2 a multiply-accumulate."""
        return sum(2 * rows.shape[0] * weight.numel() for rows, weight in self._pairs)

    @property
    def weight_bytes(self) -> int:
        """Of all matrices."""
        return sum(weight.nbytes for _, weight in self._pairs)

    @torch.inference_mode()
    def multiply(self) -> None:
        """All products, one after another."""
        for rows, weight in self._pairs:
            torch.nn.functional.linear(rows, weight)


def decoding_matrices(loaded: LoadedModel) -> Matrices:
    """What one token goes through, as GEMVs: every matrix of the language model, logits too."""
    return Matrices((layer, 1) for layer in _linear(loaded.model.language_model))


def prompt_matrices(loaded: LoadedModel) -> Matrices:
    """What a picture goes through, as GEMMs, and a prompt of as many tokens as it has."""
    config, model = loaded.config, loaded.model
    tokens = config.visual_tokens
    # The pooling head is never run.
    layers = [(each, config.vision.patches) for each in _linear(model.vision_model.encoder)]
    layers += [(each, tokens) for each in _linear(model.projector)]
    layers += [(each, tokens) for each in _linear(model.language_model.model)]
    return Matrices(layers)


def _linear(module: nn.Module) -> list[nn.Linear]:
    return [each for each in module.modules() if isinstance(each, nn.Linear)]
