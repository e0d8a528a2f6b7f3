"""A model on disk: config.json, its tensors and, where it reads text, tokenizer.json.

Tensors are safetensors or a GGUF pair, and never a pickle, which can run code when it is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from omnivlm.config import ModelConfig
from omnivlm.config_file import to_json
from omnivlm.errors import CheckpointError
from omnivlm.foreign import named, read_config
from omnivlm.gguf_pair import open_pair
from omnivlm.model import VisionLanguageModel, on_meta
from omnivlm.names import EMBEDDING, OUTPUT
from omnivlm.prompts import needed_tokens
from omnivlm.tensors import (
    INDEX,
    WEIGHTS,
    SafetensorFiles,
    Shape,
    Weights,
    make_readable,
    sha256_of_tensors,
    write_tensors,
)
from omnivlm.tokenizer import Tokenizer, read_tokenizer

CONFIG, TOKENIZER = "config.json", "tokenizer.json"

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")

__all__ = [
    "CONFIG",
    "TOKENIZER",
    "WEIGHTS",
    "Checkpoint",
    "filled",
    "open_checkpoint",
    "read_weights",
    "refuse_what_is_there",
    "sha256_of_tensors",
    "write_checkpoint",
]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint folder whose small files are read and whose weights are not yet.

    origin: where the weights come from, in words ("untrained, seed 0"), where the writer said so.
    """

    folder: Path
    config: ModelConfig
    origin: str | None
    tokenizer: Tokenizer | None
    weights: Weights

    def sha256(self) -> str:
        """Of the file of tensors, or of the list of several files' digests."""
        return self.weights.sha256()

    def required_tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises CheckpointError where there is none."""
        if self.tokenizer is None:
            raise CheckpointError(
                f"no {TOKENIZER} in {self.folder}; put {tokenizer_of(self.config)}'s {TOKENIZER}"
                " there"
            )
        return self.tokenizer


def tokenizer_of(config: ModelConfig) -> str:
    """Whose tokenizer a model reads text with."""
    families = {"nanollava": "Qwen1.5-0.5B", "aurora": "Qwen2.5-1.5B-Instruct"}
    return families.get(config.model_type, "Qwen2.5-0.5B-Instruct")


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
    path, tokenizer = folder / TOKENIZER, None
    pair = open_pair(folder)
    origin: str | None
    if pair is not None:
        weights: Weights = pair
        config, origin = named(pair.config), pair.origin
        tokenizer = None if path.exists() else pair.tokenizer()
    else:
        _refuse_what_is_absent(folder)
        weights = SafetensorFiles(folder)
        config, origin = read_config(folder / CONFIG)
    if path.exists():
        tokenizer = read_tokenizer(path, needed_tokens(config.model_type))
    if tokenizer is not None and tokenizer.highest_id >= config.text.vocab_size:
        raise CheckpointError(
            f"{path} has ids up to {tokenizer.highest_id}, the model only"
            f" {config.text.vocab_size}; put the tokenizer of this model there"
        )
    return Checkpoint(folder, config, origin, tokenizer, weights)


def read_weights(
    checkpoint: Checkpoint, dtype: torch.dtype, device: torch.device
) -> VisionLanguageModel:
    """The model with the checkpoint's weights; names, shapes and values are checked."""
    model, weights = on_meta(checkpoint.config), checkpoint.weights
    wanted = {name: tuple(value.shape) for name, value in model.named_parameters()}
    found = dict(weights.shapes())
    _drop_tied_output(weights, wanted, found)
    _check_names_and_shapes(weights.where, wanted, found)
    tensors = {}
    for name in wanted:
        tensor = _checked(weights.where, name, weights.tensor(name))
        tensors[name] = tensor.to(device, dtype)
    return filled(model, tensors, device)


def filled(
    model: VisionLanguageModel, tensors: Mapping[str, Tensor], device: torch.device
) -> VisionLanguageModel:
    """A model of the meta device with these weights in it, taken over as they are."""
    model.load_state_dict(tensors, strict=False, assign=True)
    if model.config.text.tie_word_embeddings:
        model.language_model.tie_weights()
    model.restore_buffers(device)
    return model.requires_grad_(False)


def write_checkpoint(
    folder: Path,
    config: ModelConfig,
    tensors: Mapping[str, Tensor],
    *,
    origin: str | None,
    tokenizer: Tokenizer | None,
    shard_bytes: int | None = None,
) -> None:
    """Write a checkpoint into an empty or new folder; config.json comes last and makes it whole.

    One file of tensors, or several of at most `shard_bytes` with an index.
    """
    refuse_what_is_there(folder)
    dtypes = {str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()}
    described = {**to_json(config), "dtype": min(dtypes), "origin": origin}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = write_tensors(folder, tensors, shard_bytes)
        if tokenizer is not None:
            (folder / TOKENIZER).write_text(tokenizer.tokenizer_json, "utf-8")
        (folder / CONFIG).write_text(json.dumps(described, indent=2) + "\n", "utf-8")
        make_readable(written, like=folder / CONFIG)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder} cannot be written: {error}") from None


def refuse_what_is_there(folder: Path) -> None:
    """Raise CheckpointError where writing a checkpoint would put it among other files."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CheckpointError(f"{folder} is there already and not empty; name another folder")
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be written: {error}") from None


def _only_pickles(folder: Path) -> bool:
    names = [path.suffix for path in folder.iterdir()]
    safe = ".safetensors" in names or ".gguf" in names
    return not safe and any(suffix in _PICKLES for suffix in names)


def _refuse_what_is_absent(folder: Path) -> None:
    absent = [CONFIG] if not (folder / CONFIG).is_file() else []
    if not any((folder / name).is_file() for name in (WEIGHTS, INDEX)):
        absent.append(WEIGHTS)
    if absent:
        raise CheckpointError(
            f"no {absent[0]} in {folder}; `omnivlm init` writes a whole checkpoint"
        )


def _drop_tied_output(
    weights: Weights, wanted: Mapping[str, Shape], found: dict[str, Shape]
) -> None:
    """Forget an output layer that repeats the embedding it is tied to."""
    if OUTPUT not in found or OUTPUT in wanted:
        return
    same_shape = found[OUTPUT] == found.get(EMBEDDING)
    if not same_shape or not torch.equal(weights.tensor(OUTPUT), weights.tensor(EMBEDDING)):
        raise CheckpointError(
            f"{weights.where}: {OUTPUT} differs from the embedding, to which config.json ties it"
        )
    del found[OUTPUT]


def _check_names_and_shapes(
    path: Path, wanted: Mapping[str, Shape], found: Mapping[str, Shape]
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
    # NaN comes through a minimum. A sum would make a widened copy of what it sums.
    if tensor.numel() and not all(bound.isfinite() for bound in torch.aminmax(tensor)):
        raise CheckpointError(f"{path}: {name} holds NaN or infinity; the file is damaged")
    return tensor
