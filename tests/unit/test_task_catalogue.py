"""All fifteen benchmarks: what each says of itself, its names and its figures' keys."""

from __future__ import annotations

import pytest

from omnibench.core import Task
from omnibench.loading import load_task, load_tasks, task_names

OTHER_NAMES = {
    "pope_full": "pope",
    "scienceqa_full": "scienceqa",
    "mmmu_val": "mmmu",
    "vqav2_val": "vqav2",
    "ok_vqa": "okvqa",
    "ok_vqa_val2014": "okvqa",
    "textvqa_val": "textvqa",
    "vizwiz_vqa": "vizwiz",
    "vizwiz_vqa_val": "vizwiz",
    "mmbench_en_dev": "mmbench_en",
    "mmbench_en_dev_static": "mmbench_en",
    "mmbench_cn_dev": "mmbench_cn",
}
HEADLINES = {
    "pope": "mean_f1",
    "mmvet": "total",
    "chartqa": "relaxed_accuracy",
    "mmbench_en": "circular_accuracy",
    "mmbench_cn": "circular_accuracy",
    "mme": "perception",
}
DEFAULT_SPLITS = {
    "mmmu": "val",
    "vqav2": "val",
    "okvqa": "val",
    "textvqa": "val",
    "vizwiz": "val",
    "gqa": "testdev_balanced",
    "mmbench_en": "dev",
    "mmbench_cn": "dev",
}
MMES_SUBTASKS = (
    "existence count position color posters celebrity scene landmark artwork OCR"
    " commonsense_reasoning numerical_calculation text_translation code_reasoning"
)


def tasks() -> dict[str, Task]:
    return {named.task.name: named.task for named in load_tasks("all")}


def keys(name: str) -> set[str]:
    return set(load_task(name).task.rules["official"].metrics)


def test_there_are_fifteen() -> None:
    assert len(tasks()) == 15
    assert sorted(tasks()) == task_names()


@pytest.mark.parametrize("name", task_names())
def test_a_task_says_what_it_is(name: str) -> None:
    task = load_task(name).task
    assert task.name == name
    assert task.splits[0] == DEFAULT_SPLITS.get(name, "test")
    assert 0 < task.decoding.max_new_tokens <= 1024
    assert task.decoding.temperature == 0
    assert "20" in task.citation
    assert task.title
    assert task.dataset.licence
    assert next(iter(task.rules)) == "official"
    assert task.rules["official"].headline == HEADLINES.get(name, "accuracy")
    for rule in task.rules.values():
        assert rule.headline in rule.metrics
    assert ("lmms-eval-0.7.3" in task.rules) == (name not in ("mmvet", "ocrvqa"))
    assert name == "mmvet" or "accuracy" in task.rules["official"].metrics


@pytest.mark.parametrize(("other", "name"), OTHER_NAMES.items())
def test_lmms_evals_names_are_taken(other: str, name: str) -> None:
    assert load_task(other).task.name == name


def test_a_name_belongs_to_one_task_alone() -> None:
    names = [*tasks(), *(alias for task in tasks().values() for alias in task.aliases)]
    assert len(names) == len(set(names))


def test_the_keys_of_the_figures() -> None:
    kinds = {"accuracy", "accuracy/yes/no", "accuracy/number", "accuracy/other"}
    assert keys("vqav2") == keys("okvqa") == kinds
    assert keys("textvqa") == keys("vizwiz") == {"accuracy", "vqaeval_accuracy"}
    assert keys("gqa") == {"accuracy", "accuracy/binary", "accuracy/open"}
    assert keys("ai2d") == keys("ocrvqa") == {"accuracy"}
    circular = {"circular_accuracy", "vanilla_accuracy", "accuracy", "circular_accuracy/ocr"}
    assert circular < keys("mmbench_en") == keys("mmbench_cn")
    assert len(keys("mmbench_en")) == 3 + 20
    assert keys("mme") == {"perception", "cognition", "accuracy"} | {
        f"{figure}/{subtask}"
        for figure in ("score", "acc", "acc_plus")
        for subtask in MMES_SUBTASKS.split()
    }
