"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

PLAIN_EVERY_S = 30.0


def track(items: Iterable[Item], *, title: str, total: int, done: int = 0) -> Iterator[Item]:
    """Yield the items and show how far they have come, on stderr."""
    if sys.stderr.isatty():
        return _bar(items, title, total, done)
    return _lines(items, title, total, done)


def _bar(items: Iterable[Item], title: str, total: int, done: int) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(title, total=total, completed=done)
        for item in items:
            progress.advance(bar)
            yield item


def _lines(items: Iterable[Item], title: str, total: int, done: int) -> Iterator[Item]:
    shown = time.monotonic()
    for number, item in enumerate(items, start=done + 1):
        now = time.monotonic()
        if now - shown >= PLAIN_EVERY_S:
            shown = now
            print(f"{title}: {number} of {total}", file=sys.stderr, flush=True)
        yield item
