"""Which samples a limited run asks: a seeded draw of whole clusters, never a prefix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from omnibench.core import Sample


def choose(samples: Iterable[Sample], limit: int, seed: str) -> frozenset[str]:
    """The ids of about `limit` samples, at most that many where one cluster is no larger.

    Clusters are taken whole, in the order of a hash of the seed and their name, so that the
    choice does not depend on the order of the rows.
    """
    clusters: dict[str, list[str]] = {}
    for sample in samples:
        clusters.setdefault(sample.group or sample.id, []).append(sample.id)
    chosen: list[str] = []
    for name in sorted(
        clusters, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()
    ):
        if chosen and len(chosen) + len(clusters[name]) > limit:
            continue
        chosen += clusters[name]
        if len(chosen) >= limit:
            break
    return frozenset(chosen)
