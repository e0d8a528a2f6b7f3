"""DPO: the better of two answers gains on the worse one, held to the model it started from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnivlm.errors import PictureError
from omnivlm.model import OmniVLM
from omnivlm.training.answers_job import answer_logits
from omnivlm.training.features import FeatureStore
from omnivlm.training.merged import IGNORED, Merged
from omnivlm.training.preference import dpo_loss
from omnivlm.training.samples import Preferences, Turn
from omnivlm.training.template import Template

_UNBOUNDED = 2**31  # both answers of a pair are always read whole


@dataclass(frozen=True, slots=True)
class PreferenceItem:
    """The prompt with both answers as one sequence, the chosen one first.

    features: (patches, D) float16. reference: (2,), both answers' log-probabilities at the start.
    """

    sequence: Merged
    features: Tensor
    reference: Tensor


class PreferenceJob:
    """The loss is DPO's, over pairs. The reference is asked of the model before it is trained."""

    def __init__(
        self,
        model: OmniVLM,
        template: Template,
        preferences: Preferences,
        store: FeatureStore,
        parameters: Mapping[str, nn.Parameter],
        beta: float,
    ) -> None:
        self.parameters = parameters
        self._model, self._template, self._store = model, template, store
        self._preferences, self._beta = preferences, beta
        self._reference: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self._preferences)

    def name(self, index: int) -> str:
        """The preference's id."""
        return self._preferences[index].id

    def prepare(self) -> None:
        """Ask the untrained model how likely it holds every answer. Broken pictures wait."""
        for index in range(len(self)):
            try:
                sequence, features = self._read(index)
            except PictureError:
                continue  # the loop counts it when its turn comes
            with torch.no_grad():
                pairs = [(sequence, (features,))]
                self._reference[index] = answers_logps(self._model, self._template, pairs)[0]

    def finish(self) -> None:
        """Nothing is needed."""

    def load(self, index: int) -> PreferenceItem:
        """One pair."""
        sequence, features = self._read(index)
        return PreferenceItem(sequence, features, self._reference[index])

    def weight(self, items: Sequence[PreferenceItem]) -> int:
        """Pairs."""
        return len(items)

    def loss(self, items: Sequence[PreferenceItem]) -> Tensor:
        """The sum over pairs."""
        pairs = [(item.sequence, (item.features,)) for item in items]
        chosen, rejected = answers_logps(self._model, self._template, pairs).unbind(1)
        reference = torch.stack([item.reference for item in items])
        mean = dpo_loss(chosen, rejected, reference[:, 0], reference[:, 1], self._beta)
        return mean * len(items)

    def _read(self, index: int) -> tuple[Merged, Tensor]:
        pair = self._preferences[index]
        features = self._store.features(pair.picture, pair.image_key)
        turns = (Turn(pair.prompt, pair.chosen), Turn(pair.prompt, pair.rejected))
        return self._template.merged(turns, 1, _UNBOUNDED), features


def answers_logps(
    model: OmniVLM, template: Template, pairs: Sequence[tuple[Merged, Sequence[Tensor]]]
) -> Tensor:
    """-> (B, 2): the log-probability of each row's first and second answer, all tokens summed."""
    logits, targets = answer_logits(model, template.image_pad, pairs)
    likely = logits.float().log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    places = [
        2 * row + sequence.segments[sequence.targets != IGNORED] - 1
        for row, (sequence, _) in enumerate(pairs)
    ]
    sums = likely.new_zeros(2 * len(pairs)).index_add(
        0, torch.cat(places).to(likely.device), likely
    )
    return sums.view(-1, 2)
