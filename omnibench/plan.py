"""What a run is going to do, and the four fingerprints by which two runs are compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from omnibench.core import FORMAT, Control, Decoding, ModelCard, PackKind, PerfCase, Sample

FINGERPRINTS = ("data", "prompt", "rule", "environment")
PERF_FINGERPRINTS = ("machine", "threads", "dtype", "cases", "protocol", "environment")


class TaskPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One task of a plan.

    label: the task's name in records and results (`mmmu`, or `mmmu:test` for another split).
    n of population: the samples that are asked, of those that the pack has.
    source: the user's own task file, None for a shipped task.
    ids_sha256, prompts_sha256: of the ids that are asked and of what is asked, in order.
    """

    label: str
    name: str
    split: str
    version: int
    source: str | None
    pack: str
    pack_folder: str
    kind: PackKind
    rows_sha256: str
    n: int
    population: int
    ids_sha256: str
    prompts_sha256: str
    decoding: Decoding
    rules: tuple[str, ...]


class EvalPlan(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="eval", tag_field="kind"
):
    """plan.json of an eval run: the truth about what was asked of what.

    model, weights, device, dtype: as they were asked for; card: what they turned out to be.
    """

    model: str
    card: ModelCard
    weights: str | None
    device: str
    dtype: str | None
    data: str | None
    tasks: tuple[TaskPlan, ...]
    rule: str | None
    judge: str | None
    judge_runs: int
    control: Control | None
    limit: int | None
    seed: int
    batch_size: int
    max_errors: float
    command: str
    environment: dict[str, str | None]
    format: int = FORMAT

    def fingerprints(self) -> dict[str, str]:
        """What two runs must share to be compared or resumed.

        data: which rows; prompt: what the model is shown and how it decodes; rule: how replies
        are scored; environment: processor, system, software and code.
        """
        tasks = self.tasks
        return {
            "data": _digest([(t.name, t.split, t.rows_sha256, t.ids_sha256) for t in tasks]),
            "prompt": _digest(
                [self.control, [(t.name, t.prompts_sha256, t.decoding) for t in tasks]]
            ),
            "rule": _digest([self.judge, [(t.name, t.version, t.rules) for t in tasks]]),
            "environment": _digest([self.environment, self.device, self.card.dtype]),
        }

    def fingerprint(self) -> str:
        """One short word for the whole plan: it ends the run folder's name."""
        return _digest([self.fingerprints(), self.card, self.seed])[:8]


class PerfPlan(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="perf", tag_field="kind"
):
    """plan.json of a perf run: what is timed, where and by which protocol.

    models: as they were asked for; cards: what they turned out to be, in the same order.
    profile_sha256: of the profile as it was read; meters: the instruments that are read, by name.
    machine: what tells this machine from another (processor, cores, memory).
    """

    models: tuple[str, ...]
    cards: tuple[ModelCard, ...]
    weights: str | None
    device: str
    dtype: str
    threads: int
    profile: str
    profile_sha256: str
    host_matches_profile: bool
    cases: tuple[PerfCase, ...]
    warmups: int
    trials: int
    budget_s: float
    meters: tuple[str, ...]
    command: str
    machine: dict[str, str | int | None]
    environment: dict[str, str | None]
    format: int = FORMAT

    def fingerprints(self) -> dict[str, str]:
        """What two runs must share for their times to be compared.

        Which models they are is left out: a comparison is of two models, or of two versions.
        """
        return {
            "machine": _digest([self.machine, self.device]),
            "threads": _digest(self.threads),
            "dtype": _digest(self.dtype),
            "cases": _digest(self.cases),
            "protocol": _digest([self.warmups, self.meters]),
            "environment": _digest(self.environment),
        }

    def fingerprint(self) -> str:
        """One short word for the whole plan: it ends the run folder's name."""
        return _digest([self.fingerprints(), self.cards, self.profile_sha256])[:8]


def survey(samples: Iterable[Sample]) -> tuple[int, str, str]:
    """(number of samples, SHA-256 of their ids, SHA-256 of their prompts), in order."""
    n, ids, prompts = 0, hashlib.sha256(), hashlib.sha256()
    for sample in samples:
        n += 1
        ids.update(sample.id.encode() + b"\0")
        prompts.update(sample.prompt.encode() + b"\0%d\0" % len(sample.images))
    return n, ids.hexdigest(), prompts.hexdigest()


def differences(old: EvalPlan, new: EvalPlan) -> list[str]:
    """What differs between two plans, in words: what a resume must refuse."""
    words = []
    for name in ("model", "weights", "device", "control", "limit", "seed", "judge", "judge_runs"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            words.append(f"{name} ({before} -> {after})")
    if old.card != new.card:
        words.append(
            "weights" if old.card.weights_sha256 != new.card.weights_sha256 else "model card"
        )
    before, after = old.fingerprints(), new.fingerprints()
    for name in FINGERPRINTS:
        if before[name] != after[name]:
            detail = _changed(old.environment, new.environment) if name == "environment" else ""
            words.append(f"the {name} fingerprint{detail}")
    return words


def without_secrets(text: str) -> str:
    """A command or a model's name, less user, password and query of its URLs."""
    # Greedy: a user or a password may hold "@" too.
    text = re.sub(r"(https?://)[^/\s?#]*@", r"\1", text)
    return re.sub(r"(https?://[^\s?#]*)[?#]\S*", r"\1", text)


def _changed(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> str:
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return f" ({', '.join(names)})" if names else ""


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
