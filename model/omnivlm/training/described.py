"""A model describes drawn scenes, and what it names is held against them."""

from __future__ import annotations

from itertools import islice

from omnivlm.data.captions import Mentions, mentions
from omnivlm.data.parts import Part
from omnivlm.questions import Question
from omnivlm.training.asked_pictures import DrawnScene
from omnivlm.training.drawn import CAPTION_PROMPTS
from omnivlm.training.pairs import WINDOW, Answerer


def described(
    model: Answerer,
    part: Part,
    seed: int,
    count: int,
    max_new_tokens: int,
    most_blur_px: float = 0.0,
) -> list[Mentions]:
    """What the model's captions name, scene by scene; the likeliest caption of each."""
    scenes = (DrawnScene(part, seed, index, most_blur_px) for index in range(count))
    found: list[Mentions] = []
    while window := list(islice(scenes, WINDOW)):
        questions = [Question(CAPTION_PROMPTS[0], (s.draw(),), max_new_tokens) for s in window]
        answers = model.generate(questions)
        found += [mentions(next(answers).text, scene.scene()) for scene in window]
    return found
