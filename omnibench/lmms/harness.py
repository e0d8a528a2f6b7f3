"""lmms-eval's own code at work: its documents, its prompts, its scoring. No network is used."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import datasets
import lmms_eval.api.metrics  # noqa: F401  # registers the metrics that tasks name
import loguru
from lmms_eval.api.reasoning import parse_reasoning_tags_config, strip_reasoning_tags
from lmms_eval.api.task import ConfigurableTask

from omnibench.errors import OmnibenchError
from omnibench.lmms.definition import Definition
from omnibench.lmms.generation import ended, endings

_REASONING = '[["<think>", "</think>"], ["<analysis>", "</analysis>"]]'
"""What lmms-eval's command line takes out of replies where a task does not say."""
_FAILURES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip


class _Task(ConfigurableTask):  # type: ignore[misc]  # lmms-eval has no types
    """A task of lmms-eval that gives up at once where its data is not there.

    given: a document to score by; the task's own data is then not opened.
    """

    def __init__(self, settings: dict[str, Any], given: Mapping[str, Any] | None = None) -> None:
        self._given = given
        super().__init__(config=settings)

    def download(self, dataset_kwargs: dict[str, Any] | None = None) -> None:
        """Open the data. lmms-eval would try five times, two seconds apart."""
        if self._given is None:
            ConfigurableTask.download.__wrapped__(self, dataset_kwargs)
            return
        split = self.config.test_split or self.config.validation_split
        rows = datasets.Dataset.from_list([dict(self._given)])
        self.dataset = self.dataset_no_image = datasets.DatasetDict({split: rows})


def open_task(definition: Definition, files: list[str]) -> Any:
    """The task with its data: local parquet files, or what lies in the hub's cache."""
    _quiet()
    settings = copy.deepcopy(dict(definition.settings))
    wanted = dict(settings.get("dataset_kwargs") or {})
    # A token is asked for even where the data is public, or has been fetched.
    wanted.pop("token", None)
    settings["dataset_kwargs"] = wanted
    if files:
        data_files = {"data_files": {definition.split: files}}
        settings.update(dataset_path="parquet", dataset_name=None, dataset_kwargs=data_files)
    try:
        return _Task(settings)
    except (OSError, ValueError, LookupError, datasets.exceptions.DatasetsError) as error:
        what = ", ".join(files) if files else f"{settings.get('dataset_path')} in the hub's cache"
        words = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise OmnibenchError(
            f"lmms:{definition.name} cannot read its data, {what} ({words});"
            " eval uses no network: fetch the dataset first, or name a folder of its parquet files"
            " with --data"
        ) from error


class Scorer:
    """Scores replies by a task's own functions, from the words of a document alone."""

    def __init__(self, definition: Definition) -> None:
        _quiet()
        self._definition = definition
        self._endings = endings(definition.generation)
        self._made: Any = None

    def values(self, document: str, reply: str) -> dict[str, dict[str, Any]]:
        """Filter -> metric -> what the task makes of the reply.

        document: JSON. Raises OmnibenchError where the task's code fails on it.
        """
        task = self._task(document)
        held = SimpleNamespace(resps=[ended(reply, self._endings)], filtered_resps={})
        own = task.config.reasoning_tags
        tags = parse_reasoning_tags_config(cli_value=_REASONING, task_value=own)
        found = {}
        try:
            for ensemble in task._filters:
                ensemble.apply([held], [json.loads(document)])
            for name, text in held.filtered_resps.items():
                if tags is not None and isinstance(text, str):
                    text = strip_reasoning_tags(text, tags)
                score = ConfigurableTask.process_results.__wrapped__
                found[name] = _plain(score(task, json.loads(document), [text]))
        except _FAILURES as error:
            name, words = self._definition.name, f"{type(error).__name__}: {error}"
            raise OmnibenchError(f"lmms:{name} failed to score {document[:60]}: {words}") from error
        return found

    def _task(self, document: str) -> Any:
        if self._made is None:
            settings = copy.deepcopy(dict(self._definition.settings))
            self._made = _Task(settings, given=json.loads(document))
        return self._made


def documents(task: Any, split: str) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
    """Each document's words, and the bytes of its images, none of which is decoded."""
    words = task.dataset_no_image[split]
    raw = task.dataset[split]
    columns = [name for name, kind in raw.features.items() if isinstance(kind, datasets.Image)]
    images = raw.select_columns(columns)
    for name in columns:
        images = images.cast_column(name, datasets.Image(decode=False))
    for number, document in enumerate(words):
        cells = images[number] if columns else {}
        held = [cell for cell in cells.values() if cell]
        yield document, [cell["bytes"] or str(cell["path"]).encode() for cell in held]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """What scoring gave, as a record can hold it: numbers, texts, lists and tables of them."""
    made: dict[str, Any] = json.loads(json.dumps(dict(values), default=_number))
    return made


def _number(value: Any) -> Any:
    if hasattr(value, "item"):  # NumPy's numbers
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be kept in a record")


def _quiet() -> None:
    """Errors alone, and on stderr: lmms-eval logs to stdout, which is a command's own."""
    loguru.logger.remove()
    loguru.logger.add(sys.stderr, level="ERROR")
    datasets.disable_progress_bars()
