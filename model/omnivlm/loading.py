"""From a name or a folder to a model that is ready to answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from omnivlm.answering import LoadedModel
from omnivlm.bundled import bundled_folder
from omnivlm.checkpoint import (
    filled,
    open_checkpoint,
    read_weights,
    sha256_of_tensors,
)
from omnivlm.config import ModelConfig
from omnivlm.errors import OmniVLMError
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.presets import TINY
from omnivlm.tokenizer import tiny_tokenizer

DTYPES: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""What a model may run in. float16 needs an accelerator: processors compute it in software."""

TINY_SEED = 0


def load(
    source: str | Path, *, dtype: str = "float32", device: str = "cpu", text: bool = True
) -> LoadedModel:
    """A model from the name of a tiny one (`presets.TINY`) or from a checkpoint folder.

    A tiny one has its bundled weights; where none are bundled it is made from a seed, untrained.
    text: refuse a checkpoint without a tokenizer before its weights are read.
    Set the number of threads before this call: torch's first operation fixes it.
    """
    place = device_of(device)
    number = dtype_of(dtype, place)
    if isinstance(source, str) and source in TINY:
        folder = bundled_folder(source)
        if folder is None:
            return made(source, dtype=dtype, device=device)
        return _bundled(folder, number, place)
    checkpoint = open_checkpoint(Path(source))
    if text:
        checkpoint.required_tokenizer()
    model = read_weights(checkpoint, number, place)
    origin = f"{source} ({checkpoint.origin})" if checkpoint.origin else str(source)
    return LoadedModel(model, checkpoint.tokenizer, origin, checkpoint.sha256())


def made(name: str, *, dtype: str = "float32", device: str = "cpu") -> LoadedModel:
    """A tiny model as `omnivlm init` writes it, untrained, without the disk."""
    place = device_of(device)
    number, config = dtype_of(dtype, place), TINY[name]
    tensors = untrained(config, TINY_SEED, torch.float32)
    digest = sha256_of_tensors(tensors)
    placed = {name: tensor.to(place, number) for name, tensor in tensors.items()}
    model = filled(on_meta(config), placed, place)
    tokenizer = tiny_tokenizer(config.text.vocab_size)
    return LoadedModel(model, tokenizer, f"untrained, seed {TINY_SEED}", digest)


def drawn(config: ModelConfig, seed: int, dtype: torch.dtype, device: torch.device) -> LoadedModel:
    """A model with untrained weights and without a tokenizer, to see how fast it is.

    The weights have no digest: nothing is written and hashed.
    """
    tensors = {name: value.to(device) for name, value in untrained(config, seed, dtype).items()}
    model = filled(on_meta(config), tensors, device)
    return LoadedModel(model, None, f"untrained, seed {seed}", "")


def dtype_of(name: str, device: torch.device) -> torch.dtype:
    """A number format by name. Raises OmniVLMError where the device does not compute in it."""
    usable = [known for known in DTYPES if known != "float16" or device.type != "cpu"]
    if name not in usable:
        raise OmniVLMError(f"OmniVLM runs in {' or '.join(usable)} on {device.type}, not in {name}")
    return DTYPES[name]


def device_of(name: str) -> torch.device:
    """A device by name, "auto" being the best one. Raises OmniVLMError where it is not there."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, is_there in there.items() if is_there))
    kind = name.partition(":")[0]
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or not there.get(kind, False):
        usable = ", ".join(known for known, is_there in there.items() if is_there)
        raise OmniVLMError(f"no device {name!r} here; usable: auto, {usable}")
    return device


def _bundled(folder: Path, dtype: torch.dtype, device: torch.device) -> LoadedModel:
    checkpoint = open_checkpoint(folder)
    tokenizer = checkpoint.required_tokenizer()
    model = read_weights(checkpoint, dtype, device)
    return LoadedModel(model, tokenizer, f"bundled, {checkpoint.origin}", checkpoint.sha256())
