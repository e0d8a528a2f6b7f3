"""lmms-eval's files: `*_results.json`, and one `*_samples_TASK.jsonl` a task beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from omnibench.errors import OmnibenchError

_RESULTS = "_results.json"
_FIGURE = re.compile(r"(?P<metric>.+),(?P<filter>[^,]+)")
_RELEASE = re.compile(r"v?(\d+\.\d+\.\d+)@.*")


class _Results(msgspec.Struct, frozen=True):
    results: dict[str, dict[str, Any]]
    configs: dict[str, dict[str, Any]] = {}
    config: dict[str, Any] = {}
    counts: dict[str, dict[str, int]] = msgspec.field(name="n-samples", default_factory=dict)
    lmms_eval_version: str | None = None
    model_name: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One document of a samples file; `values` holds its metrics among other things."""

    doc_id: int
    prompt: str
    target: str
    reply: str
    tokens_in: int | None
    tokens_out: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """One task: its figures (metric, filter) -> value, and its lines where they were kept."""

    name: str
    figures: dict[tuple[str, str], float | None]
    config: Mapping[str, Any]
    asked: int | None
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class ResultsFiles:
    """What one evaluation left. version: None where the files do not say it."""

    file: Path
    model: str
    arguments: str
    settings: Mapping[str, Any]
    version: str | None
    tasks: list[TaskFiles]


def read_results(folder: Path, version: str | None = None) -> ResultsFiles:
    """The files in a folder (or beneath it), or those beside one results file.

    version: of the lmms-eval that wrote them. They hold its git branch and commit alone, where it
    ran from a checkout.
    """
    file = _results_file(folder)
    found = _decoded(file)
    model = found.model_name or found.config.get("model")
    release = _RELEASE.fullmatch(found.lmms_eval_version or "")
    # Groups stand among the results too; they have no documents of their own.
    names = [name for name in found.results if name in found.configs or not found.configs]
    if not names:
        raise OmnibenchError(f"{file} holds no task; give a results file of lmms-eval")
    return ResultsFiles(
        file=file,
        model=str(model or "unknown"),
        arguments=str(found.config.get("model_args") or ""),
        settings=found.config,
        version=version or (release[1] if release else None),
        tasks=[_task(file, found, name) for name in names],
    )


def _results_file(folder: Path) -> Path:
    if folder.is_file():
        return folder
    found = sorted(folder.rglob(f"*{_RESULTS}"))
    if not found:
        raise OmnibenchError(
            f"{folder} holds no *{_RESULTS}; give the folder that lmms-eval wrote (--output_path)"
        )
    if len(found) > 1:
        names = ", ".join(str(file.relative_to(folder)) for file in found[:8])
        raise OmnibenchError(f"{folder} holds {len(found)} evaluations ({names}); name one file")
    return found[0]


def _decoded(file: Path) -> _Results:
    try:
        # lmms-eval writes NaN, which msgspec refuses.
        return msgspec.convert(json.loads(file.read_bytes()), _Results)
    except (ValueError, msgspec.ValidationError) as error:
        raise OmnibenchError(f"{file} is no results file of lmms-eval: {error}") from None


def _task(file: Path, found: _Results, name: str) -> TaskFiles:
    figures: dict[tuple[str, str], float | None] = {}
    for key, value in found.results[name].items():
        match = _FIGURE.fullmatch(key)
        if match is None or "_stderr" in key:
            continue
        plain = isinstance(value, (int, float)) and isfinite(value)
        figures[match["metric"], match["filter"]] = float(value) if plain else None
    if not figures:
        raise OmnibenchError(f"{file} holds no figure of {name}; give a results file of lmms-eval")
    samples = file.with_name(f"{file.name.removesuffix(_RESULTS)}_samples_{name}.jsonl")
    lines = list(_lines(samples)) if samples.exists() else []
    asked = found.counts.get(name, {}).get("effective")
    if lines and asked is not None and len(lines) != asked:
        raise OmnibenchError(
            f"{samples} has {len(lines)} documents where {file.name} counts {asked}; copy it again"
        )
    return TaskFiles(name, figures, found.configs.get(name, {}), asked, lines)


def _lines(file: Path) -> Iterator[Line]:
    """The documents; one that stands there again, through another filter, is left out."""
    seen: set[int] = set()
    with file.open("rb") as opened:
        for number, text in enumerate(opened, start=1):
            try:
                line = _line(json.loads(text))
            except (ValueError, KeyError, TypeError) as error:
                words = f"{type(error).__name__}: {error}"
                raise OmnibenchError(
                    f"{file} line {number} is damaged ({words}); copy the file again"
                ) from None
            if line.doc_id not in seen:
                seen.add(line.doc_id)
                yield line


def _line(found: Mapping[str, Any]) -> Line:
    counts = found.get("token_counts") or [None]
    tokens = counts[0] if isinstance(counts, list) and counts and counts[0] else {}
    return Line(
        doc_id=int(found["doc_id"]),
        prompt=_text(found["input"]),
        target=str(found["target"]),
        reply=_text(found.get("resps", found["filtered_resps"])),
        tokens_in=tokens.get("input_tokens"),
        tokens_out=tokens.get("output_tokens"),
        values=found,
    )


def _text(value: object) -> str:
    """A reply: lmms-eval writes it bare, or in lists of one."""
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        raise TypeError(f"a reply is {value!r}, no text")
    return value.encode(errors="replace").decode()
