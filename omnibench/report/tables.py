"""Tables drawn as text."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from omnibench.report.text import plain

_WIDTH_ELSEWHERE = 140


def width() -> int:
    """Columns of the terminal; enough for any table where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_ELSEWHERE


def drawn(table: Table, columns: int) -> str:
    """The table as plain text, at most so wide."""
    console = Console(file=StringIO(), width=columns, force_terminal=False)
    console.print(table)
    return console.file.getvalue().rstrip()  # type: ignore[attr-defined, no-any-return]


def numbers_table(*columns: str) -> Table:
    """A table of words in the first column and numbers in the others."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    return table


def row(table: Table, *cells: str) -> None:
    """Add a row; what stands in it cannot steer the terminal."""
    table.add_row(*(Text(plain(cell)) for cell in cells))


def wrapped(lines: Sequence[str], columns: int) -> Iterator[str]:
    """Sentences broken at the width; tables, which have line ends, are within it already."""
    for line in lines:
        if "\n" in line or len(line) <= columns:
            yield line
        else:
            yield from textwrap.wrap(line, columns, subsequent_indent="  ", break_long_words=False)
