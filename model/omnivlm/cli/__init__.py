"""The `omnivlm` command. The only part that prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from omnivlm.cli import ablate, captions, export, init, pairs, train
from omnivlm.errors import OmniVLMError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when done, 2 for the user's mistake, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except OmniVLMError as error:
        print(f"omnivlm: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="omnivlm", description="The reference models of omnibench."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (init, train, ablate, export, pairs, captions):
        command.add(commands)
    return parser
