"""The command line: words into a plan, a run and a page. The only part that prints."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from omnibench import __version__
from omnibench.cli import (
    ask,
    calibrate,
    compare,
    data,
    doctor,
    evaluate,
    gate,
    imports,
    listing,
    models,
    perf,
    profiles,
    pull,
    report,
    rescore,
    runs,
    words,
)
from omnibench.errors import FULL_DISK, OmnibenchError

INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the words in one line; takes no abbreviated flags."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    0 done; 1 too many failed samples; 2 the user's mistake or a missing thing, in one line on
    stderr; 130 interrupted.
    """
    words_given = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser().parse_args(words_given)
    arguments.command = shlex.join(["omnibench", *words_given])
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except OmnibenchError as error:
        return _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _say(_os_words(error), 2)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="omnibench",
        description="Is a small vision-language model good enough, fast and frugal enough on this"
        " device, and did a change make it worse?",
    )
    parser.add_argument("--version", action="version", version=f"omnibench {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (
        evaluate, rescore, perf, calibrate, report, compare, gate, ask, listing, models, profiles,
        runs, data, pull, imports, doctor,
    ):  # fmt: skip
        module.add(commands)
    return parser


def _say(message: str, code: int) -> int:
    words.note(f"omnibench: {' '.join(message.split())}")
    return code


def _os_words(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno in FULL_DISK:
        return (
            f"{where}the disk is full; what was written is whole. Make room and go on with"
            " `omnibench eval --resume RUN`"
        )
    return f"{where}{error.strerror or error}"
