"""`omnibench perf`: how fast and frugal models are, here and on a device that is not here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands

BUDGET_S = 180.0


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "perf",
        help="time models, count their work, measure their joules, project a device",
        description="Time every stage of an answer, count its FLOPs and bytes, read its joules, and"
        " set beside that what follows for a device that is not here and what papers print.",
    )
    flag = parser.add_argument
    flag("--model", metavar="M[,M]", help="models, compared interleaved (omnivlm-968m)")
    flag("--weights", metavar="W", help="random, bundled, or a folder; by default what is here")
    flag("--profile", metavar="P", help="a device; `omnibench profiles` lists them (host)")
    flag("--case", metavar="C[,C]", help="what is asked: a name, or ./mine.toml (image-question)")
    flag("--trials", type=words.positive_int, metavar="N", help="timed requests of each (5)")
    flag("--threads", type=words.positive_int, metavar="N", help="by default the free cores")
    flag(
        "--dtype",
        choices=["float32", "bfloat16", "float16"],
        help="by default bfloat16 where the processor and the profile have it, else float32",
    )
    flag("--device", choices=["cpu", "cuda", "mps"], default="cpu", help="what computes (cpu)")
    flag(
        "--meter",
        metavar="X[,X]",
        help="powercap, nvml, battery, pyrapl, external:FILE, tdp (an estimate) or none; by default"
        " powercap and nvml where they are, and the estimate where the profile has watts",
    )
    flag("--eval", type=Path, metavar="RUN", help="an eval run: joules for a correct answer")
    flag(
        "--budget", type=words.positive_float, default=BUDGET_S, metavar="S",
        help="seconds that calibrating and measuring may take (180)",
    )  # fmt: skip
    flag("--analytic", action="store_true", help="arithmetic on the shapes alone; loads nothing")
    flag(
        "--convention",
        choices=["flop", "thop"],
        default="flop",
        help="thop: also what papers print that count with it",
    )
    flag("--out", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (runs)")
    flag("--dry-run", action="store_true", help="print the plan as JSON; load and time nothing")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if arguments.analytic:
        from omnibench.cli import perf_analytic

        return perf_analytic.run(arguments)
    from omnibench.cli import perf_planning
    from omnibench.cli.perf_running import carry_out

    options = perf_planning.options(arguments)
    plan = perf_planning.plan(options)
    if arguments.dry_run:
        words.print_json(plan)
        return 0
    return carry_out(options, plan, arguments)
