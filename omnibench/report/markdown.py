"""Markdown that outside text cannot steer: every mark of it that means something is an entity."""

from __future__ import annotations

import re
from collections.abc import Sequence

from omnibench.report.text import plain

MAX_CELL = 300
"""Characters of one cell; what is cut off says so."""

# A point matters in "www." alone, and brackets make a link only with what follows them.
_MEANS_SOMETHING = re.compile(r"(?<=[wW])\.|[!-~](?<![A-Za-z0-9 .,%;'?/=+\-\[\]])")


def cell(text: str) -> str:
    """Outside text for within a line: no link, tag, mention or column comes of it.

    An entity never stands for a mark that means something (CommonMark, section 2.5).
    """
    shown = plain(text[:MAX_CELL])
    if len(text) > MAX_CELL:
        shown += f" … ({len(text) - MAX_CELL:,} characters more)"
    return _MEANS_SOMETHING.sub(lambda mark: f"&#{ord(mark[0])};", shown)


def code(text: str) -> str:
    """Outside text in the face of code."""
    return f"<code>{cell(text)}</code>" if text else ""


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> list[str]:
    """The lines of a table of cells that are Markdown already; of more than `most` rows the first.

    A column whose name ends in ":" is aligned to the right.
    """
    if not rows:
        return []
    names = [name.removesuffix(":") for name in columns]
    rules = ["---:" if name.endswith(":") else "---" for name in columns]
    lines = [_row(names), _row(rules), *map(_row, rows[:most])]
    if len(rows) > most:
        lines += ["", f"… {len(rows) - most:,} more in the report"]
    return [*lines, ""]


def cut(lines: Sequence[str], most_bytes: int) -> str:
    """The lines as one text of at most so many bytes, which says where it was cut."""
    last = "\n… cut off here, where a job's summary is full; the rest is in the report\n"
    room = most_bytes - len(last.encode())
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            return "\n".join(kept) + "\n" + last
        kept.append(line)
    return "\n".join(kept) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
