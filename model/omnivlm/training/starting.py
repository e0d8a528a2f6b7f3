"""The weights that a run starts from: drawn, pretrained parts, or an earlier stage's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from omnivlm.checkpoint import filled, open_checkpoint, read_weights
from omnivlm.config import ModelConfig
from omnivlm.errors import TrainingError
from omnivlm.initialise import untrained
from omnivlm.model import OmniVLM, on_meta
from omnivlm.names import OUTPUT
from omnivlm.presets import TINY
from omnivlm.tensors import SafetensorFiles
from omnivlm.tokenizer import Tokenizer, read_tokenizer, tiny_tokenizer
from omnivlm.training.recipe import Recipe

_PARTS = {"tower": "vision_model.", "language": "language_model."}


def first_weights(recipe: Recipe, base: Path) -> tuple[OmniVLM, Tokenizer]:
    """The model before the recipe's first stage: from its seed, but for pretrained parts."""
    config = recipe.config
    tensors = untrained(config, recipe.seed, torch.float32)
    if recipe.start is None:
        if recipe.model not in TINY:
            raise TrainingError(
                f"{recipe.model} has no tokenizer of its own: name the folders of its parts under"
                " [start] (tower, language)"
            )
        tokenizer = tiny_tokenizer(config.text.vocab_size)
        tensors.update(_looking_for_the_same(tensors))
    else:
        folders = {name: base / getattr(recipe.start, name) for name in _PARTS}
        for name, prefix in _PARTS.items():
            tensors.update(_part(folders[name], prefix, tensors))
        tokenizer = read_tokenizer(folders["language"] / "tokenizer.json")
    return _model(filled(on_meta(config), tensors, torch.device("cpu"))), tokenizer


def stage_weights(folder: Path, wanted: ModelConfig) -> tuple[OmniVLM, Tokenizer]:
    """The model that an earlier stage has written; of another shape, it is refused.

    wanted: the recipe's model. What a stage of another model has in common with it, a tower of the
    same shape and the like, is not looked for.
    """
    checkpoint = open_checkpoint(folder)
    if checkpoint.config != wanted:
        raise TrainingError(
            f"{folder} holds {checkpoint.config.name} of another shape than the recipe's"
            f" {wanted.name}; name another --out"
        )
    model = read_weights(checkpoint, torch.float32, torch.device("cpu"))
    return _model(model), checkpoint.required_tokenizer()


def _looking_for_the_same(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keys that begin as the queries do, so that a token attends to others of its kind.

    A small language model finds a word again sooner so (Trockman and Kolter, "Mimetic
    initialization of self-attention layers", 2023). Keys of another shape stay as they are.
    """
    keys = {}
    for name, query in tensors.items():
        key = name.replace("q_proj.weight", "k_proj.weight")
        language = name.startswith(_PARTS["language"]) and key != name
        if language and tensors[key].shape == query.shape:
            keys[key] = query.clone()
    return keys


def _part(folder: Path, prefix: str, wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """A pretrained tower's or language model's tensors under our names, all that we need."""
    if not folder.is_dir():
        raise TrainingError(f"no folder {folder}; [start] names those of SigLIP and of Qwen2")
    files = SafetensorFiles(folder)
    shapes = files.shapes()
    found: dict[str, Tensor] = {}
    for name in (each for each in wanted if each.startswith(prefix) and each != OUTPUT):
        if shapes.get(name) != tuple(wanted[name].shape):
            raise TrainingError(
                f"{files.where}: {name} is {list(shapes.get(name, ()))}, the recipe's model has"
                f" {list(wanted[name].shape)}; is it of another model?"
            )
        # A copy: the file's own memory is mapped and must not be written to.
        found[name] = files.tensor(name).to(torch.float32, copy=True)
    return found


def _model(model: object) -> OmniVLM:
    if not isinstance(model, OmniVLM):
        raise TrainingError("only OmniVLM and nanoLLaVA can be trained here")
    return model
