"""One stage of a recipe from its start to the checkpoint folder that the next one starts from.

OUT/STAGE/ holds model/ (a whole checkpoint, once the stage is done), state.safetensors (where a
run stands), metrics.jsonl and curve.svg; OUT/features/ what the frozen tower has seen.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from omnivlm.checkpoint import sha256_of_tensors, write_checkpoint
from omnivlm.errors import TrainingError
from omnivlm.model import OmniVLM
from omnivlm.tokenizer import Tokenizer
from omnivlm.training.alignment_job import AlignmentJob
from omnivlm.training.answers_job import AnswersJob
from omnivlm.training.captions_alone import CaptionsAlone
from omnivlm.training.features import FeatureStore
from omnivlm.training.job import Job
from omnivlm.training.lessons import told
from omnivlm.training.loop import Loop, Watcher
from omnivlm.training.metrics import draw_curve
from omnivlm.training.optimiser import JOINT
from omnivlm.training.preference_job import PreferenceJob
from omnivlm.training.processes import Processes
from omnivlm.training.recipe import (
    Data,
    DrawnData,
    Recipe,
    Stage,
    StageName,
    fingerprint,
)
from omnivlm.training.samples import Conversations
from omnivlm.training.shown_pictures import shown_picture
from omnivlm.training.sources import asked, conversations, preferences
from omnivlm.training.starting import first_weights, stage_weights
from omnivlm.training.state import STATE
from omnivlm.training.template import Template
from omnivlm.training.tower_job import TowerJob, class_counts, drawn_dense_labels

MODEL = "model"
_MEASURED = 2000  # pictures whose features are whitened
TRAINED: Mapping[StageName, tuple[str, ...]] = {
    "tower": ("vision_model.",),
    "alignment": ("projector.",),
    "language": ("compressor.", "projector.", "language_model."),
    "pretrain": ("compressor.", "projector."),
    "sft": ("compressor.", "projector.", "language_model."),
    "dpo": ("compressor.", "projector.", "language_model."),
}
"""Stage -> the parts that it trains; all others are frozen (OmniVLM's paper, 3.3, but for the
first three, which stand for the pretrained parts that it begins with)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recipe's run lies. base: the folder that the recipe's relative paths start from.

    features: where the tower's features are kept, OUT/features where it is None.
    """

    out: Path
    base: Path
    features: Path | None = None

    @property
    def features_folder(self) -> Path:
        """Where the tower's features are kept."""
        return self.features or self.out / "features"

    def stage(self, name: StageName) -> Path:
        """A stage's folder."""
        return self.out / name

    def model(self, name: StageName) -> Path:
        """The checkpoint that a stage ends with."""
        return self.out / name / MODEL


@dataclass(frozen=True, slots=True)
class Done:
    """What a stage ended with. skipped: samples without a readable picture."""

    folder: Path
    skipped: int


def run_stage(
    recipe: Recipe,
    name: StageName,
    place: Place,
    processes: Processes,
    watcher: Watcher,
    *,
    resume: bool,
) -> Done:
    """Train one stage to its end. Raises TrainingError where it cannot begin or go on."""
    stage = recipe.stage(name)
    if stage is None:
        raise TrainingError(f"the recipe has no stage {name}; it has {', '.join(recipe.stages)}")
    folder = place.stage(name)
    if place.model(name).exists():
        if resume:
            return Done(folder, 0)
        raise TrainingError(f"{folder} is done already; name another --out, or --resume to go on")
    if (folder / STATE).exists() and not resume:
        raise TrainingError(f"{folder} holds a run that was begun; --resume goes on with it")
    folder.mkdir(parents=True, exist_ok=True)
    model, tokenizer = _start(recipe, name, place)
    model.to(processes.device)
    began = _digest(model)
    job = _job(recipe, name, stage, place, model, tokenizer)
    for each in job.parameters.values():
        each.requires_grad_(True)
    key = hashlib.sha256(f"{fingerprint(recipe, name)}/{began}".encode()).hexdigest()
    loop = Loop(job, stage, recipe.seed, key, folder, processes)
    loop.run(watcher)
    job.finish()
    if processes.rank == 0:
        draw_curve(folder, f"{recipe.config.name}, {name}")
        _write_model(place.model(name), model, tokenizer, f"trained, {name}")
    processes.wait()
    return Done(folder, loop.broken)


def _start(recipe: Recipe, name: StageName, place: Place) -> tuple[OmniVLM, Tokenizer]:
    """What the recipe's stage before this one has written, or the first weights."""
    before = recipe.stages[: recipe.stages.index(name)]
    if not before:
        return first_weights(recipe, place.base)
    folder = place.model(before[-1])
    if not folder.exists():
        raise TrainingError(f"no {folder}: `omnivlm train {before[-1]}` comes before {name}")
    return stage_weights(folder, recipe.config)


def _job(
    recipe: Recipe,
    name: StageName,
    stage: Stage,
    place: Place,
    model: OmniVLM,
    tokenizer: Tokenizer,
) -> Job:  # type: ignore[type-arg]  # each job has items of its own
    if name == "tower" and isinstance(stage.data, DrawnData):
        vision = model.config.vision
        labels = drawn_dense_labels(stage.data, vision.image_size // vision.patch_size)
        return TowerJob(model, labels, stage.data.samples, class_counts(), recipe.seed)
    prefixes = tuple(each for each in TRAINED[name] if stage.projector or each not in JOINT)
    trained = {k: each for k, each in model.named_parameters() if k.startswith(prefixes)}
    template = Template(model.config, tokenizer)
    store = FeatureStore(model, place.features_folder, recipe.features.most_bytes)
    if name == "alignment" and isinstance(stage.data, DrawnData):
        count, draw = stage.data.samples, partial(shown_picture, "train", stage.data.seed)
        return AlignmentJob(model, tokenizer, draw, count, store, min(count, _MEASURED))
    if name == "dpo":
        rows = preferences(stage.data, place.out)
        return PreferenceJob(model, template, rows, store, trained, stage.beta)
    read = _read(name, stage.data, place)
    return AnswersJob(model, template, read, store, trained, stage.tokens)


def _read(name: StageName, data: Data, place: Place) -> Conversations:
    if name == "pretrain":
        return CaptionsAlone(conversations(data, place.base))
    if name == "language" and isinstance(data, DrawnData):
        return told(data)
    return asked(data, place.base)


def _digest(model: OmniVLM) -> str:
    return sha256_of_tensors({name: each.cpu() for name, each in model.named_parameters()})


def _write_model(folder: Path, model: OmniVLM, tokenizer: Tokenizer, origin: str) -> None:
    """The whole checkpoint, or none: it is written beside and renamed."""
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    tensors = {
        name: each.detach().to("cpu", torch.float32) for name, each in model.named_parameters()
    }
    write_checkpoint(beside, model.config, tensors, origin=origin, tokenizer=tokenizer)
    beside.replace(folder)
