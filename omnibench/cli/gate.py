"""`omnibench gate init`: a starting gates file for `omnibench compare --gate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    gate = commands.add_parser("gate", help="write a starting gates file for compare")
    actions = gate.add_subparsers(title="actions", metavar="ACTION", required=True)
    parser = actions.add_parser(
        "init",
        help="write a gates file with the margins that a run can show",
        description="Write a gates file: a gate for each headline of the run, with the smallest"
        " loss that such a run would probably show as its margin. Change it as you need.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run, or a folder of runs")
    parser.add_argument("--out", type=Path, default=Path("gates.toml"), metavar="FILE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.report.first_gates import first_gates
    from omnibench.report.opened import open_runs

    text = first_gates(open_runs([arguments.folder]))
    try:
        with arguments.out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OmnibenchError(f"{arguments.out} is there already; --out names another") from None
    words.note(f"{text.count('[[gate]]')} gates in {arguments.out}")
    return 0
