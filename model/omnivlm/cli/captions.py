"""`omnivlm captions`: how many objects in a model's captions are not there, against another's."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, get_args

from omnivlm.cli.words import BLUR, blur_px
from omnivlm.errors import OmniVLMError

if TYPE_CHECKING:
    from omnivlm.cli.words import Commands
    from omnivlm.training.false_objects import Share

DESCRIPTION = """\
Let one or two models describe the same drawn scenes and count the objects that they name and that
are not there: a kind that the scene lacks, or more of a kind than it holds. Of two models the
difference of the shares is given too, the first's less the second's. Intervals are of 95 %, by a
bootstrap over scenes."""


def add(commands: Commands) -> None:
    """Add the command."""
    from omnivlm.data.parts import Part

    parser = commands.add_parser(
        "captions", help="count false objects in captions", description=DESCRIPTION
    )
    parser.set_defaults(run=_captions)
    word = parser.add_argument
    word("models", nargs="+", metavar="DIR", help="one checkpoint, or two")
    word("--part", choices=get_args(Part), default="test", help="of the drawn world (test)")
    word("--count", type=int, default=300, help="scenes (300)")
    word("--seed", type=int, default=0, help="where they come from (0)")
    word("--blur", type=blur_px, default=0.0, metavar="PX", help=BLUR)
    word("--max-new-tokens", type=int, default=256, help="longest caption (256)")
    word("--dtype", default="float32", help="what the models run in (float32)")
    word("--device", default="cpu", help="where they run (cpu)")
    word("--json", action="store_true", help="one JSON document")


def _captions(options: argparse.Namespace) -> None:
    from omnivlm.loading import load
    from omnivlm.training.described import described
    from omnivlm.training.false_objects import difference_of_false, share_of_false

    if len(options.models) > 2:
        raise OmniVLMError(f"{len(options.models)} models; captions compares one or two")
    if options.count < 1:
        raise OmniVLMError(f"--count is {options.count}; it must be 1 or more")
    found = [
        described(
            load(name, dtype=options.dtype, device=options.device),
            options.part, options.seed, options.count, options.max_new_tokens, options.blur,
        )
        for name in options.models
    ]  # fmt: skip
    shares = [share_of_false(one) for one in found]
    named = [sum(one.named for one in side) for side in found]
    difference = difference_of_false(found[0], found[1]) if len(found) > 1 else None
    rows = list(zip(options.models, shares, named, strict=True))
    if options.json:
        print(json.dumps({
            "part": options.part, "seed": options.seed, "scenes": options.count,
            "most_blur_px": options.blur,
            "models": [_plain(share) | {"model": m, "named": n} for m, share, n in rows],
            "difference": None if difference is None else _plain(difference),
            "method": "bootstrap over scenes",
        }))  # fmt: skip
        return
    for model, share, objects in rows:
        print(f"{model}: {_shown(share)} of {objects:,} objects named in {options.count:,} scenes")
    if difference is not None:
        print(f"difference: {_shown(difference, '+')}")


def _shown(share: Share, sign: str = "") -> str:
    value, low, high = (f"{100 * each:{sign}.2f}" for each in (share.value, share.low, share.high))
    return f"{value} % false [{low}, {high}]"


def _plain(share: Share) -> dict[str, object]:
    return {"value": share.value, "ci95": [share.low, share.high]}
