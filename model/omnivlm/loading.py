"""From a name or a folder to a model that is ready to answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from omnivlm.answering import LoadedModel
from omnivlm.checkpoint import filled, open_checkpoint, read_weights, sha256_of_tensors
from omnivlm.errors import OmniVLMError
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.presets import OMNIVLM_TINY
from omnivlm.tokenizer import tiny_tokenizer

DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}

TINY_SEED = 0


def load(
    source: str | Path, *, dtype: str = "float32", device: str = "cpu", text: bool = True
) -> LoadedModel:
    """A model from `omnivlm-tiny` or from a checkpoint folder.

    text: refuse a checkpoint without a tokenizer before its weights are read.
    Set the number of threads before this call: torch's first operation fixes it.
    """
    if dtype not in DTYPES:
        raise OmniVLMError(f"OmniVLM runs in {' or '.join(DTYPES)}, not in {dtype}")
    number, place = DTYPES[dtype], _device(device)
    if source == OMNIVLM_TINY.name:
        return _tiny(number, place)
    checkpoint = open_checkpoint(Path(source))
    if text:
        checkpoint.required_tokenizer()
    model = read_weights(checkpoint, number, place)
    origin = f"{source} ({checkpoint.origin})" if checkpoint.origin else str(source)
    return LoadedModel(model, checkpoint.tokenizer, origin, checkpoint.sha256())


def _tiny(dtype: torch.dtype, device: torch.device) -> LoadedModel:
    """The small model as `omnivlm init --config tiny` writes it, without the disk."""
    tensors = untrained(OMNIVLM_TINY, TINY_SEED, torch.float32)
    digest = sha256_of_tensors(tensors)
    placed = {name: tensor.to(device, dtype) for name, tensor in tensors.items()}
    model = filled(on_meta(OMNIVLM_TINY), placed, device)
    tokenizer = tiny_tokenizer(OMNIVLM_TINY.text.vocab_size)
    return LoadedModel(model, tokenizer, f"untrained, seed {TINY_SEED}", digest)


def _device(name: str) -> torch.device:
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
