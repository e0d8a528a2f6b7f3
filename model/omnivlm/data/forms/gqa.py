"""GQA's form: verify, logical and compare questions (yes/no), choices, and open queries."""

import random
from functools import partial

from omnivlm.data import scene_questions
from omnivlm.data.asked import Asked, Maker
from omnivlm.data.choice_questions import CHOICES
from omnivlm.data.claims import (
    Proposal,
    opposed,
    propose_colour,
    propose_existence,
    propose_relation,
    propose_side,
)
from omnivlm.data.evened import Evened
from omnivlm.data.joint_claims import propose_both, propose_either, propose_same_colour
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.world import sample_scene

_PAIRS = 24
_BINARY: tuple[tuple[str, str, Proposal], ...] = (
    ("verify", "exist", propose_existence),
    ("logical", "existAnd", propose_both),
    ("compare", "twoSame", propose_same_colour),
    ("verify", "verifyAttr", propose_colour),
    ("logical", "existOr", propose_either),
    ("verify", "verifyRel", propose_relation),
    ("compare", "twoSame", propose_same_colour),
    ("verify", "positionVerify", propose_side),
)
_DETAILED = {
    "colour": "directOf", "kind": "categoryThat", "place": "positionQuery",
    "relation": "relO", "choose": "chooseAttr",
}  # fmt: skip
_SEMANTIC = {"colour": "attr", "kind": "cat", "place": "attr", "relation": "rel", "choose": "attr"}


def gqa(part: Part, seed: int) -> Pack:
    """Draw 24 pairs of scenes; a yes/no question to both, a choice and a query to each."""
    pack = Pack("gqa", part, seed)
    evened = Evened()
    for index in range(_PAIRS):
        rng = item_random(part, "gqa", index, seed)
        structural, detailed, propose = _BINARY[index % len(_BINARY)]
        sample = partial(sample_scene, least=5, most=8)
        *scenes, claims = opposed(rng, part, propose, sample)
        claim = claims[index // len(_BINARY) % len(claims)]
        question = claim.question(rng)
        for scene in rng.sample(scenes, 2):
            image = pack.keep(scene)
            holds = claim.holds(scene) is True
            answer = "yes" if holds else "no"
            full = f"{answer.capitalize()}, {claim.statement(holds)}."
            semantic = "obj" if structural == "logical" or detailed == "exist" else "attr"
            _add_row(pack, image, question, answer, full, (structural, semantic, detailed))
            for structure, makers in (("choose", CHOICES), ("query", scene_questions.ABOUT)):
                one = _turn(scene, makers, rng, evened, index)
                types = (structure, _SEMANTIC[one.skill], _DETAILED[one.skill])
                _add_row(
                    pack, image, one.question, one.answer, f"The answer is {one.answer}.", types
                )
    return pack


def _turn(
    scene: Scene, makers: tuple[Maker[Scene], ...], rng: random.Random, evened: Evened, index: int
) -> Asked:
    """Ask by the maker whose turn it is, or by the next that can ask of this scene."""
    turn = index % len(makers)
    drafts = (evened.ask(scene, maker, rng) for maker in (*makers[turn:], *makers[:turn]))
    return next(asked for asked in drafts if asked is not None)


def _add_row(
    pack: Pack, image: str, question: str, answer: str, full: str, types: tuple[str, str, str]
) -> None:
    structural, semantic, detailed = types
    number = f"{20261121 + len(pack.rows):08d}"
    pack.rows.append({
        "id": number,
        "imageId": image.removesuffix(".png"),
        "image": image,
        "question": question,
        "answer": answer,
        "fullAnswer": full,
        "types": {"structural": structural, "semantic": semantic, "detailed": detailed},
    })  # fmt: skip
