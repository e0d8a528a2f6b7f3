"""`omnibench ask`: one answer about one image, with its time to first token and its speed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser("ask", help="ask a model about an image")
    flag = parser.add_argument
    flag("--model", default="omnivlm", metavar="M", help="`omnibench models` lists them (omnivlm)")
    flag("--weights", metavar="W", help="bundled, or a folder with a checkpoint")
    flag("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    flag("--dtype", choices=["float32", "bfloat16", "float16"])
    flag("--max-new-tokens", type=words.positive_int, default=256, metavar="N", help="(256)")
    flag("image", type=Path, metavar="IMAGE")
    flag("prompt", metavar="PROMPT")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command: the answer goes to stdout, its times to stderr."""
    import time

    from omnibench.core import Decoding, Request
    from omnibench.data.images import FileImage
    from omnibench.hardware import host
    from omnibench.loading import default_dtype, open_backend
    from omnibench.report.text import plain

    image = FileImage(arguments.image)
    image.open()
    dtype = arguments.dtype or default_dtype(host())
    weights = None if arguments.weights == "bundled" else arguments.weights
    backend = open_backend(arguments.model, weights=weights, device=arguments.device, dtype=dtype)
    request = Request("ask", "ask", arguments.prompt, (image,), Decoding(arguments.max_new_tokens))
    words.note(f"model {backend.card.name}, weights: {backend.card.weights}")
    text, tokens, ends = "", 0, []
    start = time.perf_counter()
    try:
        for step in backend.stream(request):
            text += step.text
            if step.phase in ("first_sample", "decode"):
                tokens += step.tokens
                ends.append(time.perf_counter() - start)
            if step.text and not arguments.json:
                print(plain(step.text, keep="\n\t"), end="", flush=True)
    finally:
        backend.close()
    first_s = ends[0] if ends else None
    rate = (len(ends) - 1) / (ends[-1] - ends[0]) if len(ends) > 1 else None
    if arguments.json:
        words.print_json(
            {
                "model": backend.card,
                "prompt": arguments.prompt,
                "reply": text,
                "tokens_out": tokens,
                "ttft_s": first_s,
                "decode_tokens_per_s": rate,
            }
        )
        return 0
    print()
    words.note(
        f"TTFT {'–' if first_s is None else f'{first_s:.3f} s'},"
        f" decode {'–' if rate is None else f'{rate:.1f} tokens/s'}, {tokens} tokens"
    )
    return 0
