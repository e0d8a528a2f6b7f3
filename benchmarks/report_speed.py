"""CPU seconds and memory of a report of many runs: the bar is 20 runs of 10,000 samples in 10 s.

    python benchmarks/report_speed.py [--runs 20] [--samples 10000]

It makes the runs first, in a folder that it deletes, and reports them in a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from omnibench.core import DataUsed, Decoding, ModelCard, Reading, SampleRecord, TaskResult, Value
from omnibench.core.records import FORMAT, EvalResults
from omnibench.hardware import host
from omnibench.plan import EvalPlan, TaskPlan
from omnibench.store import RunWriter, create_run

RULE = "official"
BAR_S, BAR_BYTES = 10.0, 1e9


def main() -> int:
    """Make the runs, report them, print what it took; 1 where a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--samples", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.runs):
            _write_run(Path(folder) / "runs", number, arguments.samples)
        page = Path(folder) / "report.html"
        subprocess.run(
            [sys.executable, "-m", "omnibench", "report", f"{folder}/runs", "--html", str(page)],
            check=True,
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        size_bytes = page.stat().st_size
    cpu_s, peak_bytes = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    print(
        f"{arguments.runs} runs of {arguments.samples:,} samples: {cpu_s:.1f} s of CPU,"
        f" at most {peak_bytes / 1e6:.0f} MB (the parent's own counts as well), page of"
        f" {size_bytes / 1e6:.2f} MB"
    )
    return int(cpu_s > BAR_S or peak_bytes > BAR_BYTES)


def _write_run(out: Path, number: int, n: int) -> None:
    chance = random.Random(number)
    name = f"model-{number}"
    task = TaskPlan(
        label="pope", name="pope", split="test", version=1, source=None, pack="made",
        pack_folder="made", kind="custom", rows_sha256="0" * 64, n=n, population=n,
        ids_sha256="1", prompts_sha256="2", decoding=Decoding(8), rules=(RULE,),
    )  # fmt: skip
    plan = EvalPlan(
        model=name, card=ModelCard(name, None, "none", None, None), weights=None, device="cpu",
        dtype=None, data=None, tasks=(task,), rule=None, judge=None, judge_runs=5, control=None,
        limit=None, seed=0, batch_size=16, max_errors=0.01, command="omnibench eval",
        environment={},
    )  # fmt: skip
    run = create_run(out, plan, host())
    share = 0.0
    with RunWriter(run) as writer:
        for sample in range(n):
            right = chance.random() < 0.6 + number / 100
            share += right / n
            writer.append(_record(sample, right))
    value = Value(share, "fraction", "measured", n=n, ci95=(share - 0.01, share + 0.01))
    result = TaskResult(
        split="test", n=n, population=n, clusters=n, data=DataUsed("made", "custom", "0" * 64),
        unread=0, errors=0, headline="accuracy", mde=Value(0.01, "fraction", "derived"),
        metrics={RULE: {"accuracy": value}},
    )  # fmt: skip
    results = EvalResults(FORMAT, plan.card, None, plan.fingerprints(), {"pope": result})
    run.write_results(results)


def _record(number: int, right: bool) -> SampleRecord:
    reply = "Yes, there is one on the table near the window." if right else "No, there is none."
    return SampleRecord(
        task="pope", id=f"sample-{number}", group=str(number // 6), target="yes", reply=reply,
        prompt=f"Is there a cup number {number} in the image?\nAnswer with a word or phrase.",
        images=(hashlib.sha256(str(number // 6).encode()).hexdigest(),),
        facets={"category": ("random", "popular", "adversarial")[number % 3]},
        readings={RULE: Reading("yes" if right else "no")}, scores={RULE: float(right)},
        tokens_in=90, tokens_out=12, seconds=0.5,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
