"""AI2D's form: school diagrams with lettered options; the answer is the number of the option."""

from omnivlm.data.asked import Drawn, Places, source
from omnivlm.data.chain_questions import CHAIN
from omnivlm.data.cycles import CYCLE, sample_cycle
from omnivlm.data.diagram_questions import sample_chains
from omnivlm.data.labelled_parts import PART, sample_parts
from omnivlm.data.pack import Pack, interleave
from omnivlm.data.parts import Part

_CHAINS = source(lambda rng, _part: sample_chains(rng), CHAIN, lambda picture: (picture,))
_CYCLES = source(lambda rng, _part: sample_cycle(rng), CYCLE, lambda picture: (picture,))
_PARTS = source(sample_parts, PART, lambda picture: (picture,))
# name, source, diagrams, questions to a diagram
_GROUPS = (
    ("chains", _CHAINS, 14, 3), ("cycles", _CYCLES, 14, 3), ("parts", _PARTS, 14, 3),
)  # fmt: skip


def ai2d(part: Part, seed: int) -> Pack:
    """Draw 42 diagrams with 126 questions."""
    pack = Pack("ai2d", part, seed)
    places = Places(part, "ai2d", seed)
    runs: list[list[Drawn]] = [
        draw(part, sets, each, ("ai2d", name, seed)) for name, draw, sets, each in _GROUPS
    ]
    for number, one in enumerate(interleave(runs)):
        options, place = places.choices(one.asked)
        pack.rows.append({
            "id": str(number),
            "image": pack.keep(one.pictures[0]),
            "question": one.asked.question,
            "options": options,
            "answer": str(place),
        })  # fmt: skip
    return pack
