"""`omnivlm ablate`: the paper's compressors, each trained by one recipe, in a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnivlm.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    ablate = commands.add_parser(
        "ablate",
        help="compare compressors and token counts",
        description="Train the paper's token counts (729, 243, 81, 9) and compressors by the"
        " recipe's pretrain and sft, from the tower and the language model that a run has"
        " trained, and print how well each answers in the validation part. What is done already"
        " is not trained again.",
    )
    ablate.add_argument("--recipe", required=True, metavar="FILE", help="as for train")
    ablate.add_argument("--out", required=True, type=Path, metavar="DIR", help="the recipe's run")
    ablate.add_argument("--steps", type=int, metavar="N", help="of each stage (the recipe's)")
    ablate.add_argument("--val", type=int, default=128, metavar="N", help="samples to test (128)")
    ablate.add_argument("--device", default="auto", help="cpu, cuda, mps or auto")
    ablate.set_defaults(run=_ablate)


def _ablate(options: argparse.Namespace) -> None:
    from omnivlm.cli.train import recipe_file
    from omnivlm.errors import OmniVLMError
    from omnivlm.loading import device_of
    from omnivlm.training.ablating import ablate
    from omnivlm.training.processes import found
    from omnivlm.training.recipe import read_recipe
    from omnivlm.training.stages import Place
    from omnivlm.training.watching import watched

    if min(options.val, options.steps or 1) < 1:
        raise OmniVLMError("--steps and --val must be 1 or more")
    path = recipe_file(options.recipe)
    recipe = read_recipe(path)
    processes = found(recipe.numbers, device_of(options.device))
    outcomes = ablate(
        recipe,
        Place(options.out, path.parent),
        processes,
        lambda name: watched(name, sys.stderr),
        steps=options.steps,
        val_samples=options.val,
    )
    print(f"{'variant':34} {'tokens':>6} {'projector':>10} {'nats/token':>10} {'s/step':>7}")
    for each in outcomes:
        print(
            f"{each.name:34} {each.visual_tokens:6} {each.projector_parameters:10,}"
            f" {each.loss:10.3f} {each.seconds_a_step:7.2f}",
            flush=True,
        )
