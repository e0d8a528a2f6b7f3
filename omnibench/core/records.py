"""What runs leave on disk."""

from __future__ import annotations

from typing import Literal

import msgspec

from omnibench.core.data import Facets, Sample, Target
from omnibench.core.models import ModelCard
from omnibench.core.scoring import Reading, Scored

FORMAT = 1
"""The version of every file that a run holds."""

Provenance = Literal["measured", "derived", "projected", "estimated", "published", "missing"]
Control = Literal["blind", "shuffled", "majority"]
PackKind = Literal["full", "sample", "custom"]


class SampleRecord(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag=1,
    tag_field="format",
):
    """One line of samples.jsonl: all that a new scoring needs, without the pack.

    images: SHA-256 of the files that the backend opened.
    error: the sample failed. Without a reply it counts as wrong; with one (a judge gave no
        grade) it is not scored.
    """

    task: str
    id: str
    prompt: str
    target: Target
    reply: str | None
    group: str = ""
    facets: Facets = {}
    choices: tuple[str, ...] | None = None
    images: tuple[str, ...] = ()
    readings: dict[str, Reading] = {}
    scores: dict[str, float] = {}
    grades: tuple[float, ...] | None = None
    error: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float | None = None

    def sample(self) -> Sample:
        """The sample as it was asked, less its images."""
        return Sample(self.id, self.prompt, self.target, (), self.choices, self.group, self.facets)

    def scored(self, rule: str) -> Scored | None:
        """As the rule's metrics see it: a failed sample is wrong; None where nothing graded it."""
        group = self.group or self.id
        if self.reply is None:
            return Scored(group, self.facets, self.target, Reading(None), 0.0, ())
        score = self.scores.get(rule)
        if score is None:
            return None
        reading = self.readings.get(rule, Reading(None))
        return Scored(group, self.facets, self.target, reading, score, self.grades or ())


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A figure with its provenance and its uncertainty.

    value is None exactly where the provenance is `missing`; `reason` then says why.
    ci95: a confidence interval; interval: another kind of range, which `method` explains.
    """

    value: float | None
    unit: str
    provenance: Provenance
    n: int | None = None
    ci95: tuple[float, float] | None = None
    interval: tuple[float, float] | None = None
    method: str | None = None
    source: str | None = None
    profile: str | None = None
    reason: str | None = None


class DataUsed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows a task was run on."""

    pack: str
    kind: PackKind
    rows_sha256: str


class TaskResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One task of results.json. metrics: rule -> key -> Value.

    n of population: the samples asked, of those that the pack has.
    mde: the smallest difference of the headline that the run could have shown.
    """

    split: str
    n: int
    population: int
    clusters: int
    data: DataUsed
    unread: int
    errors: int
    headline: str
    mde: Value
    metrics: dict[str, dict[str, Value]]


class EvalResults(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="eval", tag_field="kind"
):
    """results.json of an eval run: a view of its records; everything in it can be recomputed."""

    format: int
    model: ModelCard
    control: Control | None
    fingerprints: dict[str, str]
    tasks: dict[str, TaskResult]
