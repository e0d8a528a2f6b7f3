"""ChartQA's form: half the questions look something up, half need a step of thought."""

from omnivlm.data.asked import ask
from omnivlm.data.chart_questions import LOOKUPS, REASONED
from omnivlm.data.charts import sample_chart
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random

_CHARTS = 32
_EACH = 2
_TYPES = {"human_test": REASONED, "augmented_test": LOOKUPS}


def chartqa(part: Part, seed: int) -> Pack:
    """Draw 32 charts with two questions of each type."""
    pack = Pack("chartqa", part, seed)
    for index in range(_CHARTS):
        rng = item_random(part, "chartqa", index, seed)
        chart = sample_chart(rng, part)
        image = pack.keep(chart)
        seen: set[tuple[str, str]] = set()
        for kind, makers in _TYPES.items():
            asked = ask(chart, rng, makers, 3 * _EACH, index * _EACH)
            fresh = {(a.skill, a.answer): a for a in asked if (a.skill, a.answer) not in seen}
            seen.update(fresh)
            for one in list(fresh.values())[:_EACH]:
                pack.rows.append({
                    "id": f"{kind.removesuffix('_test')}-{len(pack.rows) + 1}",
                    "type": kind,
                    "image": image,
                    "question": one.question,
                    "answer": one.answer,
                })  # fmt: skip
    return pack
