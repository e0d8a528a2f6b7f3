"""From names to things: tasks from files, backends from the table of runtimes."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.backends import BUNDLED, FAMILIES, LIBRARIES, MODELS, PREFIXES, RUNTIMES, UNTRAINED
from omnibench.core import Backend, Task
from omnibench.errors import OmnibenchError
from omnibench.hardware import HostRecord
from omnibench.hub.models import pulled_model
from omnibench.resources import shipped

if TYPE_CHECKING:
    from omnibench.data.find import Found

RANDOM = "random"
"""The word for weights that are drawn rather than read."""

TASK_PREFIXES: Mapping[str, str] = {"lmms:": "omnibench.lmms.task:load_task"}
"""Prefix of tasks that come from elsewhere -> "module:function", which takes the rest of the word.
"""


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task and a split of it. source: the user's own file, None for a shipped task.

    find: (--data) -> its data, where that is no pack.
    """

    task: Task
    split: str
    source: Path | None
    find: Callable[[Path | None], Found] | None = None

    @property
    def label(self) -> str:
        """The task's name in records and results: the bare name means the default split."""
        default = self.split == self.task.splits[0]
        return self.task.name if default else f"{self.task.name}:{self.split}"


def task_names() -> list[str]:
    """The shipped tasks."""
    return sorted(path.stem for path in shipped("tasks").glob("*.py"))


def load_tasks(words: str) -> list[NamedTask]:
    """`pope,mmmu:test,./mine.py` or `all` -> tasks; each may stand once."""
    names = task_names() if words == "all" else [word.strip() for word in words.split(",")]
    tasks = [load_task(name) for name in names if name]
    labels = [named.label for named in tasks]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise OmnibenchError(f"--tasks names {twice[0]} twice")
    if not tasks:
        raise OmnibenchError(f"--tasks names no task; known: {', '.join(task_names())}")
    return tasks


def load_task(word: str) -> NamedTask:
    """`pope`, `mmmu:test`, an alias, `./mine.py[:split]`, `lmms:NAME` -> the task and its split."""
    for prefix, loader in TASK_PREFIXES.items():
        if word.startswith(prefix):
            module, _, function = loader.partition(":")
            load = getattr(importlib.import_module(module), function)
            elsewhere: NamedTask = load(word.removeprefix(prefix))
            return elsewhere
    name, _, split = word.partition(":")
    if name.endswith(".py"):
        source: Path | None = Path(name)
        task = _load_file(Path(name))
    else:
        source, (task, meant) = None, _shipped_task(name)
        split = split or meant
    if split and split not in task.splits:
        raise OmnibenchError(f"{task.name} has no split {split!r}; known: {', '.join(task.splits)}")
    return NamedTask(task, split or task.splits[0], source)


def open_backend(model: str, *, weights: str | None, device: str, dtype: str | None) -> Backend:
    """The backend of a model that is named by a word."""
    prefix = next((prefix for prefix in PREFIXES if model.startswith(prefix)), None)
    if prefix == "replay:":
        raise OmnibenchError(f"{model}: recorded replies answer in `omnibench eval` alone")
    if prefix is None and model not in MODELS:
        known = ", ".join([*MODELS, *(words.split(",")[0] for _, words in PREFIXES.values())])
        raise OmnibenchError(f"no model {model!r}; known: {known}")
    if weights == RANDOM:
        raise OmnibenchError("random weights answer nothing: they are for `omnibench perf` alone")
    runtime, _ = MODELS[model] if prefix is None else PREFIXES[prefix]
    module, _, function = RUNTIMES[runtime].partition(":")
    opener = getattr(importlib.import_module(module), function)
    backend: Backend = opener(model, weights=weights, device=device, dtype=dtype)
    return backend


def import_runtime(model: str) -> None:
    """Import what a model runs on, so that opening it takes the time of its weights alone."""
    prefix = next((prefix for prefix in PREFIXES if model.startswith(prefix)), None)
    runtime, _ = MODELS.get(model, ("", "")) if prefix is None else PREFIXES[prefix]
    for module in LIBRARIES.get(runtime, ()):
        importlib.import_module(module)


def weights_for_speed(model: str, weights: str | None) -> str | None:
    """What `open_for_speed` is asked for where a user says `weights`.

    "random" where a named model has none here: speed does not depend on them.
    """
    bare = weights is None and model not in BUNDLED and pulled_model(model) is None
    return RANDOM if bare and _untrained(model) else weights


def open_for_speed(model: str, *, weights: str | None, device: str, dtype: str) -> Backend:
    """The backend of a model to be timed: as `open_backend`, or drawn where `weights` is "random".

    Drawn weights are for timing alone: a reply of theirs says nothing about a model.
    """
    if weights != RANDOM:
        return open_backend(model, weights=weights, device=device, dtype=dtype)
    place = _untrained(model)
    if place is None:
        raise OmnibenchError(f"{model} cannot have random weights: only a model with a name can")
    module, _, function = place.partition(":")
    opener = getattr(importlib.import_module(module), function)
    backend: Backend = opener(model, device=device, dtype=dtype)
    return backend


def default_dtype(machine: HostRecord) -> str:
    """bfloat16 where the processor has it in hardware, else float32."""
    return "bfloat16" if machine.bfloat16_in_hardware else "float32"


def open_replay(spec: str, replies: Mapping[str, Mapping[str, str]]) -> Backend:
    """The backend of recorded replies: task -> id -> reply."""
    from omnibench.backends.replay import ReplayBackend

    digest = hashlib.sha256()
    for task in sorted(replies):
        for row_id, reply in sorted(replies[task].items()):
            digest.update(f"{task}\0{row_id}\0{reply}\0".encode(errors="surrogatepass"))
    name = Path(spec.removeprefix("replay:")).name.removesuffix(".jsonl")
    return ReplayBackend(name, digest.hexdigest(), replies)


def _untrained(model: str) -> str | None:
    """What draws a model's weights; None for one that has no shape of its own."""
    runtime, _ = MODELS.get(model, ("", ""))
    return None if model in FAMILIES else UNTRAINED.get(runtime)


def _shipped_task(name: str) -> tuple[Task, str]:
    """The task of that name or alias, and the split that the alias means ("" for the default)."""
    path = shipped("tasks") / f"{name}.py"
    if name.isidentifier() and path.is_file():
        return _load_file(path), ""
    for known in task_names():
        task = _load_file(shipped("tasks") / f"{known}.py")
        for alias in task.aliases:
            other_name, _, split = alias.partition(":")
            if name == other_name:
                return task, split
    raise OmnibenchError(
        f"no task {name!r}; known: {', '.join(task_names())}, or a task file (./mine.py)"
    )


def _load_file(path: Path) -> Task:
    module_name = f"omnibench_task_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise OmnibenchError(f"no task file {path}; give the path of a Python file with a TASK")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError) as error:
        raise OmnibenchError(f"task file {path} cannot be loaded: {error}") from error
    task = getattr(module, "TASK", None)
    if not isinstance(task, Task):
        raise OmnibenchError(f"task file {path} defines no TASK (an omnibench.core.Task)")
    return task
