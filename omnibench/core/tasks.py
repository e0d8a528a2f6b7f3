"""A benchmark: its questions, its rules and where both come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from omnibench.core.data import Pack, Sample
from omnibench.core.scoring import Reading, Rule


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
    cluster: what samples share that makes them dependent, in words ("image", "item").
    aliases: other names for it, such as lmms-eval's; `scienceqa_img:image` names a split.
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
    cluster: str = "item"
    selects_from: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    judge_prompt: Callable[[Sample, str], str] | None = None
    submission: Callable[[Mapping[str, Reading]], Any] | None = None
