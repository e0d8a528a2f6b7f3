"""Whether two runs may be compared: which fingerprint differs, and in what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from omnibench.core import Task
from omnibench.plan import EvalPlan, PerfPlan, TaskPlan

REFUSED = ("data", "prompt", "rule", "machine", "threads", "dtype", "cases")
"""Fingerprints that must not differ, unless the user says so; environment and protocol may."""

_Parts = dict[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A fingerprint that differs; what differs in it, in words."""

    fingerprint: str
    about: str
    words: str

    def __str__(self) -> str:
        return f"{self.about}: {self.fingerprint} ({self.words})"


def of_task(
    base: tuple[EvalPlan, TaskPlan], candidate: tuple[EvalPlan, TaskPlan], here: Task
) -> Iterator[Mismatch]:
    """What differs between two runs of a task, and from the task as it is here."""
    yield from asked_alike(base, candidate, here.judge_prompt is not None)
    one, two = base[1], candidate[1]
    if one.version == two.version != here.version:
        words = f"scored by task version {one.version}, here it is {here.version}; score them again"
        yield Mismatch("rule", one.label, words)


def asked_alike(
    base: tuple[EvalPlan, TaskPlan], candidate: tuple[EvalPlan, TaskPlan], judged: bool
) -> Iterator[Mismatch]:
    """What differs between two runs of a task. judged: whether a judge has a say in its scores."""
    (base_plan, one), (candidate_plan, two) = base, candidate
    compared: dict[str, _Parts] = {
        "data": {
            "split": (one.split, two.split),
            "rows": (one.rows_sha256, two.rows_sha256),
            "the samples that were asked": (one.ids_sha256, two.ids_sha256),
        },
        "prompt": {
            "control": (base_plan.control, candidate_plan.control),
            "prompts": (one.prompts_sha256, two.prompts_sha256),
            "decoding": (one.decoding, two.decoding),
        },
        "rule": {
            "judge": (base_plan.judge, candidate_plan.judge) if judged else (None, None),
            "task version": (one.version, two.version),
        },
    }
    for fingerprint, parts in compared.items():
        words = _changed(parts)
        if words:
            yield Mismatch(fingerprint, one.label, words)


def of_environment(base: EvalPlan, candidate: EvalPlan) -> Iterator[Mismatch]:
    """What differs between the machines and the software of two evals."""
    parts = _sides(base.environment, candidate.environment)
    parts["device"] = base.device, candidate.device
    parts["dtype"] = base.card.dtype, candidate.card.dtype
    words = _changed(parts)
    if words:
        yield Mismatch("environment", "eval", words)


def of_perf(base: PerfPlan, candidate: PerfPlan) -> Iterator[Mismatch]:
    """What differs between two perf runs; of the cases, those that both have."""
    both = {case.name: case for case in base.cases}
    cases: _Parts = {
        f"case {case.name}": (both[case.name], case)
        for case in candidate.cases
        if case.name in both
    }
    compared: dict[str, _Parts] = {
        "machine": _sides(base.machine, candidate.machine)
        | {"device": (base.device, candidate.device)},
        "threads": {"threads": (base.threads, candidate.threads)},
        "dtype": {"dtype": (base.dtype, candidate.dtype)},
        "cases": cases,
        "protocol": {
            "warmups": (base.warmups, candidate.warmups),
            "meters": (base.meters, candidate.meters),
        },
        "environment": _sides(base.environment, candidate.environment),
    }
    for fingerprint, parts in compared.items():
        words = _changed(parts)
        if words:
            yield Mismatch(fingerprint, "perf", words)


def _sides(base: Mapping[str, object], candidate: Mapping[str, object]) -> _Parts:
    names = sorted(base.keys() | candidate.keys())
    return {name: (base.get(name), candidate.get(name)) for name in names}


def _changed(parts: _Parts) -> str:
    """`threads 2 -> 4, device`: names of what differs, with the values where they are short."""
    words = []
    for name, (before, after) in parts.items():
        if before != after:
            values = f" {before} -> {after}"
            words.append(name + (values if len(values) <= 60 else ""))
    return ", ".join(words)
