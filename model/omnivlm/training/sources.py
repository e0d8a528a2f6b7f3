"""What a recipe's data means: conversations and preferences."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from omnivlm.training.diagram_lessons import DiagramLessons
from omnivlm.training.drawn import TOLD, DrawnConversations
from omnivlm.training.in_turn import Excerpt, InTurn, OneAfterTheOther
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
    """What comes before questions: lists of options, then scenes and diagrams with what is where.

    In their order: a quarter of the items is lists alone; then every round of eight has four
    pictures with captions and lists, three lessons about diagrams and one item of lists.
    """
    data = _of_the_world(data)
    first = data.samples // 4
    rounds = ceil((data.samples - first) / 8)
    lists = OptionLists("train", data.seed, first + rounds)
    scenes = DrawnConversations("train", data.seed, 4 * rounds, data.mix, TOLD)
    lessons = DiagramLessons("train", data.seed, 3 * rounds)
    later = Excerpt(lists, first, rounds)
    together = InTurn([(scenes, 4), (lessons, 3), (later, 1)], data.samples - first)
    return OneAfterTheOther(Excerpt(lists, 0, first), together)


def asked(data: Data, base: Path) -> Conversations:
    """What SFT reads: conversations, and of the drawn world lessons and lists beside them.

    Three lessons and one item of lists with every six conversations, so that neither is unlearned.
    Raises TrainingError as `conversations` does.
    """
    known = conversations(data, base)
    if not isinstance(data, DrawnData):
        return known
    lessons = DiagramLessons("train", data.seed, data.samples, easy_first=False)
    lists = OptionLists("train", data.seed, 2 * data.samples)
    later = Excerpt(lists, data.samples, data.samples)
    return InTurn([(known, 6), (lessons, 3), (later, 1)], data.samples)


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
