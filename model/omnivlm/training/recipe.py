"""A recipe: which model, from what, and how each stage trains it. Read from TOML.

No key is unknown and no value impossible once a recipe has been read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, structs

from omnivlm.config import OmniVLMConfig
from omnivlm.errors import OmniVLMError, TrainingError
from omnivlm.presets import PRESETS

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Least0 = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]

StageName = Literal["tower", "alignment", "language", "pretrain", "sft", "dpo"]
STAGES: tuple[StageName, ...] = ("tower", "alignment", "language", "pretrain", "sft", "dpo")
"""In the order in which a recipe runs them; the first three are stage 0."""

_ANSWERED = ("drawn", "llava")
_SOURCES: Mapping[StageName, tuple[str, ...]] = {
    "tower": ("drawn",), "alignment": ("drawn",), "language": ("drawn",),
    "pretrain": _ANSWERED, "sft": _ANSWERED, "dpo": ("drawn", "preferences"),
}  # fmt: skip


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a recipe is made of."""


class DrawnData(_Strict, frozen=True, tag="drawn", tag_field="source"):
    """Samples of the drawn world, of its training part.

    samples: how many different ones. mix: share of each kind of sample; None leaves it to the
    world.
    """

    samples: Count
    seed: int = 0
    mix: dict[str, Least0] | None = None


class LlavaData(_Strict, frozen=True, tag="llava", tag_field="source"):
    """A JSON file in LLaVA's form and the folder that its images lie in."""

    file: str
    images: str


class PreferenceData(_Strict, frozen=True, tag="preferences", tag_field="source"):
    """Preference rows, as `omnivlm pairs` writes them or in RLAIF-V's form.

    Relative paths start from the run's folder, those of other data from the recipe's.
    """

    file: str
    images: str | None = None


Data = DrawnData | LlavaData | PreferenceData


class Stage(_Strict, frozen=True):
    """How one stage trains.

    batch: samples to a step, over all processes. at_once: samples to one pass of a process; the
    gradients of several passes are added up. clip: the largest norm of the gradient, 0 for none.
    warm_up: the share of the steps in which the rate grows. last_rate: the share of it that is left
    at the end. tokens: a sample's questions are merged up to so many tokens. broken_share: so many
    of the pictures may be missing or broken. in_order: samples come as they are, not shuffled.
    projector: what share of learning_rate the compressor and the projector learn with; 0 freezes
    them. beta: of DPO alone.
    """

    data: Data
    steps: Count
    batch: Count
    learning_rate: Positive
    at_once: Count = 8
    weight_decay: Least0 = 0.0
    betas: tuple[Share, Share] = (0.9, 0.98)
    warm_up: Share = 0.03
    last_rate: Share = 0.0
    clip: Least0 = 1.0
    tokens: Count = 640
    checkpoint_steps: Count = 200
    broken_share: Share = 0.01
    in_order: bool = False
    projector: Least0 = 1.0
    beta: Positive = 0.1


class Start(_Strict, frozen=True):
    """Pretrained parts on disk: folders with SigLIP's and Qwen2's own weights; stage 0 is skipped.

    tower and language go together; the projector between them is drawn from the seed.
    """

    tower: str
    language: str


class Joint(_Strict, frozen=True):
    """Another compressor or projector than the model has; see `omnivlm.config.ProjectorConfig`."""

    compressor: Literal["reshape", "conv1d", "conv2d"] = "reshape"
    visual_tokens: Count | None = None
    hidden_size: Count | None = None


class Features(_Strict, frozen=True):
    """The tower's features are kept on disk up to so many bytes."""

    most_bytes: Annotated[int, Meta(ge=0)] = 8_000_000_000


class Recipe(_Strict, frozen=True):
    """A whole recipe. numbers: what is computed in; bfloat16 is autocast, weights stay float32."""

    model: str
    seed: int = 0
    numbers: Literal["float32", "bfloat16"] = "float32"
    start: Start | None = None
    projector: Joint | None = None
    features: Features = Features()
    tower: Stage | None = None
    alignment: Stage | None = None
    language: Stage | None = None
    pretrain: Stage | None = None
    sft: Stage | None = None
    dpo: Stage | None = None

    def stage(self, name: StageName) -> Stage | None:
        """One stage; None where the recipe has none of that name."""
        stage: Stage | None = getattr(self, name)
        return stage

    @property
    def config(self) -> OmniVLMConfig:
        """The shape of the model that is trained. Raises OmniVLMError for one that cannot be."""
        config = PRESETS[self.model]
        if not isinstance(config, OmniVLMConfig):
            raise TrainingError(
                f"{self.model} cannot be trained here; name an omnivlm or nanollava"
            )
        if self.projector is None:
            return config
        kept = {name: value for name, value in structs.asdict(self.projector).items() if value}
        joint = replace(config.projector, **kept)
        name = f"{config.name}-{joint.compressor}-{joint.visual_tokens}"
        return replace(config, name=name, projector=joint)

    @property
    def stages(self) -> list[StageName]:
        """The stages that the recipe has, in their order."""
        return [name for name in STAGES if self.stage(name) is not None]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises TrainingError naming the file, the key and what is allowed."""
    try:
        recipe = msgspec.toml.decode(path.read_bytes(), type=Recipe)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}") from None
    except msgspec.ValidationError as error:
        raise TrainingError(f"{path}: {_in_words(str(error))}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise TrainingError(f"{path} is not TOML: {error}") from None
    _check(path, recipe)
    return recipe


def fingerprint(recipe: Recipe, name: StageName) -> str:
    """What a stage's run depends on, checkpoints' spacing left out, as a SHA-256."""
    stage = recipe.stage(name)
    parts = (recipe.model, recipe.projector, recipe.seed, recipe.numbers, name, stage)
    value = list(msgspec.to_builtins(parts))
    value[-1].pop("checkpoint_steps", None)
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def _check(path: Path, recipe: Recipe) -> None:
    if recipe.model not in PRESETS:
        raise TrainingError(f"{path}: no model {recipe.model!r}; known: {', '.join(PRESETS)}")
    try:
        _ = recipe.config
    except OmniVLMError as error:
        raise TrainingError(f"{path}: {error}") from None
    if recipe.alignment and recipe.config.projector.compressor != "reshape":
        raise TrainingError(
            f"{path}: alignment fits the projector alone, and {recipe.config.projector.compressor}"
            " has weights of its own; leave the stage out, or name the compressor reshape"
        )
    if not recipe.stages:
        raise TrainingError(f"{path} has no stage; give one of {', '.join(STAGES)}")
    for name in recipe.stages:
        stage = recipe.stage(name)
        if stage is not None and _source(stage.data) not in _SOURCES[name]:
            raise TrainingError(
                f"{path}: {name}.data.source cannot be {_source(stage.data)!r}; the stage reads"
                f" {' or '.join(_SOURCES[name])}"
            )


def _source(data: Data) -> str:
    return str(type(data).__struct_config__.tag)


def _in_words(message: str) -> str:
    """Msgspec's message with the keys that a table may have, where it names an unknown one."""
    if "unknown field" not in message:
        return message
    _, _, where = message.partition("`$")
    last = where.rstrip("`").rpartition(".")[2]
    kinds: dict[str, type[msgspec.Struct]] = dict.fromkeys(STAGES, Stage)
    kinds |= {"": Recipe, "start": Start, "projector": Joint, "features": Features}
    kind = kinds.get(last)
    return f"{message}; known keys: {', '.join(kind.__struct_fields__)}" if kind else message
