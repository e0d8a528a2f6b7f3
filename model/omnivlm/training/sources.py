"""What a recipe's data means: conversations and preferences."""

from __future__ import annotations

from pathlib import Path

from omnivlm.training.drawn import DrawnConversations
from omnivlm.training.lessons import questions_and_lessons
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


def asked(data: Data, base: Path) -> Conversations:
    """What SFT reads: conversations, and of the drawn world lessons and lists beside them.

    Raises TrainingError as `conversations` does.
    """
    if isinstance(data, DrawnData):
        return questions_and_lessons(data)
    return conversations(data, base)


def preferences(data: Data, out: Path) -> Preferences:
    """The preference rows of a file, or swapped captions of the drawn world.

    out: the run's folder, that relative paths start from: pairs are made with the run's own model.
    Raises TrainingError for what cannot be read.
    """
    if isinstance(data, PreferenceData):
        from omnivlm.training.preference_rows import read_preferences

        return read_preferences(out / data.file, out / data.images if data.images else None)
    return SwappedCaptions(conversations(data, out))
