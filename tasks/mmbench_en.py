"""MMBench in English: twenty abilities, asked as multiple choice in every rotation of the options.

Rules: `official` is VLMEvalKit's scorer of the benchmark's makers without GPT: what it would ask
GPT is read as a careful person would, and never guessed. `lmms-eval-0.7.3` is its
mmbench_en_dev_static, which asks no API either.
"""

from __future__ import annotations

from collections.abc import Iterator

from omnibench.core import Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.scoring.circular import Words, circular_metrics
from omnibench.scoring.circular import samples as rotations
from omnibench.scoring.inferred_options import read_inferred, read_lmms_static
from omnibench.scoring.letters import score_equal

WORDS = Words(
    options="There are several options:",
    instruction="Answer with the option's letter from the given choices directly.",
)


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a rotation; its cluster is the question."""
    return rotations(pack, WORDS)


_METRICS = circular_metrics()

TASK = Task(
    name="mmbench_en",
    title="MMBench, English",
    version=1,
    splits=("dev",),
    dataset=Dataset(hub="lmms-lab/MMBench", config="en", licence="Apache-2.0"),
    citation="Liu et al., MMBench: Is Your Multi-modal Model an All-around Player?, ECCV 2024,"
    " arXiv:2307.06281",
    decoding=Decoding(max_new_tokens=1024),
    samples=samples,
    cluster="item, with all its rotations",
    rules={
        "official": Rule(
            read=read_inferred, score=score_equal, metrics=_METRICS, headline="circular_accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_lmms_static, score=score_equal, metrics=_METRICS, headline="circular_accuracy"
        ),
    },
    aliases=("mmbench_en_dev", "mmbench_en_dev_static"),
)
