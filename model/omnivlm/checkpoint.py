"""A model on disk: config.json, model.safetensors and, where it reads text, tokenizer.json.

Only safetensors is read: a pickle can run code when it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from omnivlm.config import OmniVLMConfig
from omnivlm.errors import CheckpointError
from omnivlm.model import OmniVLM, on_meta
from omnivlm.tokenizer import Tokenizer, read_tokenizer

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_METADATA = {"format": "pt"}
_PIECE = 2**22


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint folder whose small files are read and whose weights are not yet.

    origin: where the weights come from, in words ("untrained, seed 0"), where the writer said so.
    """

    folder: Path
    config: OmniVLMConfig
    origin: str | None
    tokenizer: Tokenizer | None

    @property
    def weights(self) -> Path:
        """The file of tensors."""
        return self.folder / WEIGHTS

    def sha256(self) -> str:
        """Of the file of tensors."""
        with self.weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def required_tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises CheckpointError where there is none."""
        if self.tokenizer is None:
            raise CheckpointError(
                f"no {TOKENIZER} in {self.folder}; put Qwen2.5-0.5B-Instruct's {TOKENIZER} there"
            )
        return self.tokenizer


def open_checkpoint(folder: Path) -> Checkpoint:
    """Look at a folder without reading its weights."""
    if folder.suffix in _PICKLES or (folder.is_dir() and _only_pickles(folder)):
        raise CheckpointError(
            f"{folder} holds a pickle, which can run code when loaded and is never loaded;"
            f" convert the weights to {WEIGHTS}"
        )
    if not folder.is_dir():
        raise CheckpointError(
            f"no folder {folder}; give the folder of a checkpoint ({CONFIG}, {WEIGHTS})"
        )
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise CheckpointError(
                f"no {name} in {folder}; `omnivlm init` writes a whole checkpoint"
            )
    config, origin = _read_config(folder / CONFIG)
    path = folder / TOKENIZER
    tokenizer = read_tokenizer(path) if path.exists() else None
    if tokenizer is not None and tokenizer.highest_id >= config.text.vocab_size:
        raise CheckpointError(
            f"{path} has ids up to {tokenizer.highest_id}, the model only"
            f" {config.text.vocab_size}; put the tokenizer of this model there"
        )
    return Checkpoint(folder, config, origin, tokenizer)


def read_weights(checkpoint: Checkpoint, dtype: torch.dtype, device: torch.device) -> OmniVLM:
    """The model with the checkpoint's weights; names, shapes and values are checked."""
    model = on_meta(checkpoint.config)
    path = checkpoint.weights
    tensors = {}
    try:
        with safe_open(path, framework="pt") as file:
            _check_names_and_shapes(
                path,
                {name: tuple(value.shape) for name, value in model.named_parameters()},
                {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()},  # noqa: SIM118
            )
            for name in file.keys():  # noqa: SIM118 - not a mapping
                tensors[name] = _checked(path, name, file.get_tensor(name)).to(device, dtype)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is truncated or not a safetensors file ({error})") from None
    return filled(model, tensors, device)


def filled(model: OmniVLM, tensors: Mapping[str, Tensor], device: torch.device) -> OmniVLM:
    """A model of the meta device with these weights in it, taken over as they are."""
    model.load_state_dict(tensors, strict=False, assign=True)
    model.language_model.tie_weights()
    model.restore_buffers(device)
    return model.requires_grad_(False)


def write_checkpoint(
    folder: Path,
    config: OmniVLMConfig,
    tensors: Mapping[str, Tensor],
    *,
    origin: str | None,
    tokenizer: Tokenizer | None,
) -> None:
    """Write a checkpoint into an empty or new folder; config.json comes last and makes it whole."""
    refuse_what_is_there(folder)
    dtypes = {str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()}
    described = {**config.to_json(), "dtype": min(dtypes), "origin": origin}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(dict(tensors), folder / WEIGHTS, _METADATA)
        if tokenizer is not None:
            (folder / TOKENIZER).write_text(tokenizer.tokenizer_json, "utf-8")
        (folder / CONFIG).write_text(json.dumps(described, indent=2) + "\n", "utf-8")
        # safetensors makes its file readable by its owner alone.
        shutil.copymode(folder / CONFIG, folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder} cannot be written: {error}") from None


def refuse_what_is_there(folder: Path) -> None:
    """Raise CheckpointError where writing a checkpoint would put it among other files."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CheckpointError(f"{folder} is there already and not empty; name another folder")
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be written: {error}") from None


def sha256_of_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Of the file that `write_checkpoint` would write."""
    return hashlib.sha256(save(dict(tensors), _METADATA)).hexdigest()


def _only_pickles(folder: Path) -> bool:
    names = [path.suffix for path in folder.iterdir()]
    return ".safetensors" not in names and any(suffix in _PICKLES for suffix in names)


def _read_config(path: Path) -> tuple[OmniVLMConfig, str | None]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is not readable JSON: {error}") from None
    origin = None
    if isinstance(value, dict):
        value.pop("dtype", None)
        origin = value.pop("origin", None)
    try:
        return OmniVLMConfig.from_json(value), origin if isinstance(origin, str) else None
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def _check_names_and_shapes(
    path: Path, wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> None:
    for word, names in (("lacks", wanted.keys() - found), ("has unknown", found.keys() - wanted)):
        if names:
            raise CheckpointError(f"{path} {word} {_listed(names)}; is it of another model?")
    wrong = [name for name in wanted if wanted[name] != found[name]]
    if wrong:
        name = wrong[0]
        raise CheckpointError(
            f"{path}: {name} has the shape {list(found[name])}, config.json asks for"
            f" {list(wanted[name])}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else "")
        )


def _listed(names: Iterable[str], most: int = 3) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return ", ".join(ordered[:most]) + more


def _checked(path: Path, name: str, tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        raise CheckpointError(f"{path}: {name} holds {tensor.dtype}, not floating-point numbers")
    # A sum is finite only where every number is; in pieces, since torch widens what it sums.
    flat = tensor.flatten()
    pieces = (flat[i : i + _PIECE] for i in range(0, len(flat), _PIECE))
    if not all(piece.sum(dtype=torch.float32).isfinite() for piece in pieces):
        raise CheckpointError(f"{path}: {name} holds NaN or infinity; the file is damaged")
    return tensor
