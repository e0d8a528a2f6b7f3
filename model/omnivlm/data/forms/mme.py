"""MME's form: two questions to a picture, one answered yes and one answered no.

Pictures come in pairs with the same two questions and the answers the other way round, so the
questions alone say nothing. Subtasks that cannot be drawn (celebrities, film posters, landmarks,
artworks, photographed scenes, translation from Chinese) are missing.
"""

import random
from collections.abc import Callable
from functools import partial

from omnivlm.data.board_pairs import BoardPair, known_things, logos, programs, sums
from omnivlm.data.claims import (
    Proposal,
    opposed,
    propose_colour,
    propose_count,
    propose_existence,
    propose_relation,
    propose_side,
)
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random
from omnivlm.data.world import sample_scene

_PAIRS = 5  # of pictures, in every subtask
_SUFFIX = " Please answer yes or no."

_Draw = Callable[[random.Random, Part, int], BoardPair]


def mme(part: Part, seed: int) -> Pack:
    """Draw ten pictures with two questions each in eight subtasks."""
    pack = Pack("mme", part, seed)
    for category, draw in _SUBTASKS.items():
        for index in range(_PAIRS):
            rng = item_random(part, "mme", category, index, seed)
            pair = draw(rng, part, index)
            yes_first = rng.random() < 0.5
            for number, picture in enumerate(pair.pictures):
                image = pack.keep(picture)
                for place in (number, 1 - number) if yes_first else (1 - number, number):
                    _add_row(pack, category, image, pair.questions[place], place == number)
    return pack


def _add_row(pack: Pack, category: str, image: str, question: str, yes: bool) -> None:
    """Add one question; both of a picture share their question_id, as on the hub."""
    number = sum(row["category"] == category for row in pack.rows)
    question_id = f"{category}/{number // 2 + 1:04d}.png"
    pack.rows.append({
        "id": f"{question_id}#{number % 2 + 1}",
        "question_id": question_id,
        "category": category,
        "image": image,
        "question": question + _SUFFIX,
        "answer": "Yes" if yes else "No",
    })  # fmt: skip


def _scenes(
    rng: random.Random, part: Part, turn: int, proposals: tuple[Proposal, ...]
) -> BoardPair:
    """Draw two scenes of which two claims hold in turn; the first claim holds of the first."""
    propose = proposals[turn % len(proposals)]
    sample = partial(sample_scene, least=4, most=7)
    first, second, (true, false) = opposed(rng, part, propose, sample)
    swapped = true.holds(first) is not True
    one, two = (second, first) if swapped else (first, second)
    return BoardPair((one, two), (true.question(rng), false.question(rng)))


_SUBTASKS: dict[str, _Draw] = {
    "existence": partial(_scenes, proposals=(propose_existence,)),
    "count": partial(_scenes, proposals=(propose_count,)),
    "position": partial(_scenes, proposals=(propose_side, propose_relation)),
    "color": partial(_scenes, proposals=(propose_colour,)),
    "OCR": logos,
    "commonsense_reasoning": known_things,
    "numerical_calculation": sums,
    "code_reasoning": programs,
}
