"""The records and protocols that every other part agrees on.

What touches disk is a frozen msgspec Struct; what holds functions is a frozen dataclass;
behaviour is a Protocol. Only the standard library and msgspec are imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import msgspec

from omnibench.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import PIL.Image

    Floats = npt.NDArray[np.float64]

FORMAT = 1
"""The version of every file that a run holds."""

Phase = Literal["preprocess", "vision", "projector", "prefill", "first_sample", "decode"]
Provenance = Literal["measured", "derived", "projected", "estimated", "published", "missing"]
Finish = Literal["stop", "length"]
Control = Literal["blind", "shuffled"]
PackKind = Literal["full", "sample", "custom"]

Target = str | tuple[str, ...] | None
"""The right answer: one text, several (such as ten annotators'), or None where not public."""

Facets = dict[str, str | tuple[str, ...]]
"""What metrics split by: {"category": "popular"}; a tuple where a sample counts in several."""


# --- data -----------------------------------------------------------------------------------


class Image(Protocol):
    """A picture that is read only when a backend asks for it."""

    @property
    def name(self) -> str:
        """What to call it in a message: its file name or its place in a table."""

    def read(self) -> bytes:
        """The encoded file. Raises ImageError where it is missing."""

    def open(self) -> PIL.Image.Image:
        """The decoded picture, mode RGB. Raises ImageError where it cannot be decoded."""


@dataclass(frozen=True, slots=True)
class AbsentImage:
    """Stands where a question needs an image and its row has none: fails once a backend asks."""

    name: str

    def read(self) -> bytes:
        """Raises ImageError."""
        raise ImageError(f"{self.name} has no image; use a pack with images, or recorded replies")

    def open(self) -> PIL.Image.Image:
        """Raises ImageError."""
        raise ImageError(f"{self.name} has no image; use a pack with images, or recorded replies")


@dataclass(frozen=True, slots=True)
class Sample:
    """One question of a benchmark.

    `group` names the image or item that it shares with others: the statistical cluster.
    """

    id: str
    prompt: str
    target: Target
    images: tuple[Image, ...] = ()
    choices: tuple[str, ...] | None = None
    group: str = ""
    facets: Facets = field(default_factory=dict)


RowType = TypeVar("RowType", bound=msgspec.Struct)


class Pack(Protocol):
    """A benchmark's rows and images, as they lie on disk."""

    @property
    def name(self) -> str:
        """The pack's name."""

    def rows(self, row_type: type[RowType]) -> Iterator[RowType]:
        """The rows in order, checked against `row_type`, whose fields name the columns.

        An image column is typed `str | None` and holds a key for `image`; no image is read.
        Raises OmnibenchError naming the row and the column that is missing or of another type.
        """

    def image(self, key: str) -> Image:
        """The image behind the value of an image column."""


# --- scoring --------------------------------------------------------------------------------


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
class Metric:
    """A figure over many rows, written as a function of sums over statistical clusters.

    terms: the rows of one cluster -> the k numbers that the cluster adds to the sums.
    value: sums (..., k) -> the figure (...), NaN where it is undefined. Vectorised, so that a
        bootstrap recomputes the whole metric on every draw.
    where: (facet, value): only the rows of this facet count. None: all rows.
    needs: (facet, value) pairs without whose rows the figure is missing.
    binary: the figure is the mean of one 0/1 score a row, so that Wilson's interval holds
        where rows are independent.
    resample: (sums (draws, k), generator) -> sums (draws, k): randomness besides the choice of
        clusters, such as a judge's repeats.
    """

    terms: Callable[[Sequence[Scored]], Sequence[float]]
    value: Callable[[Floats], Floats]
    unit: Literal["fraction", "points"] = "fraction"
    where: tuple[str, str] | None = None
    needs: tuple[tuple[str, str], ...] = ()
    binary: bool = False
    resample: Callable[[Floats, np.random.Generator], Floats] | None = None


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


class Decoding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a reply is generated. Temperature 0 is greedy."""

    max_new_tokens: int
    temperature: float = 0.0
    seed: int = 0


class Dataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a benchmark's rows come from."""

    hub: str
    licence: str
    config: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark: its questions, its rules and where both come from.

    version: raised whenever a prompt, a reading or a metric changes.
    splits: the default first; samples(pack, split) yields a split's samples.
    selects_from: {"image": "test"}: the split "image" is some of the rows of the split "test".
    aliases: other names for it, such as lmms-eval's.
    judge_prompt: (sample, reply) -> what a judge is asked; for judged rules.
    submission: (id -> reading) -> what the benchmark's server takes, where a split's answers are
        not public.
    """

    name: str
    title: str
    version: int
    splits: tuple[str, ...]
    dataset: Dataset
    citation: str
    decoding: Decoding
    samples: Callable[[Pack, str], Iterator[Sample]]
    rules: Mapping[str, Rule]
    selects_from: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    judge_prompt: Callable[[Sample, str], str] | None = None
    submission: Callable[[Mapping[str, Reading]], Any] | None = None


class Judge(Protocol):
    """Grades replies that no rule can read."""

    @property
    def name(self) -> str:
        """For plans and reports; holds no key."""

    def grade(self, sample_id: str, prompt: str) -> tuple[float, ...]:
        """One grade in 0..1 for each repeat. Raises JudgeError where no grade could be had."""


# --- models ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `id` and `task` let a recorded reply be found."""

    task: str
    id: str
    prompt: str
    images: tuple[Image, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. Token counts are None where the runtime does not tell them."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    finish: Finish = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """A phase that has ended, with what it produced; its work is done when it is yielded."""

    phase: Phase
    text: str = ""
    tokens: int = 0


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answered: shown on the terminal and kept in results.json.

    `weights` says in words what they are ("untrained, seed 0"; "recorded replies"; a folder).
    """

    name: str
    params: int | None
    weights: str
    weights_sha256: str | None
    dtype: str | None


class Backend(Protocol):
    """A runtime with a model in it."""

    @property
    def card(self) -> ModelCard:
        """What answers."""

    def stream(self, request: Request) -> Iterator[Step]:
        """One answer, phase by phase, then token by token."""

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """Answers in the order of the requests.

        An exception concerns the whole call: the engine asks again one by one, so that only the
        sample at fault fails.
        """

    def close(self) -> None:
        """Free what the model holds."""


# --- records --------------------------------------------------------------------------------


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
    """One task of results.json. metrics: rule -> key -> Value."""

    split: str
    n: int
    clusters: int
    data: DataUsed
    unread: int
    errors: int
    headline: str
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
