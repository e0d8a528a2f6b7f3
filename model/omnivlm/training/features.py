"""The frozen tower's features, kept on disk so that each picture is seen once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy
import torch
from torch import Tensor

from omnivlm.model import OmniVLM
from omnivlm.processing import inputs_of
from omnivlm.training.samples import Picture


class FeatureStore:
    """One file of float16 a picture, (patches, D), in a folder that the tower's digest names.

    Files are mapped, not read; up to `most_bytes` of them are kept, what is beyond is computed
    again each time. Several processes may share a folder.
    """

    def __init__(self, model: OmniVLM, folder: Path, most_bytes: int) -> None:
        self._model = model
        self._folder = folder / tower_digest(model)[:16]
        self._most_bytes = most_bytes
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held_bytes = sum(entry.stat().st_size for entry in os.scandir(self._folder))

    def features(self, picture: Picture, key: str) -> Tensor:
        """(patches, D) float16. Raises PictureError where the picture cannot be read."""
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
        if path.exists():
            return torch.from_numpy(numpy.load(path, mmap_mode="c"))
        values = self._seen(picture)
        if self._held_bytes + values.nbytes <= self._most_bytes:
            beside = path.with_suffix(f".{os.getpid()}.npy")
            numpy.save(beside, values.numpy())
            beside.replace(path)
            self._held_bytes += path.stat().st_size
        return values

    @torch.inference_mode()
    def _seen(self, picture: Picture) -> Tensor:
        device = next(self._model.parameters()).device
        pixels = inputs_of(picture(), self._model.config.vision).pixels.to(device)
        return self._model.see(pixels)[0].to("cpu", torch.float16)


def tower_digest(model: OmniVLM) -> str:
    """Of the weights that features follow from, and of how pictures are resized for them."""
    digest = hashlib.sha256(repr(model.config.vision).encode())
    for name, value in sorted(model.vision_model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()
