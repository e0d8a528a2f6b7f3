"""Stage 0 for the tower: what is drawn in every patch, told by one linear layer a labelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from omnivlm.model import OmniVLM
from omnivlm.processing import inputs_of
from omnivlm.training.recipe import DrawnData
from omnivlm.training.samples import Labelled

Labels = Callable[[int], Labelled]


@dataclass(frozen=True, slots=True)
class LabelledItem:
    """pixels: (3, S, S); classes: labelling -> (patches,) int64."""

    pixels: Tensor
    classes: dict[str, Tensor]


def drawn_dense_labels(data: DrawnData, grid: int) -> Labels:
    """Scenes with their objects, pictures of the forms with their writing, and places in both."""
    from omnivlm.training.drawn_labels import drawn_labels
    from omnivlm.training.picture_labels import picture_labels
    from omnivlm.training.place_labels import place_labels

    places = place_labels(grid)

    def labelled(index: int) -> Labelled:
        of_scene = index % 2 == 0
        draw = drawn_labels if of_scene else picture_labels
        seen = draw("train", data.seed, index // 2, grid)
        return replace(seen, classes={**seen.classes, **places})

    return labelled


def class_counts() -> Mapping[str, int]:
    """Labelling -> how many classes it has."""
    from omnivlm.training import drawn_labels, picture_labels, place_labels

    return {**drawn_labels.CLASSES, **picture_labels.CLASSES, **place_labels.CLASSES}


class TowerJob:
    """The tower with a linear head for each labelling; the heads are thrown away afterwards.

    The loss of a picture is the sum over its labellings; within one, the patches that show
    something and those that show nothing (class 0) count half each.
    """

    def __init__(
        self, model: OmniVLM, labels: Labels, samples: int, classes: Mapping[str, int], seed: int
    ) -> None:
        self._model, self._labels, self._samples = model, labels, samples
        generator = torch.Generator().manual_seed(seed)
        width = model.config.vision.hidden_size
        self._heads = nn.ModuleDict()
        for name, count in sorted(classes.items()):
            head = nn.Linear(width, count)
            nn.init.normal_(head.weight, std=0.02, generator=generator)
            nn.init.zeros_(head.bias)
            self._heads[name] = head.to(next(model.parameters()).device)
        used = {
            f"vision_model.{name}": each
            for name, each in model.vision_model.named_parameters()
            if not name.startswith("head.")  # the pooling head is never run
        }
        heads = {f"heads.{name}": each for name, each in self._heads.named_parameters()}
        self.parameters: Mapping[str, nn.Parameter] = {**used, **heads}

    def __len__(self) -> int:
        return self._samples

    def name(self, index: int) -> str:
        """Its number: the picture is drawn from it."""
        return f"labelled picture {index}"

    def prepare(self) -> None:
        """Nothing is needed."""

    def finish(self) -> None:
        """Nothing is needed."""

    def load(self, index: int) -> LabelledItem:
        """Draw and label one picture."""
        labelled = self._labels(index)
        pixels = inputs_of(labelled.picture, self._model.config.vision).pixels[0]
        classes = {
            name: torch.from_numpy(each).flatten() for name, each in labelled.classes.items()
        }
        return LabelledItem(pixels, classes)

    def weight(self, items: Sequence[LabelledItem]) -> int:
        """Pictures."""
        return len(items)

    def loss(self, items: Sequence[LabelledItem]) -> Tensor:
        """The sum over pictures of the labellings' mean cross-entropies."""
        device = next(self._model.parameters()).device
        features = self._model.see(torch.stack([item.pixels for item in items]).to(device))
        losses = [
            _halved(self._heads[name](each).float(), classes.to(device))
            for each, item in zip(features, items, strict=True)
            for name, classes in item.classes.items()
        ]
        return torch.stack(losses).sum()


def _halved(logits: Tensor, classes: Tensor) -> Tensor:
    """logits: (N, C), classes: (N,) -> mean over class 0 plus mean over the others, halved."""
    losses = nn.functional.cross_entropy(logits, classes, reduction="none")
    shown = (classes > 0).float()
    counts = torch.stack([shown.sum(), (1 - shown).sum()]).clamp(min=1)
    sums = torch.stack([(losses * shown).sum(), (losses * (1 - shown)).sum()])
    return (sums / counts).sum() / 2
