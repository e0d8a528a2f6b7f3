"""OmniVLM's ablation: the same recipe with other compressors, on one tower and language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch
from msgspec import structs

from omnivlm.errors import TrainingError
from omnivlm.model import parameter_count
from omnivlm.training.answers_job import AnswersJob
from omnivlm.training.drawn import DrawnConversations
from omnivlm.training.features import FeatureStore
from omnivlm.training.loop import Watcher
from omnivlm.training.processes import Processes
from omnivlm.training.recipe import Joint, Recipe, Stage, Start
from omnivlm.training.stages import Place, run_stage
from omnivlm.training.starting import stage_weights
from omnivlm.training.template import Template

VARIANTS = (
    Joint("reshape", 729), Joint("reshape", 243), Joint("reshape", 81), Joint("reshape", 9),
    Joint("conv1d", 81), Joint("conv2d", 81),
)  # fmt: skip
"""The token counts and kinds of the paper's figure 2 and section 3.2."""

_VAL_SEED = 5
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one variant came to. loss: nats a token of answers in the validation part."""

    name: str
    visual_tokens: int
    projector_parameters: int
    loss: float
    seconds_a_step: float


Watched = Callable[[str], AbstractContextManager[Watcher]]


def ablate(
    recipe: Recipe,
    place: Place,
    processes: Processes,
    watched: Watched,
    *,
    steps: int | None,
    val_samples: int,
) -> Iterator[Outcome]:
    """Train every variant from the run's stage 0 by the recipe's pretrain and sft; -> as they end.

    The tower's features are shared. steps: of each stage, instead of the recipe's. A variant that
    is done is not trained again. Raises TrainingError where stage 0 is not done.
    """
    parts = Start(str(place.model("tower").resolve()), str(place.model("language").resolve()))
    absent = next((each for each in (parts.tower, parts.language) if not Path(each).exists()), None)
    if absent is not None:
        raise TrainingError(
            f"no {absent}: stage 0 comes first, `omnivlm train tower` to `language`"
        )
    for joint in VARIANTS:
        variant = _variant(recipe, parts, joint, steps)
        own = Place(place.out / "ablation" / variant.config.name, place.base, place.features_folder)
        for name in variant.stages:
            with watched(f"{variant.config.name} {name}") as watch:
                run_stage(variant, name, own, processes, watch, resume=True)
        yield _outcome(variant, own, val_samples)


def _variant(recipe: Recipe, parts: Start, joint: Joint, steps: int | None) -> Recipe:
    def shortened(stage: Stage | None) -> Stage | None:
        if stage is None:
            return None
        # The joint is drawn from the seed: nothing in it wants to be kept.
        return structs.replace(stage, steps=stage.steps if steps is None else steps, projector=1.0)

    return structs.replace(
        recipe, start=parts, projector=joint,
        tower=None, alignment=None, language=None, dpo=None,
        pretrain=shortened(recipe.pretrain), sft=shortened(recipe.sft),
    )  # fmt: skip


def _outcome(variant: Recipe, place: Place, val_samples: int) -> Outcome:
    from omnivlm.training.metrics import read_metrics

    last = variant.stages[-1]
    model, tokenizer = stage_weights(place.model(last), variant.config)
    store = FeatureStore(model, place.features_folder, variant.features.most_bytes)
    val = DrawnConversations("val", _VAL_SEED, val_samples)
    job = AnswersJob(model, Template(model.config, tokenizer), val, store, {}, 1 << 30)
    joint = parameter_count(model.projector) + parameter_count(model.compressor)
    seconds = [metric.seconds for metric in read_metrics(place.stage(last))]
    return Outcome(
        variant.config.name, variant.config.visual_tokens, joint,
        _loss(job, range(val_samples)), sorted(seconds)[len(seconds) // 2],
    )  # fmt: skip


@torch.no_grad()
def _loss(job: AnswersJob, indices: Sequence[int]) -> float:
    total, weight = 0.0, 0
    for start in range(0, len(indices), _AT_ONCE):
        items = [job.load(index) for index in indices[start : start + _AT_ONCE]]
        total += float(job.loss(items))
        weight += job.weight(items)
    return total / weight
