"""Which samples a page shows, and what it shows of them: flips and misses first, never all."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from omnibench.core import Reading, SampleRecord
from omnibench.errors import OmnibenchError
from omnibench.plan import EvalPlan
from omnibench.report.opened import OpenedEval
from omnibench.report.thumbnails import Pictures

MOST_CARDS = 180
"""Samples on a page, shared out among its tasks."""

KINDS: Mapping[str, str] = {
    "lost": "flip: right, then not",
    "gained": "flip: right only later",
    "failed": "failed",
    "unread": "unread",
    "wrong": "wrong",
    "partly": "partly right",
    "right": "right",
}
"""What samples are listed under, in the order in which they are shown; runs are in theirs."""

_HALF = ("lost", "gained", "failed", "unread")
"""Kinds that take at most half of the places that are left, so that the others are seen too."""


class Outcome(IntEnum):
    """What became of one sample in one run."""

    ABSENT = 0
    UNGRADED = 1
    FAILED = 2
    UNREAD = 3
    WRONG = 4
    PARTLY = 5
    RIGHT = 6


WORDS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.UNGRADED: ("?", "not graded"),
    Outcome.FAILED: ("!", "failed"),
    Outcome.UNREAD: ("∅", "unread"),
    Outcome.WRONG: ("✗", "wrong"),
    Outcome.PARTLY: ("◑", "partly right"),
    Outcome.RIGHT: ("✓", "right"),
}
"""Symbol and word of each outcome."""

_MISSES = frozenset({Outcome.FAILED, Outcome.UNREAD, Outcome.WRONG})

Key = tuple[str, str, str]
"""(task, SHA-256 of its rows, id): what is one sample in several runs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run made of a sample. answer: what the first rule read."""

    run: str
    reply: str | None
    answer: str | None
    symbol: str
    outcome: str
    score: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """One sample with the answers of all runs that were asked it in the same words."""

    task: str
    id: str
    kind: str
    prompt: str
    target: str | None
    choices: tuple[str, ...]
    facets: Mapping[str, str]
    thumbnails: tuple[str, ...]
    pictures: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Browser:
    """The samples of a page. total: how many the runs hold; without: why there is no thumbnail."""

    cards: tuple[Card, ...]
    total: int
    flips: int
    thumbnails_left_out: int


def browse(evals: Sequence[OpenedEval], most: int = MOST_CARDS) -> Browser:
    """Read all records twice: once for what became of each, once for those that are shown.

    Raises OmnibenchError where records are damaged, or are not those that the results speak of.
    """
    outcomes = _outcomes(evals)
    kinds = {key: _kind(codes) for key, codes in outcomes.items()}
    chosen = choose(kinds, most)
    found = _records(evals, chosen)
    pictures = Pictures([made.run.folder for made in evals])
    cards = [
        card for key in chosen for card in _cards(key, kinds[key], found.get(key, []), pictures)
    ]
    flips = sum(kind in ("lost", "gained") for kind in kinds.values())
    return Browser(tuple(cards), len(kinds), flips, pictures.left_out)


def choose(kinds: Mapping[Key, str], most: int) -> list[Key]:
    """At most `most` samples: each task its share, in each the kinds in the order of _KINDS.

    Within a kind the choice is by a checksum of the id, so that it is the same in every run.
    """
    tasks: dict[str, dict[str, list[Key]]] = {}
    for key, kind in kinds.items():
        tasks.setdefault(key[0], {}).setdefault(kind, []).append(key)
    share = max(1, most // max(1, len(tasks)))
    chosen: list[Key] = []
    for by_kind in tasks.values():
        left = share
        for kind in KINDS:
            keys = sorted(by_kind.get(kind, ()), key=_rank)
            taken = keys[: _places(kind, left, share)]
            chosen += taken
            left -= len(taken)
    order = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(chosen, key=lambda key: order[kinds[key]])


def _places(kind: str, left: int, share: int) -> int:
    """How many samples of a kind are shown, of the places that a task has left."""
    if kind in _HALF:
        return (left + 1) // 2
    if kind == "right":
        return left
    # The last places are for right answers: a page of misses alone would mislead.
    return max(0, left - share // 6)


def _outcomes(evals: Sequence[OpenedEval]) -> dict[Key, bytearray]:
    outcomes: dict[Key, bytearray] = {}
    for number, made in enumerate(evals):
        rows = _rows_of(made.run.plan)
        count = 0
        for record in made.run.records():
            key = (record.task, rows[record.task], record.id)
            codes = outcomes.get(key)
            if codes is None:
                codes = outcomes[key] = bytearray(len(evals))
            codes[number] = _outcome(record)
            count += 1
        _check_count(made, count)
    return outcomes


def _check_count(made: OpenedEval, count: int) -> None:
    if made.results is None:
        return
    told = sum(task.n for task in made.results.tasks.values())
    if count != told:
        raise OmnibenchError(
            f"{made.run.folder}: results.json speaks of {told} samples, samples.jsonl holds"
            f" {count}; restore it, or make the figures anew with `omnibench score`"
        )


def _records(
    evals: Sequence[OpenedEval], chosen: Iterable[Key]
) -> dict[Key, list[tuple[str, SampleRecord]]]:
    wanted = set(chosen)
    found: dict[Key, list[tuple[str, SampleRecord]]] = {}
    for made in evals:
        rows = _rows_of(made.run.plan)
        for record in made.run.records():
            key = (record.task, rows[record.task], record.id)
            if key in wanted:
                found.setdefault(key, []).append((made.name, record))
    return found


def _rows_of(plan: EvalPlan) -> dict[str, str]:
    return {task.label: task.rows_sha256 for task in plan.tasks}


def _outcome(record: SampleRecord) -> Outcome:
    """By the first rule; an unread reply is unread whatever the rule makes of it."""
    if record.reply is None:
        return Outcome.FAILED
    if not record.scores:
        return Outcome.UNGRADED
    reading = next(iter(record.readings.values()), None)
    if reading is not None and reading.unread:
        return Outcome.UNREAD
    score = next(iter(record.scores.values()))
    return Outcome.RIGHT if score >= 1 else Outcome.PARTLY if score > 0 else Outcome.WRONG


def _kind(codes: bytearray) -> str:
    """What a sample is listed under: the most telling of what became of it in all runs."""
    present = [code for code in codes if code]
    if Outcome.RIGHT in present and set(present) & _MISSES:
        return "lost" if present[0] == Outcome.RIGHT else "gained"
    for outcome, kind in (
        (Outcome.FAILED, "failed"),
        (Outcome.UNREAD, "unread"),
        (Outcome.WRONG, "wrong"),
        (Outcome.PARTLY, "partly"),
    ):
        if outcome in present:
            return kind
    return "right"


def _rank(key: Key) -> tuple[int, str]:
    return zlib.crc32(key[2].encode()), key[2]


def _cards(
    key: Key, kind: str, found: Sequence[tuple[str, SampleRecord]], pictures: Pictures
) -> Iterator[Card]:
    by_prompt: dict[str, list[tuple[str, SampleRecord]]] = {}
    for run, record in found:
        by_prompt.setdefault(record.prompt, []).append((run, record))
    for prompt, asked in by_prompt.items():
        first = asked[0][1]
        shown = {sha: None for _, record in asked for sha in record.images}
        yield Card(
            task=key[0],
            id=key[2],
            kind=kind,
            prompt=prompt,
            target=_joined(first.target),
            choices=first.choices or (),
            facets={name: _joined(value) or "" for name, value in first.facets.items()},
            thumbnails=tuple(pictures.data_urls(list(shown))),
            pictures=len(shown),
            answers=tuple(_answer(run, record) for run, record in asked),
        )


def _answer(run: str, record: SampleRecord) -> Answer:
    symbol, outcome = WORDS[_outcome(record)]
    reading = next(iter(record.readings.values()), Reading(None))
    score = next(iter(record.scores.values()), None)
    return Answer(run, record.reply, reading.answer, symbol, outcome, score, record.error)


def _joined(value: str | tuple[str, ...] | None) -> str | None:
    """Several annotators' answers: each once, with how many gave it."""
    if not isinstance(value, tuple):
        return value
    return " · ".join(
        f"{text} ({count})" if (count := value.count(text)) > 1 else text
        for text in dict.fromkeys(value)
    )
