"""Words that several commands share: kinds of flag values, `--json`, and lines on stderr."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

from omnibench.report.text import plain

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def positive_int(text: str) -> int:
    """A whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def positive_float(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


def note(message: str) -> None:
    """A line for the person at the terminal."""
    print(plain(message), file=sys.stderr, flush=True)
