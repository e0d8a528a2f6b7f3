"""Language, pretrain and SFT: answers after questions about pictures, the tower frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnivlm.model import OmniVLM
from omnivlm.seen import Features
from omnivlm.training.features import FeatureStore
from omnivlm.training.merged import IGNORED, Merged, batched
from omnivlm.training.samples import Conversations
from omnivlm.training.template import Template


@dataclass(frozen=True, slots=True)
class AnswersItem:
    """A merged sequence and the features of its pictures, each (patches, D) float16."""

    sequence: Merged
    features: tuple[Tensor, ...]


class AnswersJob:
    """The loss is the answers' tokens' alone. parameters: what the stage trains."""

    def __init__(
        self,
        model: OmniVLM,
        template: Template,
        conversations: Conversations,
        store: FeatureStore,
        parameters: Mapping[str, nn.Parameter],
        most_tokens: int,
    ) -> None:
        self.parameters = parameters
        self._model, self._template, self._store = model, template, store
        self._conversations, self._most_tokens = conversations, most_tokens

    def __len__(self) -> int:
        return len(self._conversations)

    def name(self, index: int) -> str:
        """The conversation's id."""
        return self._conversations[index].id

    def prepare(self) -> None:
        """Nothing is needed."""

    def finish(self) -> None:
        """Nothing is needed."""

    def load(self, index: int) -> AnswersItem:
        """One conversation. Raises PictureError where a picture is missing or broken."""
        conversation = self._conversations[index]
        pairs = zip(conversation.pictures, conversation.image_keys, strict=True)
        features = tuple(self._store.features(picture, key) for picture, key in pairs)
        sequence = self._template.merged(conversation.turns, len(features), self._most_tokens)
        return AnswersItem(sequence, features)

    def weight(self, items: Sequence[AnswersItem]) -> int:
        """The answers' tokens."""
        return sum(int((item.sequence.targets != IGNORED).sum()) for item in items)

    def loss(self, items: Sequence[AnswersItem]) -> Tensor:
        """The sum of the answers' tokens' cross-entropies."""
        logits, targets = answer_logits(
            self._model, self._template.image_pad, [(i.sequence, i.features) for i in items]
        )
        return nn.functional.cross_entropy(logits.float(), targets, reduction="sum")


def answer_logits(
    model: OmniVLM, image_pad: int, pairs: Sequence[tuple[Merged, Sequence[Tensor]]]
) -> tuple[Tensor, Tensor]:
    """-> logits (N, V) where an answer's token comes next, row by row, and those tokens (N,)."""
    device = model.language_model.lm_head.weight.device
    sequences = [sequence for sequence, _ in pairs]
    batch = batched(sequences)
    embeddings = _embedded(model, image_pad, pairs, batch.ids.to(device))
    hidden = model.language_model.model(
        inputs_embeds=embeddings,
        attention_mask=_added(batch.mask.to(device), embeddings.dtype),
        position_ids=batch.positions.to(device),
        use_cache=False,
    ).last_hidden_state
    learned = batch.targets != IGNORED
    logits: Tensor = model.language_model.lm_head(hidden[learned.to(device)])
    return logits, batch.targets[learned].to(device)


def _embedded(
    model: OmniVLM,
    image_pad: int,
    pairs: Sequence[tuple[Merged, Sequence[Tensor]]],
    ids: Tensor,
) -> Tensor:
    """(B, T) -> (B, T, W), the visual tokens in the places of the pads."""
    embeddings: Tensor = model.language_model.model.embed_tokens(ids)
    features = [each for _, pictures in pairs for each in pictures]
    if not features:
        return embeddings
    stacked = torch.stack([each.to(ids.device, torch.float32) for each in features])
    tokens = torch.cat([seen.tokens for seen in model.seen(Features(stacked))])
    where = (ids == image_pad).flatten().nonzero().squeeze(1)
    flat = embeddings.flatten(0, 1).index_copy(0, where, tokens.to(embeddings.dtype))
    return flat.view_as(embeddings)


def _added(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    """True and False as what is added to attention's scores, which Qwen2 takes as it is."""
    zeros = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
    return zeros.masked_fill(~allowed, torch.finfo(dtype).min)
