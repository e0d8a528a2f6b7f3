"""`omnivlm pairs`: preference pairs of a model's own answers and their smallest corrections."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from omnivlm.cli.words import BLUR, blur_px
from omnivlm.errors import OmniVLMError

if TYPE_CHECKING:
    import PIL.Image

    from omnivlm.cli.words import Commands
    from omnivlm.questions import Question
    from omnivlm.training.asked_pictures import AskedPicture
    from omnivlm.training.pairs import Teacher

DESCRIPTION = """\
Let a model describe pictures, let a teacher correct each answer with the smallest edits, and keep
the pair (chosen: the corrected, rejected: the model's own) where the edit is small. The edit ratio
is the number of words put in, taken out or replaced, divided by the words of the longer answer."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "pairs", help="make minimal-edit preference pairs", description=DESCRIPTION
    )
    parser.set_defaults(run=_pairs)
    word = parser.add_argument
    word("--model", required=True, metavar="DIR", help="the checkpoint that answers")
    word("--teacher", required=True, metavar="T", help="scene, or openai:MODEL@URL")
    word("--out", required=True, type=Path, metavar="DIR", help="a new or empty folder")
    word("--count", type=int, default=1000, help="pictures to ask about (1000)")
    word("--seed", type=int, default=0, help="where drawn scenes come from (0)")
    word("--part", choices=["train", "val"], default="train", help="of the drawn world (train)")
    word("--blur", type=blur_px, default=0.0, metavar="PX", help=BLUR)
    word("--data", type=Path, metavar="FILE", help="ask about the pictures of a LLaVA JSON instead")
    word("--images", type=Path, metavar="DIR", help="the folder of its pictures")
    word("--least-ratio", type=float, default=0.01, help="smallest edit ratio kept (0.01)")
    word("--most-ratio", type=float, default=0.5, help="largest edit ratio kept (0.5)")
    word("--max-new-tokens", type=int, default=256, help="longest answer (256)")
    word("--temperature", type=float, default=0.0, help="of the answers (0: the likeliest)")
    word("--dtype", default="float32", help="what the model runs in (float32)")
    word("--device", default="cpu", help="where it runs (cpu)")


def _pairs(options: argparse.Namespace) -> None:
    from omnivlm.loading import load
    from omnivlm.questions import Question
    from omnivlm.training.pair_files import write_pairs
    from omnivlm.training.pairs import Bounds, PairMaker

    if options.count < 1:
        raise OmniVLMError(f"--count is {options.count}; it must be 1 or more")
    if options.data is not None and options.blur:
        raise OmniVLMError("--blur is for drawn scenes; leave it out beside --data")
    if (options.data is None) != (options.images is None):
        raise OmniVLMError("--data and --images belong together: a file and its folder of pictures")
    bounds = Bounds(options.least_ratio, options.most_ratio)
    teacher = _teacher(options)
    asked = _asked(options)

    def ask(prompt: str, picture: PIL.Image.Image) -> Question:
        return Question(
            prompt, (picture,), options.max_new_tokens, options.temperature, options.seed
        )

    model = load(options.model, dtype=options.dtype, device=options.device)
    maker = PairMaker(model, teacher, bounds, ask, options.images)
    summary = write_pairs(options.out, maker.pairs(asked), maker, options.temperature)
    for why, times in summary.dropped.items():
        print(f"dropped: {why}: {times:,}", file=sys.stderr)
    print(f"{summary.kept:,} pairs of {summary.asked:,} answers in {options.out}")


def _teacher(options: argparse.Namespace) -> Teacher:
    from omnivlm.training.chat_teacher import open_chat_teacher
    from omnivlm.training.pairs import SceneTeacher, ServerTeacher

    name, _, spec = options.teacher.partition(":")
    if name == "openai":
        return ServerTeacher(open_chat_teacher(spec))
    if options.teacher != "scene":
        raise OmniVLMError("--teacher is scene or openai:MODEL@URL")
    if options.data is not None:
        raise OmniVLMError("the teacher scene knows drawn scenes alone; leave --data out")
    return SceneTeacher()


def _asked(options: argparse.Namespace) -> list[AskedPicture]:
    from omnivlm.training.asked_pictures import drawn_pictures
    from omnivlm.training.llava import asked_pictures

    if options.data is None:
        return list(drawn_pictures(options.part, options.seed, options.count, options.blur))
    return asked_pictures(options.data)[: options.count]
