"""What a comparison of two runs found: differences with their uncertainty, and the flips."""

from __future__ import annotations

from typing import Literal

import msgspec

from omnibench.core import ModelCard, Target, Value

Better = Literal["higher", "lower"]


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two that are compared: its run folders and the models in them."""

    runs: tuple[str, ...]
    models: tuple[ModelCard, ...]


class Flip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sample whose score changed.

    images: SHA-256 of the image files; `thumbnails/SHA.webp` of either run may hold a small copy.
    answers: what the first rule read from the replies; None: unread. replies: None: it failed.
    """

    task: str
    id: str
    change: Literal["better", "worse"]
    prompt: str
    target: Target
    images: tuple[str, ...]
    base_reply: str | None
    candidate_reply: str | None
    base_answer: str | None
    candidate_answer: str | None
    base_score: float
    candidate_score: float


class MetricDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One metric of one task, paired on the same samples.

    base, candidate: the figures over the samples that both sides scored.
    difference: candidate - base with its interval, or `missing` with the reason.
    p: of no difference, by the test that `p_method` names; None where it cannot be had.
    p_holm: p adjusted for all tasks of the comparison; for headlines alone.
    mde: the smallest true difference that this pair would probably have shown.
    """

    rule: str
    metric: str
    base: Value
    candidate: Value
    difference: Value
    p: float | None
    p_method: str | None
    mde: Value
    better: Better | None
    p_holm: float | None = None


class TaskComparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One task. metrics: rule -> key -> difference; the headline is the first rule's.

    n, clusters: the samples that both sides scored, and the clusters they lie in.
    left_out: samples that only one side has, or that a side could not score.
    flips: worse first; better, worse: how many there are of each.
    """

    task: str
    headline: str
    n: int
    clusters: int
    left_out: int
    better: int
    worse: int
    metrics: dict[str, dict[str, MetricDifference]]
    flips: tuple[Flip, ...]

    @property
    def headline_difference(self) -> MetricDifference:
        """The first rule's headline."""
        return next(iter(self.metrics.values()))[self.headline]


class PerfDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One quantity of one case, by runs (or by trials, where each side is one run).

    base, candidate: the figures; `missing` with the reason where a side has none.
    ratio: candidate / base with its interval, from the logarithms; or `missing` with the reason.
    contended: other processes disturbed one of the sides, so that nothing can be decided.
    no_sensor: what is missing could not have been measured on that machine.
    """

    case: str
    quantity: str
    base_model: str
    candidate_model: str
    base: Value
    candidate: Value
    ratio: Value
    p: float | None
    p_method: str | None
    better: Better | None
    contended: bool
    no_sensor: bool


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two runs, or two sets of runs, side by side.

    allowed: fingerprints that differ although they should not; the user asked to go on.
    differing: fingerprints that differ and may, such as the environment of two evals.
    doubts: what a reader should know before believing the figures, a line each.
    """

    base: Side
    candidate: Side
    tasks: tuple[TaskComparison, ...]
    perf: tuple[PerfDifference, ...]
    allowed: tuple[str, ...]
    differing: tuple[str, ...]
    doubts: tuple[str, ...]
