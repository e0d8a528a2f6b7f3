"""`omnibench compare`: two runs side by side and, with a gates file, a verdict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words
from omnibench.cli.report import check_writable

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.report.comparison import Comparison
    from omnibench.report.opened import Opened
    from omnibench.report.verdict import Verdict

_FINGERPRINTS = ("data", "prompt", "rule", "machine", "threads", "dtype", "cases")


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "compare",
        help="compare two runs on the same samples; with a gate: pass, fail or inconclusive",
        description="Compare two runs, or two folders of runs: accuracy paired on the same samples,"
        " timings by runs. Exit code with --gate: 0 pass, 1 fail, 3 inconclusive; without: 0.",
    )
    parser.add_argument("base", type=Path, metavar="BASE", help="a run, or a folder of runs")
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE")
    flag = parser.add_argument
    flag("--gate", type=Path, metavar="FILE", help="what must hold; see `omnibench gate init`")
    flag("--html", type=Path, metavar="FILE", help="write the report as one page")
    flag("--junit", type=Path, metavar="FILE", help="write JUnit XML, a testcase a gate")
    flag("--summary", type=Path, metavar="FILE", help="write Markdown for a CI job's summary")
    flag("--history", type=Path, metavar="FILE", help="add the candidate's headlines to it")
    flag(
        "--even-if",
        type=_fingerprints,
        default=(),
        metavar="F[,F]",
        help=f"compare although these differ: {', '.join(_FINGERPRINTS)}",
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from omnibench.report.comparing import compare
    from omnibench.report.comparison_page import comparison_page
    from omnibench.report.gates import check_gates, read_gates
    from omnibench.report.judging import judge
    from omnibench.report.opened import open_runs

    files = [arguments.html, arguments.junit, arguments.summary, arguments.history]
    check_writable(file for file in files if file is not None)
    gates = read_gates(arguments.gate) if arguments.gate else ()
    base, candidate = open_runs([arguments.base]), open_runs([arguments.candidate])
    _say_whose_code(base, candidate)
    comparison = compare(base, candidate, arguments.even_if)
    check_gates(gates, comparison)
    verdict = judge(gates, comparison) if gates else None
    _write_files(arguments, candidate, comparison, verdict)
    if arguments.json:
        words.print_json(_document(comparison, verdict))
    else:
        print(comparison_page(comparison, verdict))
    return verdict.exit_code if verdict else 0


def _say_whose_code(base: Opened, candidate: Opened) -> None:
    """Metrics of a user's own task are made by that file's code."""
    tasks = [task for made in (*base.evals, *candidate.evals) for task in made.run.plan.tasks]
    for source in dict.fromkeys(task.source for task in tasks if task.source is not None):
        words.note(f"runs the code of {source}, a task file that a run names")


def _document(comparison: Comparison, verdict: Verdict | None) -> dict[str, object]:
    document: dict[str, object] = {"comparison": comparison, "verdict": None}
    if verdict is not None:
        document["verdict"] = {
            "outcome": verdict.outcome, "exit_code": verdict.exit_code, "gates": verdict.gates,
        }  # fmt: skip
    return document


def _fingerprints(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in _FINGERPRINTS:
            known = ", ".join(_FINGERPRINTS)
            raise argparse.ArgumentTypeError(f"{name!r} is no fingerprint; known: {known}")
    return names


def _write_files(
    arguments: argparse.Namespace,
    candidate: Opened,
    comparison: Comparison,
    verdict: Verdict | None,
) -> None:
    """The pages that were asked for."""
    from omnibench.report import junit
    from omnibench.report.headlines import headlines
    from omnibench.report.history import add_to_history
    from omnibench.report.summary import comparison_markdown

    if arguments.history:
        add_to_history(arguments.history, headlines(candidate))
    if arguments.html:
        _write_html(arguments, comparison, verdict)
    if arguments.junit:
        of_gates = junit.cases_of_verdict(verdict) if verdict else None
        cases = of_gates or junit.cases_of_comparison(comparison)
        arguments.junit.write_bytes(junit.junit_xml(cases))
    if arguments.summary:
        arguments.summary.write_text(comparison_markdown(comparison, verdict), encoding="utf-8")


def _write_html(
    arguments: argparse.Namespace, comparison: Comparison, verdict: Verdict | None
) -> None:
    """Both sides on one page; a run that is compared with itself stands there once."""
    from omnibench.report.history import read_history
    from omnibench.report.html import write_page
    from omnibench.report.opened import open_runs
    from omnibench.report.page import page_of

    sides = {folder.resolve(): folder for folder in (arguments.base, arguments.candidate)}
    history = read_history(arguments.history) if arguments.history else []
    write_page(arguments.html, page_of(open_runs(sides.values()), verdict, comparison, history))
