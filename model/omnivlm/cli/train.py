"""`omnivlm train`: one stage of a recipe, all of them, or the smoke recipe."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnivlm.cli.words import Commands
    from omnivlm.training.recipe import Recipe, StageName
    from omnivlm.training.stages import Place

ALL, SMOKE = "all", "smoke"
_STAGES = ("tower", "alignment", "language", "pretrain", "sft", "dpo")


def add(commands: Commands) -> None:
    """Add the command."""
    train = commands.add_parser(
        "train",
        help="train a model by a recipe",
        description="Train a model by a recipe: one stage, all of them in turn, or a very small"
        " recipe that shows every stage (smoke). Several processes: accelerate launch --cpu"
        " --num_processes 2 -m omnivlm.cli train ...",
    )
    train.add_argument("stage", choices=[*_STAGES, ALL, SMOKE], help="which stage")
    train.add_argument(
        "--recipe", metavar="FILE", help="a recipe in TOML, or the name of one that is bundled"
    )
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="where the run lies (runs/train/RECIPE)"
    )
    train.add_argument("--resume", action="store_true", help="go on with what was begun there")
    train.add_argument("--device", default="auto", help="cpu, cuda, mps or auto")
    train.add_argument(
        "--threads", type=int, metavar="N", help="of the processor (all that are free)"
    )
    train.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from omnivlm.errors import TrainingError
    from omnivlm.training.recipe import read_recipe
    from omnivlm.training.stages import Place

    if options.stage != SMOKE and options.recipe is None:
        raise TrainingError(
            "--recipe FILE says how to train; bundled: omnivlm-tiny, nanollava-tiny"
        )
    path = recipe_file(options.recipe or SMOKE)
    recipe = read_recipe(path)
    place = Place(options.out or Path("runs") / "train" / path.stem, path.parent)
    stages = recipe.stages if options.stage in (ALL, SMOKE) else [options.stage]
    _run(options, recipe, place, stages)


def _run(
    options: argparse.Namespace, recipe: Recipe, place: Place, stages: list[StageName]
) -> None:
    import torch

    from omnivlm.loading import device_of
    from omnivlm.training.processes import found
    from omnivlm.training.stages import run_stage
    from omnivlm.training.watching import watched

    if options.threads:
        torch.set_num_threads(options.threads)
    processes = found(recipe.numbers, device_of(options.device))
    for name in stages:
        with watched(name, sys.stderr) as watch:
            done = run_stage(recipe, name, place, processes, watch, resume=options.resume)
        if processes.rank == 0:
            skipped = f"; {done.skipped} samples without a picture" if done.skipped else ""
            print(f"{name}: {done.folder}{skipped}")


def recipe_file(words: str) -> Path:
    """A file, or a bundled recipe by its name."""
    from importlib.resources import files

    bundled = Path(str(files("omnivlm"))) / "recipes" / f"{words}.toml"
    return bundled if bundled.is_file() and not Path(words).is_file() else Path(words)
