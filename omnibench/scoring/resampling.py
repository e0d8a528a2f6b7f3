"""Draws clusters with replacement and gives each draw's sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from omnibench.core import Floats

_CHUNK_CELLS = 1_000_000
"""Cells of the resampling-count matrix held at once: about 25 MB with its working copies."""


def resampled_sums(clusters: Floats, *, draws: int, seed: int) -> Floats:
    """clusters: (C, k) what each cluster adds to the sums -> (draws, k) sums of C clusters drawn.

    How often each cluster is drawn is counted, and the sums are the count matrix times `clusters`.
    """
    number = len(clusters)
    generator = np.random.default_rng(seed)
    sums = np.empty((draws, clusters.shape[1]))
    step = max(1, _CHUNK_CELLS // number)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        picks = generator.integers(0, number, size=(size, number))
        picks += np.arange(size)[:, None] * number
        counts = np.bincount(picks.ravel(), minlength=size * number).reshape(size, number)
        sums[start : start + size] = counts.astype(np.float64) @ clusters  # (size, C) @ (C, k)
    return sums


def resampled_together(tables: Sequence[Floats], *, draws: int, seed: int) -> list[Floats]:
    """Several tables (C, k) of the same clusters -> the sums of each (draws, k), by one drawing."""
    edges = np.cumsum([table.shape[1] for table in tables])[:-1]
    return np.split(resampled_sums(np.hstack(tables), draws=draws, seed=seed), edges, axis=1)
