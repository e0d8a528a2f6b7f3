"""The `omnivlm` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from omnivlm.errors import OmniVLMError
from omnivlm.presets import PRESETS, TINY


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when done, 2 for the user's mistake."""
    options = _parser().parse_args(arguments)
    try:
        _init(options)
    except OmniVLMError as error:
        print(f"omnivlm: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="omnivlm", description="The reference models of omnibench."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    init = commands.add_parser(
        "init", help="write an untrained checkpoint", description="Write an untrained checkpoint."
    )
    init.add_argument("--config", required=True, choices=sorted(PRESETS), help="which model")
    init.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="a new or empty folder"
    )
    init.add_argument("--seed", type=int, default=0, help="where the weights are drawn from (0)")
    init.add_argument(
        "--dtype",
        choices=["float32", "bfloat16"],
        help="how weights are stored (tiny models: float32, others: bfloat16)",
    )
    return parser


def _init(options: argparse.Namespace) -> None:
    from omnivlm.checkpoint import (
        TOKENIZER,
        refuse_what_is_there,
        tokenizer_of,
        write_checkpoint,
    )
    from omnivlm.initialise import untrained
    from omnivlm.loading import DTYPES
    from omnivlm.tokenizer import tiny_tokenizer

    refuse_what_is_there(options.out)
    config = PRESETS[options.config]
    tiny = config.name in TINY
    dtype = options.dtype or ("float32" if tiny else "bfloat16")
    tensors = untrained(config, options.seed, DTYPES[dtype])
    tokenizer = tiny_tokenizer(config.text.vocab_size) if tiny else None
    write_checkpoint(
        options.out, config, tensors, origin=f"untrained, seed {options.seed}", tokenizer=tokenizer
    )
    count = sum(tensor.numel() for tensor in tensors.values())
    print(f"{config.name}, untrained, seed {options.seed}: {count:,} parameters in {options.out}")
    if tokenizer is None:
        print(
            f"to ask it anything, put {tokenizer_of(config)}'s {TOKENIZER} into {options.out}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    sys.exit(main())
