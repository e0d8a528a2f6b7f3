"""`omnivlm export`: a trained checkpoint as another folder, in float16 or another format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnivlm.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    export = commands.add_parser(
        "export",
        help="write a checkpoint in another number format",
        description="Write a checkpoint folder in another number format, as the bundled weights"
        " are (float16: computed in float32, half the size on disk).",
    )
    export.add_argument("checkpoint", type=Path, metavar="DIR", help="a stage's model folder")
    export.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new folder")
    export.add_argument(
        "--dtype", choices=["float16", "bfloat16", "float32"], default="float16", help="(float16)"
    )
    export.add_argument("--origin", metavar="WORDS", help="what the weights are, in words")
    export.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> None:
    import torch

    from omnivlm.checkpoint import open_checkpoint, read_weights, write_checkpoint
    from omnivlm.errors import CheckpointError
    from omnivlm.loading import DTYPES

    checkpoint = open_checkpoint(options.checkpoint)
    model = read_weights(checkpoint, torch.float32, torch.device("cpu"))
    dtype = DTYPES[options.dtype]
    tensors = {name: value.detach().to(dtype) for name, value in model.named_parameters()}
    beyond = [name for name, value in tensors.items() if not value.isfinite().all()]
    if beyond:
        raise CheckpointError(
            f"{beyond[0]} does not fit into {options.dtype}; name another --dtype"
        )
    origin = options.origin or checkpoint.origin
    write_checkpoint(
        options.out, checkpoint.config, tensors, origin=origin, tokenizer=checkpoint.tokenizer
    )
    written = sum(file.stat().st_size for file in options.out.iterdir())
    print(f"{options.out}: {checkpoint.config.name}, {origin}, {written / 1e6:.1f} MB")
