"""Pictures of the drawn world without a question: scenes, the forms' pictures and diagrams."""

from __future__ import annotations

from omnivlm.data.canvas import Picture
from omnivlm.data.parts import Part, item_random, part_seed
from omnivlm.data.world import sample_scene
from omnivlm.training.diagram_lessons import KINDS, diagram
from omnivlm.training.drawn import form_block

_FORMS = ("scienceqa", "textvqa", "mme", "chartqa", "ai2d", "vizwiz", "ocrvqa", "mmmu")
_BLOCKS = 40  # packs that are drawn of each form
_LABELLED = 0.2  # the share of scenes with words under the objects


def shown_picture(part: Part, seed: int, index: int) -> Picture:
    """Every second is a scene, every fourth a diagram, every fourth of a form."""
    rng = item_random(part, "shown", seed, index)
    if index % 2 == 0:
        return sample_scene(rng, part, least=4, most=8, labelled=rng.random() < _LABELLED)
    if index % 4 == 1:
        return diagram(KINDS[index // 4 % len(KINDS)], part, seed, index // 4 // len(KINDS))
    form = _FORMS[index // 4 % len(_FORMS)]
    groups = form_block(form, part, part_seed(part, form, seed, rng.randrange(_BLOCKS)))
    pictures, _ = rng.choice([group for group in groups if group[0]])
    return rng.choice(pictures)
