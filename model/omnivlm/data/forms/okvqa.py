"""OK-VQA's form: what is seen is not named, and common knowledge about it is asked."""

import random

from omnivlm.data.annotators import five_answers_twice
from omnivlm.data.asked import Asked
from omnivlm.data.evened import Evened
from omnivlm.data.knowledge_questions import KNOWLEDGE, mixed_colour
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.world import sample_scene

_SCENES = 32
_EACH = 4


def okvqa(part: Part, seed: int) -> Pack:
    """Draw 32 scenes with four questions each; the answers are raw, not stemmed."""
    pack = Pack("okvqa", part, seed, answers="raw")
    evened = Evened()
    for index in range(_SCENES):
        rng = item_random(part, "okvqa", index, seed)
        scene, asked = _scene_with(rng, part, evened, index * _EACH)
        image = pack.keep(scene)
        for number, one in enumerate(asked):
            question_id = (index + 1) * 10 + number
            pack.rows.append({
                "id": str(question_id),
                "question_id": question_id,
                "image": image,
                "question": one.question,
                "answers": five_answers_twice(one, rng),
            })  # fmt: skip
    return pack


def _scene_with(
    rng: random.Random, part: Part, evened: Evened, turn: int
) -> tuple[Scene, list[Asked]]:
    """Draw a scene of which as many makers as there are questions can ask, from `turn` on."""
    first = turn % len(KNOWLEDGE)
    while True:
        scene = sample_scene(rng, part, least=5, most=8)
        makers = [m for m in (*KNOWLEDGE[first:], *KNOWLEDGE[:first]) if m(scene, rng)]
        makers.sort(key=lambda maker: maker is not mixed_colour)  # few scenes have such colours
        if len(makers) >= _EACH:
            asked = [evened.ask(scene, maker, rng) for maker in makers[:_EACH]]
            return scene, [one for one in asked if one is not None]
