"""`omnivlm init`: an untrained checkpoint."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from omnivlm.presets import PRESETS, TINY

if TYPE_CHECKING:
    from omnivlm.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command."""
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
    init.set_defaults(run=_init)


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
