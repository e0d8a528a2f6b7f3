"""What a recipe's data means: conversations and preferences."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from omnivlm.training.diagram_lessons import DiagramLessons
from omnivlm.training.drawn import SOLVED, TOLD, DrawnConversations
from omnivlm.training.in_turn import InTurn
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.recipe import Data, DrawnData, LlavaData, PreferenceData
from omnivlm.training.samples import Conversations, Preferences
from omnivlm.training.swapped import SwappedCaptions


def conversations(data: Data, base: Path) -> Conversations:
    """The conversations of the drawn world's training part, or of a file in LLaVA's form.

    base: the folder that relative paths start from. Raises TrainingError for what cannot be read.
    """
    match data:
        case DrawnData(samples=samples, seed=seed, mix=mix):
            return DrawnConversations("train", seed, samples, mix)
        case LlavaData(file=file, images=images):
            from omnivlm.training.llava import LlavaConversations

            return LlavaConversations(base / file, base / images)
        case PreferenceData():
            raise TypeError("the recipe has been checked: preferences are for dpo")


def told(data: Data) -> Conversations:
    """Captions and lists of the drawn world's training part, without questions."""
    data = _of_the_world(data)
    return DrawnConversations("train", data.seed, data.samples, data.mix, TOLD)


def reading(data: Data) -> Conversations:
    """Lessons about diagrams, lists of options, and SFT's conversations so that they stay known."""
    data = _of_the_world(data)
    lessons = DiagramLessons("train", data.seed, 6 * ceil(data.samples / 10))
    lists = OptionLists("train", data.seed, data.samples)
    known = DrawnConversations("train", data.seed, data.samples, data.mix, SOLVED)
    return InTurn([(lessons, 6), (lists, 2), (known, 2)], data.samples)


def _of_the_world(data: Data) -> DrawnData:
    if not isinstance(data, DrawnData):
        raise TypeError("the recipe has been checked: the stage reads the drawn world")
    return data


def preferences(data: Data, out: Path) -> Preferences:
    """The preference rows of a file, or swapped captions of the drawn world.

    out: the run's folder, that relative paths start from: pairs are made with the run's own model.
    Raises TrainingError for what cannot be read.
    """
    if isinstance(data, PreferenceData):
        from omnivlm.training.preference_rows import read_preferences

        return read_preferences(out / data.file, out / data.images if data.images else None)
    return SwappedCaptions(conversations(data, out))
