"""A run's checkpoint: one safetensors file, so that nothing in it can run code when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from omnivlm.errors import TrainingError
from omnivlm.training import durable

STATE = "state.safetensors"
_PROGRESS = "progress"
_MOMENTS = ("exp_avg", "exp_avg_sq")


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a run stands. step: how many are done; broken: ids of samples that were skipped."""

    step: int
    fingerprint: str
    broken: tuple[str, ...] = ()


def write_state(
    path: Path,
    parameters: Mapping[str, nn.Parameter],
    optimiser: torch.optim.Optimizer,
    progress: Progress,
) -> None:
    """Keep weights, the optimiser's moments, the random state and the progress, all or nothing."""
    tensors: dict[str, Tensor] = {"random": torch.get_rng_state()}
    for name, parameter in parameters.items():
        tensors[f"weight/{name}"] = parameter.detach()
        for moment in _MOMENTS if parameter in optimiser.state else ():
            tensors[f"{moment}/{name}"] = optimiser.state[parameter][moment]
    # One entry: several would be written in another order every time.
    described = {_PROGRESS: msgspec.json.encode(progress).decode()}
    content = save({name: each.contiguous() for name, each in tensors.items()}, described)
    durable.replace(path, lambda beside: _write(beside, content))


def read_progress(path: Path) -> Progress:
    """Where the run stands that a checkpoint is of."""
    try:
        with safe_open(path, framework="pt") as file:
            found = (file.metadata() or {})[_PROGRESS]
        return msgspec.json.decode(found, type=Progress)
    except (SafetensorError, OSError, KeyError, msgspec.MsgspecError) as error:
        raise TrainingError(f"{path} is damaged ({error}); remove it to begin anew") from None


def restore_state(
    path: Path, parameters: Mapping[str, nn.Parameter], optimiser: torch.optim.Optimizer
) -> Progress:
    """Put everything back as `write_state` found it."""
    progress = read_progress(path)
    with safe_open(path, framework="pt") as file, torch.no_grad():
        names = set(file.keys())
        torch.set_rng_state(file.get_tensor("random"))
        for name, parameter in parameters.items():
            parameter.copy_(file.get_tensor(f"weight/{name}"))
            if f"{_MOMENTS[0]}/{name}" in names:
                moments = {each: file.get_tensor(f"{each}/{name}") for each in _MOMENTS}
                moments = {each: value.to(parameter.device) for each, value in moments.items()}
                optimiser.state[parameter] = {
                    "step": torch.tensor(float(progress.step)), **moments
                }  # fmt: skip
    return progress


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
