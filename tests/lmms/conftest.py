from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

COLOURS = ("red", "green", "blue", "white")


@pytest.fixture(autouse=True)
def installed() -> None:
    if importlib.util.find_spec("lmms_eval") is None:
        pytest.skip("lmms-eval is not installed here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Parquet files of the hub's form for three tasks, two questions a picture."""
    import datasets

    made_rows = {"pope": pope_rows(72), "mmstar": mmstar_rows(96), "ai2d": ai2d_rows(40)}
    for name, rows in made_rows.items():
        made = datasets.Dataset.from_list(rows).cast_column("image", datasets.Image())
        (tmp_path / "data" / name).mkdir(parents=True)
        split = "val" if name == "mmstar" else "test"
        made.to_parquet(tmp_path / "data" / name / f"{split}-00000-of-00001.parquet")
    return tmp_path / "data"


def picture(number: int) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (40, 30), (number * 37 % 256, number * 91 % 256, 80))


def pope_rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": str(n), "question_id": str(n), "question": f"Is there a cup {n} in the image?",
            "answer": ("no", "yes")[n % 2], "category": ("popular", "random")[n % 2],
            "image_source": str(n // 2), "image": picture(n // 2),
        }
        for n in range(count)
    ]  # fmt: skip


def mmstar_rows(count: int) -> list[dict[str, Any]]:
    options = ", ".join(f"{letter}: {c}" for letter, c in zip("ABCD", COLOURS, strict=True))
    return [
        {
            "index": n, "question": f"Which colour {n}?\nOptions: {options}",
            "answer": "ABCD"[n % 4], "category": ("math", "logical reasoning")[n % 2],
            "l2_category": "xyz"[n % 3], "image": picture(n // 2),
        }
        for n in range(count)
    ]  # fmt: skip


def ai2d_rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "question": f"Which colour {n}?", "options": list(COLOURS), "answer": str(n % 4),
            "image": picture(n // 2),
        }
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def evaluated(tmp_path: Path) -> Callable[..., Path]:
    """Run lmms-eval itself on one of these tasks with our model; its output folder."""

    def evaluate(name: str, data: Path, **options: Any) -> dict[str, Any]:
        from types import SimpleNamespace

        from lmms_eval.evaluator import simple_evaluate
        from lmms_eval.tasks import TaskManager

        class OneTask(TaskManager):  # the index of all 1,700 takes many seconds
            def initialize_tasks(
                self, include_path: Any = None, include_defaults: Any = True
            ) -> Any:
                from omnibench.lmms.definition import yaml_file

                return {name: {"type": "task", "yaml_path": str(yaml_file(name))}}

        split = "val" if name == "mmstar" else "test"
        files = [str(file) for file in (data / name).glob("*.parquet")]
        task = {
            "task": name, "dataset_path": "parquet", "dataset_name": None,
            "dataset_kwargs": {"data_files": {split: files}},
        }  # fmt: skip
        told = SimpleNamespace(
            process_with_media=False, reasoning_tags=None, output_path=str(tmp_path)
        )
        found: dict[str, Any] = simple_evaluate(
            **{"model": "omnibench", "model_args": "model=fake", "batch_size": 8} | options,
            tasks=[task], task_manager=OneTask("ERROR"), bootstrap_iters=0, cli_args=told,
        )  # fmt: skip
        return found

    return evaluate
