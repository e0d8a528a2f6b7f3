"""Samples through a backend into records. A sample that fails becomes a record; the run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from omnibench.core import (
    Backend,
    Decoding,
    Judge,
    Reading,
    Reply,
    Request,
    Rule,
    Sample,
    SampleRecord,
    Task,
)
from omnibench.engine.seeing import ImageDesk, Opened, SeenImage
from omnibench.errors import JudgeError


@dataclass(frozen=True, slots=True)
class _Asked:
    sample: Sample
    request: Request
    images: tuple[SeenImage, ...]


def evaluate(
    task: Task,
    label: str,
    samples: Iterable[Sample],
    backend: Backend,
    *,
    rules: Mapping[str, Rule],
    judge: Judge | None = None,
    done: Collection[str] = frozenset(),
    batch_size: int = 1,
    on_image: Callable[[Opened], None] | None = None,
) -> Iterator[SampleRecord]:
    """Ask every sample and yield its record, in the order of the samples.

    `label` names the task in the records. `on_image` is told of every image that was decoded. Ids
    in `done` are not yielded again. Batches are cut at the same places whatever is done already,
    so that a resumed run asks a model exactly what the uninterrupted one asked.
    """
    desk = ImageDesk()
    rest = iter(samples)
    while batch := list(islice(rest, batch_size)):
        if all(sample.id in done for sample in batch):
            continue
        asked = [_ask(label, sample, task.decoding, desk) for sample in batch]
        answers = list(_answers(backend, asked))
        for opened in desk.news():
            if on_image is not None:
                on_image(opened)
        for item, (reply, seconds) in zip(asked, answers, strict=True):
            if item.sample.id not in done:
                yield _record(task, item, reply, seconds, rules, judge)


def score(
    sample: Sample, reply: str, rules: Mapping[str, Rule], grades: tuple[float, ...] | None
) -> tuple[dict[str, Reading], dict[str, float]]:
    """What each rule reads in a reply, and its score; a judged rule has one where grades are."""
    readings = {name: rule.read(reply, sample) for name, rule in rules.items()}
    scores = {}
    for name, rule in rules.items():
        if rule.judged:
            if grades:
                scores[name] = sum(grades) / len(grades)
        elif sample.target is not None:
            scores[name] = rule.score(readings[name], sample)
    return readings, scores


def grade(
    task: Task, sample: Sample, reply: str, judge: Judge | None
) -> tuple[tuple[float, ...] | None, str | None]:
    """(the judge's grades, why there are none). Both None where no judge is needed or given."""
    if judge is None or task.judge_prompt is None:
        return None, None
    try:
        return judge.grade(sample.id, task.judge_prompt(sample, reply)), None
    except JudgeError as error:
        return None, f"judge: {error}"


def _ask(label: str, sample: Sample, decoding: Decoding, desk: ImageDesk) -> _Asked:
    images = tuple(SeenImage(image, desk) for image in sample.images)
    return _Asked(sample, Request(label, sample.id, sample.prompt, images, decoding), images)


def _answers(backend: Backend, asked: Sequence[_Asked]) -> Iterator[tuple[Reply | str, float]]:
    """A reply, or what went wrong, and the seconds it took; of a batch, its share of them."""
    start = time.perf_counter()
    if len(asked) > 1:
        try:
            replies = list(backend.generate([item.request for item in asked]))
        except Exception:  # noqa: BLE001 - asked again below, where each failure is recorded
            replies = []
        if len(replies) == len(asked):
            share = (time.perf_counter() - start) / len(asked)
            yield from ((reply, share) for reply in replies)
            return
    for item in asked:
        start = time.perf_counter()
        try:
            (reply,) = backend.generate([item.request])
        except Exception as error:  # noqa: BLE001 - the one place where a failure becomes a record
            yield f"{type(error).__name__}: {error}", time.perf_counter() - start
        else:
            yield reply, time.perf_counter() - start


def _record(
    task: Task,
    item: _Asked,
    reply: Reply | str,
    seconds: float,
    rules: Mapping[str, Rule],
    judge: Judge | None,
) -> SampleRecord:
    sample = item.sample
    failed = isinstance(reply, str)
    # A lone surrogate cannot be written as UTF-8; it becomes "?".
    text = None if isinstance(reply, str) else reply.text.encode(errors="replace").decode()
    readings: dict[str, Reading] = {}
    scores: dict[str, float] = {}
    grades, error = None, reply if isinstance(reply, str) else None
    if text is not None:
        grades, error = grade(task, sample, text, judge)
        readings, scores = score(sample, text, rules, grades)
    return SampleRecord(
        task=item.request.task,
        id=sample.id,
        prompt=sample.prompt,
        target=sample.target,
        reply=text,
        group=sample.group,
        facets=sample.facets,
        choices=sample.choices,
        images=tuple(image.sha256 for image in item.images if image.sha256),
        readings=readings,
        scores=scores,
        grades=grades,
        error=error,
        tokens_in=None if isinstance(reply, str) else reply.tokens_in,
        tokens_out=None if isinstance(reply, str) else reply.tokens_out,
        seconds=None if failed else seconds,
    )
