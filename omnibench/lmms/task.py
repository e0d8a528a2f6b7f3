"""A task of lmms-eval as one of ours: `lmms:NAME`.

A sample's target holds the right answer and, as JSON, the words of its document: so that a run can
be scored again where lmms-eval is installed, without the data.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench.core import Dataset, Pack, Reading, Rule, Sample, Scored, Target, Task
from omnibench.data.find import Found
from omnibench.data.pack import DiskPack, PackHeader
from omnibench.errors import OmnibenchError
from omnibench.lmms import installed
from omnibench.lmms.definition import Definition, define
from omnibench.lmms.generation import DEFAULT_NEW_TOKENS, decoding, sets_length
from omnibench.lmms.metrics import metrics, number
from omnibench.lmms.pictures import Picture, flat
from omnibench.loading import NamedTask

if TYPE_CHECKING:
    from omnibench.lmms.harness import Scorer

_LOGGER = logging.getLogger(__name__)

PREFIX = "lmms:"

_OVERALL = ("average", "overall", "Overall", "accuracy", "acc", "exact_match")
"""Names of a figure over all documents; the first that a task has is its headline."""


def load_task(word: str) -> NamedTask:
    """`mmstar` or `mmstar:val` -> the task; its data is looked for when it is asked."""
    name, _, split = word.partition(":")
    version = installed.version()
    installed.stay_offline()
    definition = define(name)
    if split and split != definition.split:
        raise OmnibenchError(f"{PREFIX}{name} asks the split {definition.split!r} alone")
    task = _task(definition, version)
    return NamedTask(task, definition.split, None, find=partial(find, definition))


def find(definition: Definition, data: Path | None) -> Found:
    """The documents: of parquet files in `data` (or in its folder of the task's name)."""
    from omnibench.lmms.harness import open_task

    files: list[str] = []
    if data is not None:
        own = data / definition.name
        folder = own if own.is_dir() else data
        every = sorted(folder.glob("*.parquet"))
        files = [str(f) for f in every if f.name.startswith(definition.split)] or list(
            map(str, every)
        )
        if not files:
            raise OmnibenchError(f"--data {data} holds no parquet file for lmms:{definition.name}")
    if not sets_length(definition.generation):
        _LOGGER.warning(
            "lmms:%s sets no length of replies: %d new tokens", definition.name, DEFAULT_NEW_TOKENS
        )
    opened = open_task(definition, files)
    return Found(HarnessPack(definition, opened, data), "full" if data is None else "custom")


class HarnessPack(DiskPack):
    """The documents of a task of lmms-eval; those that show the same image are one cluster."""

    def __init__(self, definition: Definition, opened: Any, data: Path | None) -> None:
        from omnibench.lmms.harness import documents

        self.opened = opened
        self.split = definition.split
        self.files = []
        self.folder = data or Path(str(definition.settings.get("dataset_path")))
        self.words: list[tuple[str, str]] = []
        self._pictures: dict[int, int] = {}
        digest = hashlib.sha256()
        for document, images in documents(opened, self.split):
            words = _words(document)
            seen = hashlib.sha256(b"".join(images)).hexdigest()[:16] if images else ""
            digest.update(f"{words}\0{seen}\0".encode(errors="surrogatepass"))
            self.words.append((words, seen))
        self.header = PackHeader(
            task=PREFIX + definition.name,
            name=str(definition.settings.get("dataset_path")) if data is None else data.name,
            rows=len(self.words),
            rows_sha256=digest.hexdigest(),
            source="lmms-eval",
            licence="the dataset's own",
        )

    def ids(self) -> list[str]:
        """The documents' places, which are lmms-eval's ids of them."""
        return [str(number) for number in range(len(self.words))]

    def visuals(self, number: int) -> list[Any]:
        """What the task shows of a document."""
        return list(flat(self.opened.doc_to_visual(self.opened.dataset[self.split][number])))

    def pictures(self, number: int) -> int:
        """How many; one that cannot be opened is found out when a model asks for it."""
        if number not in self._pictures:
            try:
                self._pictures[number] = len(self.visuals(number))
            except (OSError, ValueError, LookupError, TypeError, AttributeError):
                self._pictures[number] = 1
        return self._pictures[number]


def samples(name: str, pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a document."""
    if not isinstance(pack, HarnessPack):
        raise OmnibenchError(f"{name} reads lmms-eval's documents, not the pack {pack.name}")
    for number_, (words, group) in enumerate(pack.words):
        document = json.loads(words)
        prompt = pack.opened.fewshot_context(document, 0)
        if not isinstance(prompt, str):
            raise OmnibenchError(f"{name} document {number_}: its prompt is no text")
        yield Sample(
            id=str(number_),
            prompt=prompt,
            target=(_shown(pack.opened.doc_to_target(document)), words),
            images=tuple(
                Picture(
                    f"{name} document {number_} picture {place}",
                    partial(pack.visuals, number_),
                    place,
                )
                for place in range(pack.pictures(number_))
            ),
            group=group,
        )


class _Reader:
    """Reads by lmms-eval's scoring: a reading's answer is, as JSON, what it made of the reply."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._scorer: Scorer | None = None

    def read(self, reply: str, sample: Sample) -> Reading:
        values = self._values(sample.target, reply)
        return Reading(json.dumps(values, ensure_ascii=False), unread=not reply.strip())

    def values(self, row: Scored) -> dict[str, dict[str, Any]]:
        """A sample that failed counts as an empty reply."""
        if row.reading.answer is None:
            return self._values(row.target, "")
        made: dict[str, dict[str, Any]] = json.loads(row.reading.answer)
        return made

    def _values(self, target: Target, reply: str) -> dict[str, dict[str, Any]]:
        if not isinstance(target, tuple) or len(target) != 2:
            raise OmnibenchError(
                f"lmms:{self._definition.name} cannot be scored again: the run holds no documents,"
                " for it was imported; its figures are those of its results file"
            )
        if self._scorer is None:
            from omnibench.lmms.harness import Scorer

            self._scorer = Scorer(self._definition)
        return self._scorer.values(target[1], reply)


def _task(definition: Definition, version: str) -> Task:
    reader = _Reader(definition)
    entries = definition.settings.get("metric_list") or []
    found = metrics(definition.filters, entries, reader.values)
    if not found:
        raise OmnibenchError(f"lmms:{definition.name} gives no figure, only a file for a server")
    headline = next((key for key in _OVERALL if key in found), next(iter(found)))

    def score(reading: Reading, sample: Sample) -> float:
        values = json.loads(reading.answer or "{}")
        numbers = (number(v) for metric in values.values() for v in metric.values())
        return next((value for value in numbers if value is not None), 0.0)

    name = PREFIX + definition.name
    return Task(
        name=name,
        title=f"{definition.name} of lmms-eval {version}",
        version=1,
        splits=(definition.split,),
        dataset=Dataset(
            hub=str(definition.settings.get("dataset_path")),
            licence="the dataset's own",
            config=definition.settings.get("dataset_name"),
        ),
        citation=f"lmms-eval {version}, tasks/{definition.name}",
        decoding=decoding(definition.generation),
        samples=partial(samples, name),
        rules={f"lmms-eval-{version}": Rule(reader.read, score, found, headline)},
    )


def _shown(target: object) -> str:
    if isinstance(target, (list, tuple)):
        return "; ".join(map(str, target))
    return str(target)


def _words(document: dict[str, Any]) -> str:
    """A document as JSON, less its images and sounds."""
    return json.dumps(document, ensure_ascii=False, default=_left_out)


def _left_out(value: object) -> None:
    """Bytes, pictures and sounds stay in the data; whatever else is no text is refused."""
    if isinstance(value, bytes) or type(value).__module__.startswith(("PIL.", "torch", "datasets")):
        return
    raise OmnibenchError(f"a document holds a {type(value).__name__}, which no record can hold")
