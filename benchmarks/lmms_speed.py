"""The same model on the same rows, driven by omnibench and by lmms-eval: samples a second.

    tox -e lmms --notest && .tox/lmms/bin/python benchmarks/lmms_speed.py [--rows 180] [--runs 2]

POPE's bundled rows (18 questions a picture) and `omnivlm-tiny`, 128 new tokens at most, as both
harnesses set it for POPE. Three arms take turns, each evaluation timed whole but for imports and
loading: omnibench's engine with questions 16 at a time, lmms-eval with one question at a time (what
most of its models do) and with 16 at a time, both through `lmms_eval.models`' entry point.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from omnibench.core import Sample
from omnibench.data.pack import DiskPack
from omnibench.engine.evaluate import evaluate
from omnibench.hardware import host
from omnibench.loading import load_task, open_backend
from omnibench.resources import shipped

MODEL, AT_ONCE = "omnivlm-tiny", 16


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=180)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--threads", type=int, help="default: as torch sets it")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    pack = DiskPack(shipped("tasks") / "samples" / "pope")
    samples = list(load_task("pope").task.samples(pack, "test"))[: arguments.rows]
    with tempfile.TemporaryDirectory() as folder:
        file = _parquet(samples, Path(folder))
        arms: dict[str, Callable[[], list[str]]] = {
            f"omnibench, {AT_ONCE} at a time": lambda: _by_omnibench(samples),
            "lmms-eval, 1 at a time": lambda: _by_lmms(file, Path(folder), 1),
            f"lmms-eval, {AT_ONCE} at a time": lambda: _by_lmms(file, Path(folder), AT_ONCE),
        }
        _compare(arms, len(samples), arguments.runs)


def _compare(arms: dict[str, Callable[[], list[str]]], rows: int, runs: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in arms}
    replies: dict[str, list[str]] = {}
    for _ in range(runs):
        for name, arm in arms.items():
            start = time.perf_counter()
            replies[name] = arm()
            taken[name].append(time.perf_counter() - start)
    print(
        f"{host().cpu}, {torch.get_num_threads()} threads, {MODEL}, {rows} rows, medians of {runs}"
    )
    ours = next(iter(arms))
    for name, seconds in taken.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, taken[ours], strict=True))
        same = sum(a == b for a, b in zip(replies[name], replies[ours], strict=True))
        rate = rows / statistics.median(seconds)
        print(f"{name:28} {rate:8.2f} samples/s, {ratio:5.2f} times the time, {same} replies alike")


def _by_omnibench(samples: list[Sample]) -> list[str]:
    task = load_task("pope").task
    backend = open_backend(MODEL, weights=None, device="cpu", dtype="float32")
    records = evaluate(task, "pope", samples, backend, rules=task.rules, batch_size=AT_ONCE)
    return [(record.reply or "").strip() for record in records]


def _by_lmms(file: Path, folder: Path, at_once: int) -> list[str]:
    from lmms_eval.evaluator import simple_evaluate
    from lmms_eval.tasks import TaskManager

    from omnibench.lmms.definition import yaml_file

    class PopeAlone(TaskManager):  # type: ignore[misc]  # the index of all 1,700 takes seconds
        def initialize_tasks(self, *_: Any, **__: Any) -> Any:
            return {"pope": {"type": "task", "yaml_path": str(yaml_file("pope"))}}

    task = {
        "task": "pope", "dataset_path": "parquet", "dataset_name": None,
        "dataset_kwargs": {"data_files": {"test": str(file)}},
    }  # fmt: skip
    told = SimpleNamespace(process_with_media=False, reasoning_tags=None, output_path=str(folder))
    found = simple_evaluate(
        model="omnibench", model_args=f"model={MODEL},dtype=float32", batch_size=at_once,
        device="cpu", tasks=[task], task_manager=PopeAlone("ERROR"), bootstrap_iters=0,
        cli_args=told, log_samples=True,
    )  # fmt: skip
    rows = sorted(found["samples"]["pope"], key=lambda row: int(row["doc_id"]))
    return [row["filtered_resps"][0] for row in rows]


def _parquet(samples: list[Sample], folder: Path) -> Path:
    """The rows in the hub's form, pictures in the cells."""
    import datasets

    rows = [
        {
            "id": sample.id, "question_id": sample.id, "answer": sample.target,
            "question": sample.prompt.split("\n", 1)[0], "category": sample.facets["category"],
            "image_source": sample.group, "image": sample.images[0].open(),
        }
        for sample in samples
    ]  # fmt: skip
    made = datasets.Dataset.from_list(rows).cast_column("image", datasets.Image())
    made.to_parquet(folder / "pope.parquet")
    return folder / "pope.parquet"


if __name__ == "__main__":
    main()
