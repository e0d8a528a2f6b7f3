"""What is measured of a model on a device: cases, trials, results."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from omnibench.core.models import ModelCard
from omnibench.core.records import Value

TrialKind = Literal["load", "first_image", "warmup", "timing", "idle", "energy"]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class PerfCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One request that is timed: a picture of a size, a text of a length, so many new tokens.

    text_tokens: the number of text tokens, template included; None: the model's own template
    around `prompt`, counted with its tokenizer or, without one, as its shape states it.
    source: who asks it so.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    width_px: Positive
    height_px: Positive
    new_tokens: Annotated[int, msgspec.Meta(ge=2)]
    prompt: str
    text_tokens: Positive | None = None
    batch: Positive = 1
    source: str = ""


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What went on beside a trial. None: it cannot be read here, shown as "unknown".

    others_cpu: cores that other processes kept busy; steal: cores that the hypervisor took.
    """

    threads: int
    others_cpu: float | None
    steal: float | None
    frequency_hz: float | None
    temperature_c: float | None
    governor: str | None


class TrialRecord(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag=1,
    tag_field="format",
):
    """One line of trials.jsonl: what was read, raw.

    order: the place among all trials of the run, which shows how models were interleaved.
    repeats: how often the request (or the phase) ran in the window; more than 1 for energy only.
    readings: "phase.quantity": a Value with its unit and provenance, such as "vision.time_s",
        "ttft.time_s", "prefill.peak_rss_bytes", "decode.package_j"; what could not be read is a
        Value that is `missing`, with its reason.
    token_times_s: when each token was there, counted from the start of the request.
    contended: others took more than 0.15 of a core.
    error: the trial failed or was cut; what it read before stands.
    left_out: why the trial was not made at all, such as want of time; it has no readings then.
    """

    model: str
    case: str
    kind: TrialKind
    trial: int
    order: int
    readings: dict[str, Value]
    conditions: Conditions
    token_times_s: tuple[float, ...] = ()
    tokens_in: int | None = None
    visual_tokens: int | None = None
    repeats: int = 1
    contended: bool = False
    error: str | None = None
    left_out: str | None = None


class PerfResults(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="perf", tag_field="kind"
):
    """results.json of a perf run: a view of its trials; everything in it can be recomputed.

    profile: which device was asked about; host_matches_profile: whether it is this machine, so
        that its figures are measured, or another one, so that they are projected.
    contended: some trial that counts was disturbed by other processes.
    models: model -> case -> quantity -> its figures, told apart by their provenance.
    doubts: what a reader should know before believing the figures, a line each.
    """

    format: int
    profile: str
    host_matches_profile: bool
    contended: bool
    threads: int
    dtype: str
    fingerprints: dict[str, str]
    cards: dict[str, ModelCard]
    cases: dict[str, PerfCase]
    models: dict[str, dict[str, dict[str, list[Value]]]]
    doubts: tuple[str, ...] = ()
