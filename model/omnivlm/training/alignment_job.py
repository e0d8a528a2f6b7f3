"""The projector learns to say in each visual token the words that it shows, before any sentence.

A tower's features are badly conditioned: the directions that tell one word from another have a
ten-thousandth of the variance of the largest. Trained through captions, a projector finds them only
after thousands of pictures; whitened, within a minute. Whitening is part of the first layer
afterwards, and nothing of it is left in the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnivlm.data.canvas import Picture
from omnivlm.model import OmniVLM
from omnivlm.tokenizer import Tokenizer
from omnivlm.training.drawn import image_key
from omnivlm.training.features import FeatureStore
from omnivlm.training.seen_words import place_words, seen_words

_PLACE = 0.5  # how loudly a token says where it lies; louder drowns what it shows
_EMPTY = 1 / 3  # how much a token without a word counts beside those with words
_STEADY = 1e-3  # added to the features' variances before they are divided by


@dataclass(frozen=True, slots=True)
class AlignedItem:
    """tokens: (T, D), the compressor's output; wanted: (T, W); shows: (T,) bool."""

    tokens: Tensor
    wanted: Tensor
    shows: Tensor


class AlignmentJob:
    """Squared errors between visual tokens and the sums of their words' embeddings.

    Only for a compressor without weights of its own. `finish` puts what was learned into the model.
    """

    def __init__(
        self,
        model: OmniVLM,
        tokenizer: Tokenizer,
        pictures: Callable[[int], Picture],
        count: int,
        store: FeatureStore,
        measured: int,
    ) -> None:
        self._model, self._tokenizer, self._pictures = model, tokenizer, pictures
        self._count, self._store, self._measured = count, store, measured
        self._ids: dict[int, list[list[int]]] = {}
        self._padded = model.config.vision.resize == "pad"
        side = model.config.vision.image_size // model.config.vision.patch_size
        self._columns = max(1, model.config.visual_tokens // side)
        self._rows = model.config.visual_tokens // self._columns
        first, second = model.projector.linear_1, model.projector.linear_2
        self._first = nn.Parameter(first.weight.detach().clone())
        self.parameters: Mapping[str, nn.Parameter] = {
            "whitened.weight": self._first,
            "whitened.bias": first.bias,
            **{f"projector.linear_2.{name}": each for name, each in second.named_parameters()},
        }
        embeddings: Tensor = model.language_model.model.embed_tokens.weight
        self._embeddings = embeddings.detach().cpu()
        places = [
            self._tokens_of(place_words(token, self._rows, self._columns))
            for token in range(self._rows * self._columns)
        ]
        self._places = torch.stack([self._embeddings[ids].sum(0) for ids in places])
        self._mean, self._whitening = torch.zeros(0), torch.zeros(0)

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """Its number: the picture is drawn from it."""
        return f"shown picture {index}"

    def prepare(self) -> None:
        """Measure the features' mean and covariance over the first pictures."""
        pictures = (self._pictures(index) for index in range(self._measured))
        rows = torch.cat([self._compressed(each) for each in pictures]).double()
        self._mean = rows.mean(0)
        centred = rows - self._mean
        variances, directions = torch.linalg.eigh(centred.T @ centred / len(rows))
        scales = (variances.clamp(min=0) + _STEADY).rsqrt()
        self._whitening = ((directions * scales) @ directions.T).float().to(self._first.device)
        self._mean = self._mean.float().to(self._first.device)

    def load(self, index: int) -> AlignedItem:
        """One picture."""
        described = self._pictures(index)
        if index not in self._ids:
            picture, grid = described.draw(), (self._rows, self._columns)
            words = seen_words(described, picture, *grid, padded=self._padded)
            self._ids[index] = [self._tokens_of(shown) for shown in words]
        shown = self._ids[index]
        wanted = torch.stack([self._embeddings[ids].sum(0) for ids in shown])
        shows = torch.tensor([bool(ids) for ids in shown])
        return AlignedItem(self._compressed(described), wanted + _PLACE * self._places, shows)

    def weight(self, items: Sequence[AlignedItem]) -> int:
        """Visual tokens."""
        return sum(len(item.tokens) for item in items)

    def loss(self, items: Sequence[AlignedItem]) -> Tensor:
        """The sum over tokens of squared errors, those without words counting less."""
        device = self._first.device
        white = (
            torch.cat([item.tokens for item in items]).to(device) - self._mean
        ) @ self._whitening
        hidden = nn.functional.linear(white, self._first, self._model.projector.linear_1.bias)
        said: Tensor = self._model.projector.linear_2(nn.functional.gelu(hidden))
        wanted = torch.cat([item.wanted for item in items]).to(device)
        errors: Tensor = ((said - wanted) ** 2).sum(1)
        shows = torch.cat([item.shows for item in items]).to(device)
        return (errors * torch.where(shows, 1.0, _EMPTY)).sum()

    @torch.no_grad()
    def finish(self) -> None:
        """Fold the whitening into the projector's first layer."""
        first = self._model.projector.linear_1
        first.weight.copy_(self._first @ self._whitening)
        first.bias.sub_(first.weight @ self._mean)

    def _compressed(self, described: Picture) -> Tensor:
        features = self._store.features(described.draw, image_key(described)).float()[None]
        compressed: Tensor = self._model.compressor(features)[0]
        return compressed

    def _tokens_of(self, words: Sequence[str]) -> list[int]:
        tokens = [token for word in words for token in self._tokenizer.encode([f" {word}"])]
        return [token for token in tokens if self._tokenizer.decode([token]).strip()]
