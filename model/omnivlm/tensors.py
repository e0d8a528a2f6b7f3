"""Tensors on disk: one or several safetensors files, read under our names."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from omnivlm.errors import CheckpointError
from omnivlm.names import ours

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"

_METADATA = {"format": "pt"}

Shape = tuple[int, ...]


class Weights(Protocol):
    """Where a checkpoint's tensors lie. Names are ours; errors are CheckpointError."""

    @property
    def where(self) -> Path:
        """What messages name."""

    def shapes(self) -> Mapping[str, Shape]:
        """Name -> shape, without reading the values."""

    def tensor(self, name: str) -> Tensor:
        """The values of one."""

    def sha256(self) -> str:
        """Of the file, or of the list of several files' digests."""


class SafetensorFiles:
    """model.safetensors, or the files that model.safetensors.index.json lists."""

    def __init__(self, folder: Path) -> None:
        single, index = folder / WEIGHTS, folder / INDEX
        self.where = single if single.is_file() else index
        self._files = [single] if single.is_file() else _listed_files(index)
        self._places: dict[str, tuple[Path, str, Shape]] | None = None
        # A file is opened once: every opening maps all of it.
        self._opened: dict[Path, Any] = {}

    def shapes(self) -> Mapping[str, Shape]:
        """Name -> shape. Raises CheckpointError for two tensors that have the same name in ours."""
        return {name: shape for name, (_, _, shape) in self._located().items()}

    def tensor(self, name: str) -> Tensor:
        """The values of one; the file's own memory where they are not converted."""
        path, theirs, _ = self._located()[name]
        try:
            if path not in self._opened:
                self._opened[path] = safe_open(path, framework="pt")
            tensor: Tensor = self._opened[path].get_tensor(theirs)
        except (SafetensorError, OSError) as error:
            raise _damaged(path, error) from None
        return tensor

    def sha256(self) -> str:
        """Of the file, or of the list of several files' digests."""
        digests = []
        for path in self._files:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        return digests[0] if len(digests) == 1 else _digest_of(digests)

    def _located(self) -> Mapping[str, tuple[Path, str, Shape]]:
        if self._places is None:
            places: dict[str, tuple[Path, str, Shape]] = {}
            for path in self._files:
                for theirs, shape in _shapes_in(path).items():
                    name = ours(theirs)
                    if name in places:
                        raise CheckpointError(f"{path} holds {theirs} a second time, as {name}")
                    if name is not None:
                        places[name] = (path, theirs, shape)
            self._places = places
        return self._places


def write_tensors(
    folder: Path, tensors: Mapping[str, Tensor], shard_bytes: int | None = None
) -> list[Path]:
    """Write one file, or as many of at most `shard_bytes` as it takes, with their index."""
    plan = split_torch_state_dict_into_shards(
        dict(tensors),
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=shard_bytes or 2**62,
    )
    for name, held in plan.filename_to_tensors.items():
        save_file({each: tensors[each] for each in held}, folder / name, _METADATA)
    written = [folder / name for name in plan.filename_to_tensors]
    if plan.is_sharded:
        listed = {"metadata": plan.metadata, "weight_map": plan.tensor_to_filename}
        (folder / INDEX).write_text(json.dumps(listed, indent=2, sort_keys=True) + "\n", "utf-8")
    return written


def sha256_of_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Of the one file that `write_tensors` would write."""
    return hashlib.sha256(save(dict(tensors), _METADATA)).hexdigest()


def make_readable(files: list[Path], like: Path) -> None:
    """Give files the permissions of another; safetensors lets only their owner read them."""
    for file in files:
        shutil.copymode(like, file)


def _listed_files(index: Path) -> list[Path]:
    try:
        listed = json.loads(index.read_text("utf-8"))["weight_map"]
        names = sorted(set(listed.values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} is not an index of weights ({error!r})") from None
    for name in names:
        # A name from a file that was downloaded must not lead out of its folder.
        if not isinstance(name, str) or Path(name).name != name:
            raise CheckpointError(f"{index} names {name!r}, which is no file of its folder")
        if not (index.parent / name).is_file():
            raise CheckpointError(f"no {name} in {index.parent}, though {index.name} lists it")
    return [index.parent / name for name in names]


def _shapes_in(path: Path) -> dict[str, Shape]:
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: tuple(file.get_slice(name).get_shape()) for name in names}
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path} is truncated or not a safetensors file ({error})")


def _digest_of(digests: list[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
