"""VQAv2's form: ten annotators; each yes/no question has both answers, in two pictures."""

import random
from functools import partial

from omnivlm.data import scene_questions
from omnivlm.data.annotators import answer_rows, ten_answers
from omnivlm.data.asked import Asked
from omnivlm.data.claims import PROPOSALS, opposed
from omnivlm.data.evened import Evened
from omnivlm.data.pack import Pack, Row
from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.world import sample_scene

_PAIRS = 25
_TYPES = (
    "how many", "what colour is the", "which colour", "what is", "which object", "where in the",
    "in which", "is there", "are there", "is the", "do you see", "can you see", "is",
)  # fmt: skip


def vqav2(part: Part, seed: int) -> Pack:
    """Draw 25 pairs of scenes with a yes/no, a number and another question to each scene."""
    pack = Pack("vqav2", part, seed)
    evened = Evened()
    sample = partial(sample_scene, least=5, most=8)
    for index in range(_PAIRS):
        rng = item_random(part, "vqav2", index, seed)
        propose = list(PROPOSALS.values())[index % len(PROPOSALS)]
        *scenes, claims = opposed(rng, part, propose, sample)
        claim = claims[index // len(PROPOSALS) % len(claims)]
        question = claim.question(rng)
        for scene in rng.sample(scenes, 2):
            yes_no = yes_or_no(question, claim.holds(scene) is True)
            _add_rows(pack, scene, [("yes/no", yes_no), *_others(scene, rng, evened, index)], rng)
    return pack


def yes_or_no(question: str, yes: bool) -> Asked:
    """Answer in lower case, as annotators do."""
    return Asked(question, "yes" if yes else "no", ("no" if yes else "yes",), "yes/no")


def _others(
    scene: Scene, rng: random.Random, evened: Evened, index: int
) -> list[tuple[str, Asked]]:
    """Ask for a number and for something else, by makers that take turns."""
    found = []
    for kind, makers in (("number", scene_questions.COUNTS), ("other", scene_questions.ABOUT)):
        turn = index % len(makers)
        drafts = (evened.ask(scene, m, rng) for m in (*makers[turn:], *makers[:turn]))
        found.append((kind, next(asked for asked in drafts if asked is not None)))
    return found


def _add_rows(pack: Pack, scene: Scene, asked: list[tuple[str, Asked]], rng: random.Random) -> None:
    image = pack.keep(scene)
    image_id = len(pack.pictures)
    for number, (answer_type, one) in enumerate(asked):
        question_id = image_id * 1000 + number
        row: Row = {
            "id": str(question_id),
            "question_type": _question_type(one.question),
            "multiple_choice_answer": one.answer,
            "answers": answer_rows(ten_answers(one, rng), rng),
            "image_id": image_id,
            "answer_type": answer_type,
            "question_id": question_id,
            "question": one.question,
            "image": image,
        }
        pack.rows.append(row)


def _question_type(question: str) -> str:
    lowered = question.lower()
    return next((words for words in _TYPES if lowered.startswith(words)), "none of the above")
