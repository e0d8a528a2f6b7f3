"""How replies become figures: readings, rules, metrics, judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from omnibench.core.data import Facets, Sample, Target

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule took from a reply.

    `unread`: no answer stands in the reply, whatever a rule then makes of it (POPE's official
    rule makes "yes" of everything it cannot read: answer "yes", unread).
    """

    answer: str | None
    unread: bool = False


class Scored(msgspec.Struct, frozen=True):
    """One sample as a metric sees it. A sample that failed has no answer and the score 0."""

    group: str
    facets: Facets
    target: Target
    reading: Reading
    score: float
    grades: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A figure that is no function of sums, such as one that another harness's code makes.

    item: what one row brings; None where it brings nothing.
    figure: the items of the rows -> the figure, NaN where it is undefined.
    """

    item: Callable[[Scored], object | None]
    figure: Callable[[Sequence[object]], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over many rows, written as a function of sums over statistical clusters.

    terms: the rows of one cluster -> the k numbers that the cluster adds to the sums.
    value: sums (..., k) -> the figure (...), NaN where it is undefined. Vectorised, so that a
        bootstrap recomputes the whole metric on every draw.
    where: (facet, value): only the rows of this facet count. None: all rows.
    needs: (facet, value) pairs without whose rows the figure is missing.
    lacking: why it is then missing, where naming the pair does not say it plainly.
    binary: the figure is the mean of one 0/1 score a row, so that Wilson's interval holds
        where rows are independent.
    resample: (sums (draws, k), generator) -> sums (draws, k): randomness besides the choice of
        clusters, such as a judge's repeats.
    whole: makes the figure in place of `terms` and `value`.
    """

    terms: Callable[[Sequence[Scored]], Sequence[float]]
    value: Callable[[Floats], Floats]
    unit: Literal["fraction", "points"] = "fraction"
    where: tuple[str, str] | None = None
    needs: tuple[tuple[str, str], ...] = ()
    lacking: str | None = None
    binary: bool = False
    resample: Callable[[Floats, np.random.Generator], Floats] | None = None
    whole: Aggregation | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of scoring a benchmark.

    read: (reply, sample) -> Reading; a pure function, never random.
    score: (reading, sample) -> 0..1. In a judged rule the score is the mean of the judge's grades.
    metrics: flat keys, `metric` or `metric/facet`, in the order in which they are shown.
    """

    read: Callable[[str, Sample], Reading]
    score: Callable[[Reading, Sample], float]
    metrics: Mapping[str, Metric]
    headline: str
    judged: bool = False


class Judge(Protocol):
    """Grades replies that no rule can read."""

    @property
    def name(self) -> str:
        """For plans and reports; holds no key."""

    def grade(self, sample_id: str, prompt: str) -> tuple[float, ...]:
        """One grade in 0..1 for each repeat. Raises JudgeError where no grade could be had."""
