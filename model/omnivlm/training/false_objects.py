"""The share of false objects in captions, and whether one model's differs from another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from omnivlm.data.captions import Mentions
from omnivlm.errors import OmniVLMError

RESAMPLES = 10_000
_AT_ONCE = 500  # resamples held in memory together


@dataclass(frozen=True, slots=True)
class Share:
    """False objects per named object; low and high bound the 95 % interval."""

    value: float
    low: float
    high: float


def share_of_false(captions: Sequence[Mentions], seed: int = 0) -> Share:
    """The share over all captions, one a scene. Raises OmniVLMError where there is none."""
    return _interval([_columns(captions)], seed)


def difference_of_false(
    first: Sequence[Mentions], second: Sequence[Mentions], seed: int = 0
) -> Share:
    """The first model's share less the second's; item i of both is about the same scene.

    A scene is the cluster: both captions of a scene are drawn together, with replacement, and the
    shares are formed anew (cluster bootstrap, percentiles). Raises OmniVLMError where the scenes
    cannot be paired.
    """
    if len(first) != len(second):
        raise OmniVLMError(
            f"{len(first)} captions against {len(second)}: both models must describe the same"
            " scenes"
        )
    return _interval([_columns(first), _columns(second)], seed)


def _columns(captions: Sequence[Mentions]) -> NDArray[numpy.int64]:
    if not captions:
        raise OmniVLMError("no captions to compare")
    return numpy.array([(one.false, one.named) for one in captions], numpy.int64)


def _interval(models: list[NDArray[numpy.int64]], seed: int) -> Share:
    """The first model's share less those of the others."""
    scenes = len(models[0])
    draws = numpy.random.default_rng(seed)
    even = numpy.full(scenes, 1 / scenes)
    resampled = [
        _of(draws.multinomial(scenes, even, size=_AT_ONCE), models)
        for _ in range(RESAMPLES // _AT_ONCE)
    ]
    low, high = numpy.quantile(numpy.concatenate(resampled), (0.025, 0.975))
    (value,) = _of(numpy.ones((1, scenes), numpy.int64), models)
    return Share(float(value), float(low), float(high))


def _of(times: NDArray[numpy.int64], models: list[NDArray[numpy.int64]]) -> NDArray[numpy.float64]:
    """times: (resamples, scenes), how often each scene is drawn -> (resamples,)."""
    shares = []
    for columns in models:
        false, named = (times @ columns).T
        shares.append(numpy.divide(false, named, out=numpy.zeros(len(times)), where=named > 0))
    return numpy.asarray(shares[0] - sum(shares[1:]))
