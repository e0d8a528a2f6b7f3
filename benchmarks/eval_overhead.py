"""What the core costs: CPU of a no-op backend a row, and of whole commands, beside yardsticks.

    python benchmarks/eval_overhead.py [--rows 10000] [--runs 5] [--replies FILE --data PACK]

Figures are medians of runs that take turns, so that a busy machine disturbs all alike. The
yardstick of a row is writing the same line durably without omnibench; of a command, `python -c
'import numpy'`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from omnibench.core import Decoding, ModelCard, Reply, Request, Sample, Step
from omnibench.engine.evaluate import evaluate
from omnibench.hardware import host
from omnibench.loading import load_task
from omnibench.plan import EvalPlan, TaskPlan
from omnibench.store import Run, RunWriter, create_run


class NoOperation:
    """Answers "yes" at once."""

    card = ModelCard("no-op", None, "none", None, None)

    def stream(self, request: Request) -> Iterator[Step]:
        """Not used here."""
        yield from ()

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply a request."""
        for _ in requests:
            yield Reply("yes")

    def close(self) -> None:
        """Nothing is held."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--replies", type=Path, help="recorded replies of POPE")
    parser.add_argument("--data", type=Path, help="their pack")
    arguments = parser.parse_args()
    print(f"{host().cpu}, {os.cpu_count()} threads; medians of {arguments.runs} runs in turn\n")
    _rows(arguments.rows, arguments.runs)
    commands = {
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "omnibench --help": [sys.executable, "-m", "omnibench", "--help"],
    }
    if arguments.replies:
        commands["omnibench eval, POPE by replay"] = [
            sys.executable, "-m", "omnibench", "eval", "--model", f"replay:{arguments.replies}",
            "--tasks", "pope", "--data", str(arguments.data),
        ]  # fmt: skip
    _commands(commands, arguments.runs)


def _rows(count: int, runs: int) -> None:
    samples = [
        Sample(f"r{i}", f"Is there a cup {i} in the image?", "yes", group=f"{i // 18}")
        for i in range(count)
    ]
    seconds: dict[str, list[float]] = {"no-op backend": [], "bare durable writes": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            run = _new_run(Path(folder), count)
            seconds["no-op backend"].append(_cpu_s(lambda run=run: _evaluate(samples, run)))
            lines = run.samples_path.read_bytes().splitlines(keepends=True)
            bare = Path(folder) / f"bare-{number}"
            seconds["bare durable writes"].append(_cpu_s(lambda b=bare, li=lines: _write(b, li)))
    for name, times in seconds.items():
        print(
            f"{name:34} {statistics.median(times) / count * 1e3:8.4f} ms of CPU a row, {count} rows"
        )
    ratio = statistics.median(a / b for a, b in zip(*seconds.values(), strict=True))
    print(f"{'ratio':34} {ratio:8.1f}\n")


def _evaluate(samples: list[Sample], run: Run) -> None:
    task = load_task("pope").task
    with RunWriter(run) as writer:
        for record in evaluate(task, "pope", samples, NoOperation(), rules=task.rules):
            writer.append(record)


def _write(path: Path, lines: list[bytes]) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    for line in lines:
        os.write(file, line)
    os.fsync(file)
    os.close(file)


def _new_run(folder: Path, count: int) -> Run:
    task = TaskPlan(
        label="pope", name="pope", split="test", version=1, source=None, pack="made",
        pack_folder="", kind="custom", rows_sha256="", n=count, population=count,
        ids_sha256="", prompts_sha256="",
        decoding=Decoding(8), rules=("official",),
    )  # fmt: skip
    plan = EvalPlan(
        model="no-op", card=NoOperation.card, weights=None, device="cpu", dtype=None, data=None,
        tasks=(task,), rule=None, judge=None, judge_runs=1, control=None, limit=None, seed=0,
        batch_size=1, max_errors=0.01, command="", environment={},
    )  # fmt: skip
    return create_run(folder, plan, host())


def _commands(commands: dict[str, list[str]], runs: int) -> None:
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs):
            for name, words in commands.items():
                seconds, peak = _child(words, folder)
                cpu[name].append(seconds)
                memory[name] = max(memory.get(name, 0.0), peak)
    for name, times in cpu.items():
        peak_mb = memory[name] / 1e6
        print(f"{name:34} {statistics.median(times):8.3f} s of CPU, {peak_mb:6.0f} MB at most")


def _child(words: list[str], folder: str) -> tuple[float, float]:
    """CPU seconds and peak bytes of one command, read by a process that runs it alone."""
    code = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True)\n"
        "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([done.returncode, use.ru_utime + use.ru_stime, use.ru_maxrss * 1024]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip
    returncode, seconds, peak = json.loads(done.stdout)
    if returncode:
        raise SystemExit(f"{' '.join(words)} exited with {returncode}")
    return seconds, peak


def _cpu_s(work: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
