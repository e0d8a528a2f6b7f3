"""`omnibench report`: runs into one HTML page, tables, JUnit or Markdown."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.report.headlines import Headline
    from omnibench.report.history import Entry
    from omnibench.report.opened import Opened

INCONCLUSIVE = 3


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "report",
        help="runs as one HTML page, as CSV, JUnit or Markdown",
        description="Make pages and tables of runs. What a run does not hold is shown as missing."
        " Exit code 3 where a run was cut off: it is shown as such, without figures.",
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folders, or folders of runs"
    )
    flag = parser.add_argument
    flag("--html", type=Path, metavar="FILE", help="write one self-contained page")
    flag("--csv", type=Path, metavar="DIR", help="write the tables behind it, a file each")
    flag("--junit", type=Path, metavar="FILE", help="write JUnit XML, a testcase a headline")
    flag("--summary", type=Path, metavar="FILE", help="write Markdown for a CI job's summary")
    flag("--history", type=Path, metavar="FILE", help="add the headlines to it; --html shows it")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.report.headlines import headlines
    from omnibench.report.history import add_to_history
    from omnibench.report.opened import open_runs

    files = [arguments.html, arguments.junit, arguments.summary, arguments.history]
    check_writable(file for file in files if file is not None)
    opened = open_runs(arguments.runs)
    found = headlines(opened)
    history = [] if arguments.history is None else add_to_history(arguments.history, found)
    if arguments.html is not None:
        _write_html(arguments.html, opened, history)
    if arguments.csv is not None:
        _write_csv(arguments.csv, opened)
    _write_for_ci(arguments, found)
    _show(arguments, opened, found)
    for made in opened.unfinished:
        words.note(f"{made.run.folder} was cut off; it has no figures yet")
    return INCONCLUSIVE if opened.unfinished else 0


def check_writable(files: Any) -> None:
    """Raise OmnibenchError for the first file that cannot be written, before any work is done."""
    for file in files:
        if file.is_dir():
            raise OmnibenchError(f"{file} is a folder; name a file in it")
        if not file.parent.is_dir():
            raise OmnibenchError(f"{file} cannot be written: there is no folder {file.parent}")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise OmnibenchError(f"{file} cannot be written: permission denied")


def _write_html(path: Path, opened: Opened, history: list[Entry]) -> None:
    from omnibench.report.html import write_page
    from omnibench.report.page import page_of

    write_page(path, page_of(opened, history=history))
    words.note(f"page {path}")


def _write_csv(folder: Path, opened: Opened) -> None:
    from omnibench.report.frames import frames_of, write_csv

    for path in write_csv(frames_of(opened), folder):
        words.note(f"table {path}")


def _write_for_ci(arguments: argparse.Namespace, found: list[Headline]) -> None:
    from omnibench.report.junit import cases_of_headlines, junit_xml
    from omnibench.report.summary import headlines_markdown

    if arguments.junit is not None:
        arguments.junit.write_bytes(junit_xml(cases_of_headlines(found)))
    if arguments.summary is not None:
        arguments.summary.write_text(headlines_markdown(found), encoding="utf-8")


def _show(arguments: argparse.Namespace, opened: Opened, found: list[Headline]) -> None:
    """On stdout: one JSON document, or, where no file was asked for, the tables of `eval`."""
    if arguments.json:
        from omnibench.report.caveats import caveats

        runs = [
            {"run": str(made.run.folder), "name": made.name, "results": made.results}
            for made in opened.runs
        ]
        figures = [
            {"run": one.run, "model": one.model, "name": one.name, "value": one.value}
            for one in found
        ]
        words.print_json({"runs": runs, "headlines": figures, "caveats": caveats(opened)})
        return
    asked = (arguments.html, arguments.csv, arguments.junit, arguments.summary, arguments.history)
    if any(each is not None for each in asked):
        return
    from omnibench.report.terminal import results_page

    for made in opened.evals:
        if made.results is not None:
            print(results_page(made.results, made.run.folder))
    from omnibench.report.perf_terminal import perf_page

    for timed in opened.perfs:
        if timed.results is not None:
            print(perf_page(timed.results, timed.run.folder))
