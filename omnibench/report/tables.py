"""Tables drawn as text."""

from __future__ import annotations

import shutil
import sys
from io import StringIO

from rich.console import Console
from rich.table import Table

_WIDTH_ELSEWHERE = 140


def width() -> int:
    """Columns of the terminal; enough for any table where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_ELSEWHERE


def drawn(table: Table, columns: int) -> str:
    """The table as plain text, at most so wide."""
    console = Console(file=StringIO(), width=columns, force_terminal=False)
    console.print(table)
    return console.file.getvalue().rstrip()  # type: ignore[attr-defined, no-any-return]
