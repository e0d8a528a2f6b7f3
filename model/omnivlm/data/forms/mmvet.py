"""MM-Vet's form: open answers with key facts, by the capabilities that they take."""

from omnivlm.data import chart_questions, diagram_questions, scene_questions
from omnivlm.data.asked import Asked, Drawn, source
from omnivlm.data.charts import sample_chart
from omnivlm.data.pack import Pack, interleave
from omnivlm.data.parts import Part
from omnivlm.data.world import sample_scene

_SCENES = source(
    sample_scene,
    (
        scene_questions.colour_of, scene_questions.describe, scene_questions.count_kind,
        scene_questions.neighbour_of, scene_questions.object_used, scene_questions.kind_at,
        scene_questions.count_all, scene_questions.place_of, scene_questions.kind_of_colour,
        scene_questions.count_colour,
    ),
    lambda scene: (scene,),
)  # fmt: skip
_LABELLED = source(
    lambda rng, part: sample_scene(rng, part, labelled=True),
    scene_questions.READ,
    lambda scene: (scene,),
)
_PRICES = source(
    lambda rng, _part: diagram_questions.sample_prices(rng),
    (
        diagram_questions.price_of, diagram_questions.price_together, diagram_questions.priced,
        diagram_questions.shop_name, diagram_questions.price_change,
    ),
    lambda prices: (prices,),
)  # fmt: skip
_CHARTS = source(
    sample_chart,
    (
        chart_questions.value_of, chart_questions.difference, chart_questions.highest,
        chart_questions.total, chart_questions.category_with,
    ),
    lambda chart: (chart,),
)  # fmt: skip
_MAPS = source(
    lambda rng, _part: diagram_questions.sample_map(rng),
    (diagram_questions.direction_between, diagram_questions.farthest),
    lambda place_map: (place_map,),
)
_RECTANGLES = source(
    lambda rng, _part: diagram_questions.sample_rectangle(rng),
    (diagram_questions.area_of,),
    lambda rectangle: (rectangle,),
)

# name, source, sets of pictures, questions to a set, {skill: capabilities}
_GROUPS = (
    ("scenes", _SCENES, 14, 4, {
        "colour": "rec", "kind": "rec", "count": "rec", "know": "rec,know",
        "place": "rec,spat", "relation": "rec,spat", "describe": "rec,gen"}),
    ("labelled", _LABELLED, 8, 2, {"read": "rec,ocr,spat", "label": "rec,ocr,spat"}),
    ("prices", _PRICES, 6, 3, {"read": "ocr", "arithmetic": "ocr,math"}),
    ("charts", _CHARTS, 6, 3, {
        "value": "ocr,spat", "extreme": "ocr,spat", "find": "ocr,spat",
        "arithmetic": "ocr,spat,math"}),
    ("maps", _MAPS, 3, 2, {"direction": "ocr,spat", "place": "ocr,spat"}),
    ("rectangles", _RECTANGLES, 3, 2, {"geometry": "ocr,know,math"}),
)  # fmt: skip


def mmvet(part: Part, seed: int) -> Pack:
    """Draw 40 pictures with 120 open questions."""
    pack = Pack("mmvet", part, seed)
    runs: list[list[tuple[Drawn, str]]] = []
    for name, draw, sets, each, capabilities in _GROUPS:
        drawn = draw(part, sets, each, ("mmvet", name, seed))
        runs.append([(one, capabilities[one.asked.skill]) for one in drawn])
    for number, (one, capability) in enumerate(interleave(runs)):
        pack.rows.append({
            "id": f"v1_{number}",
            "question_id": f"v1_{number}",
            "image": pack.keep(one.pictures[0]),
            "question": one.asked.question,
            "answer": _answer(one.asked),
            "capability": capability,
        })  # fmt: skip
    return pack


def _answer(asked: Asked) -> str:
    """Write the key facts: <AND> joins what must all be there, <OR> ways of saying one."""
    return "<OR>".join((asked.answer, *asked.also))
