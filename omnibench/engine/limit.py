"""Which samples a limited run asks: a seeded, stratified draw of whole clusters, never a prefix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from omnibench.core import Sample

_Stratum = frozenset[tuple[tuple[str, object], ...]]


@dataclass(slots=True)
class _Cluster:
    name: str
    ids: list[str] = field(default_factory=list)
    kinds: set[tuple[tuple[str, object], ...]] = field(default_factory=set)


def choose(samples: Iterable[Sample], limit: int, seed: str) -> frozenset[str]:
    """The ids of about `limit` samples: at most that many, unless the first cluster is larger.

    Clusters (MME's pairs, MMBench's rotations, POPE's images) are taken whole. Their strata are
    the facets that they hold, and each stratum gives in proportion to its rows. Which clusters are
    taken depends on the seed and their names alone, not on the order of the rows; a larger limit
    adds to a smaller one's choice.
    """
    chosen: list[str] = []
    for cluster in _in_turn(_clusters(samples), seed):
        if chosen and len(chosen) + len(cluster.ids) > limit:
            continue
        chosen += cluster.ids
        if len(chosen) >= limit:
            break
    return frozenset(chosen)


def _clusters(samples: Iterable[Sample]) -> list[_Cluster]:
    clusters: dict[str, _Cluster] = {}
    for sample in samples:
        name = sample.group or sample.id
        cluster = clusters.setdefault(name, _Cluster(name))
        cluster.ids.append(sample.id)
        cluster.kinds.add(tuple(sorted(sample.facets.items())))
    return list(clusters.values())


def _in_turn(clusters: list[_Cluster], seed: str) -> list[_Cluster]:
    """The clusters in an order of which every beginning holds the strata in proportion.

    Within its stratum a cluster stands where a hash puts it; its turn is the share of the
    stratum's rows that have gone by when half of its own have.
    """
    strata: dict[_Stratum, list[_Cluster]] = {}
    for cluster in clusters:
        strata.setdefault(frozenset(cluster.kinds), []).append(cluster)
    turns: list[tuple[float, bytes, _Cluster]] = []
    for members in strata.values():
        rows = sum(len(cluster.ids) for cluster in members)
        gone = 0
        for place, cluster in sorted(
            ((_hash(f"{seed}/{cluster.name}"), cluster) for cluster in members),
            key=lambda pair: pair[0],
        ):
            turns.append(((gone + len(cluster.ids) / 2) / rows, place, cluster))
            gone += len(cluster.ids)
    turns.sort(key=lambda turn: turn[:2])
    return [cluster for _, _, cluster in turns]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
