"""Several questions about the same pictures as one sequence, each as if it were asked alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

IGNORED = -100
"""The target of a position whose next token is not learned."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A sequence of T tokens: what all questions begin with, then the rest of each and its answer.

    ids, positions, targets: (T,) int64; a target is the token that follows where that is part of an
    answer, else `IGNORED`. segments: (T,) int64, 0 for the shared beginning, then 1, 2 ...
    """

    ids: Tensor
    positions: Tensor
    segments: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def allowed(self) -> Tensor:
        """(T, T) bool: each token sees the beginning and its own segment up to itself."""
        same = self.segments[:, None] == self.segments[None, :]
        return (same | (self.segments == 0)[None, :]).tril()


def merged(
    questions: Sequence[Sequence[int]],
    answers: Sequence[Sequence[int]],
    learned: Sequence[Sequence[int]] | None = None,
) -> Merged:
    """Put questions together, each followed by its answer.

    learned: each answer's tokens again, `IGNORED` where they are not learned; None for all.

    Positions go on from the shared beginning in every segment and nothing is seen from one segment
    to the next, so that logits are those of each question alone.
    """
    shared = _shared(questions)
    ids = list(questions[0][:shared])
    positions, segments = list(range(shared)), [0] * shared
    targets = [IGNORED] * shared
    asked = zip(questions, answers, learned or answers, strict=True)
    for number, (question, answer, wanted) in enumerate(asked, 1):
        rest = [*question[shared:], *answer]
        ids += rest
        positions += range(shared, shared + len(rest))
        segments += [number] * len(rest)
        silent = len(question) - shared - 1
        targets += [IGNORED] * silent + list(wanted) + [IGNORED]
    return Merged(*(torch.tensor(each) for each in (ids, positions, segments, targets)))


def _shared(questions: Sequence[Sequence[int]]) -> int:
    """How many tokens all begin with; every question keeps at least its last for itself."""
    most = min(len(question) for question in questions) - 1
    first = questions[0]
    for place in range(most):
        if any(question[place] != first[place] for question in questions):
            return place
    return most


@dataclass(frozen=True, slots=True)
class Batch:
    """Merged sequences padded at the right to T; a padding token sees itself alone.

    ids, positions, targets: (B, T); mask: (B, 1, T, T) bool, True where attention is allowed.
    """

    ids: Tensor
    positions: Tensor
    targets: Tensor
    mask: Tensor


def batched(sequences: Sequence[Merged]) -> Batch:
    """Put sequences side by side."""
    longest = max(len(each) for each in sequences)
    shape = (len(sequences), longest)
    ids, positions = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
    targets = torch.full(shape, IGNORED)
    mask = torch.eye(longest, dtype=torch.bool).repeat(len(sequences), 1, 1, 1)
    for row, each in enumerate(sequences):
        ids[row, : len(each)] = each.ids
        positions[row, : len(each)] = each.positions
        targets[row, : len(each)] = each.targets
        mask[row, 0, : len(each), : len(each)] = each.allowed()
    return Batch(ids, positions, targets, mask)
