"""MMBench in Chinese: the questions of MMBench, translated, asked in Chinese.

Rules: `official` as in mmbench_en. `lmms-eval-0.7.3` is mmbench_cn_dev as far as it is
deterministic: where it would ask an API the reply is unread.
"""

from __future__ import annotations

from collections.abc import Iterator

from omnibench.core import Dataset, Decoding, Pack, Rule, Sample, Task
from omnibench.scoring.circular import Words, circular_metrics
from omnibench.scoring.circular import samples as rotations
from omnibench.scoring.inferred_options import read_inferred, read_lmms_inferred
from omnibench.scoring.letters import score_equal

WORDS = Words(
    options="有如下几个选项：",
    instruction="请直接使用所提供的选项字母作为答案回答。",
)


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a rotation; its cluster is the question."""
    return rotations(pack, WORDS)


_METRICS = circular_metrics()

TASK = Task(
    name="mmbench_cn",
    title="MMBench, Chinese",
    version=1,
    splits=("dev",),
    dataset=Dataset(hub="lmms-lab/MMBench", config="cn", licence="Apache-2.0"),
    citation="Liu et al., MMBench: Is Your Multi-modal Model an All-around Player?, ECCV 2024,"
    " arXiv:2307.06281",
    decoding=Decoding(max_new_tokens=256),
    samples=samples,
    cluster="item, with all its rotations",
    rules={
        "official": Rule(
            read=read_inferred, score=score_equal, metrics=_METRICS, headline="circular_accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=read_lmms_inferred,
            score=score_equal,
            metrics=_METRICS,
            headline="circular_accuracy",
        ),
    },
    aliases=("mmbench_cn_dev",),
)
