"""ScienceQA's form: lettered choices, with and without a picture, with and without context."""

from dataclasses import dataclass

from omnivlm.data import chart_questions, diagram_questions
from omnivlm.data.asked import Asked, Drawn, Places, Source, source
from omnivlm.data.charts import Chart, sample_chart
from omnivlm.data.diagrams import FoodChains, Magnets, PlaceMap, PriceList, Shelf
from omnivlm.data.pack import Pack, Row, interleave
from omnivlm.data.parts import Part, item_random
from omnivlm.data.text_questions import TEXT_MAKERS, TextItem

_TEXT_EACH = 8
_SETS, _EACH = 6, 2


CONTEXTS: dict[type, str] = {
    Magnets: "Two magnets are placed as shown.\nMagnets that attract pull together. "
    "Magnets that repel push apart.",
    PlaceMap: "",
    FoodChains: "The diagram shows two food chains. Each arrow points from an organism to the "
    "organism that eats it.",
    Chart: "Use the chart to answer the question.",
    Shelf: "The diagram below is a model of two solutions of equal volume. Each ball represents "
    "one particle of solute.",
    PriceList: "",
}
"""What is said before a question about each kind of picture."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """A kind of picture and its place among the school subjects."""

    draw: Source
    subject: str
    topic: str
    category: str
    hint: str = ""


_TOPICS: tuple[_Topic, ...] = (
    _Topic(
        source(
            lambda rng, _part: diagram_questions.sample_magnets(rng, rng.random() < 0.5),
            (diagram_questions.attract_or_repel,),
            lambda magnets: (magnets,),
            every_other=lambda magnets: magnets.attract,
        ),
        "natural science",
        "physics",
        "Magnets",
        CONTEXTS[Magnets],
    ),
    _Topic(
        source(
            lambda rng, _part: diagram_questions.sample_map(rng),
            (diagram_questions.direction_between, diagram_questions.farthest),
            lambda place_map: (place_map,),
        ),
        "social science",
        "geography",
        "Maps",
    ),
    _Topic(
        source(
            lambda rng, _part: diagram_questions.sample_chains(rng),
            (diagram_questions.eater_of,),
            lambda chains: (chains,),
        ),
        "natural science",
        "biology",
        "Ecological interactions",
        CONTEXTS[FoodChains],
    ),
    _Topic(
        source(
            sample_chart,
            (
                chart_questions.highest,
                chart_questions.value_of,
                chart_questions.category_with,
                chart_questions.count_above,
            ),
            lambda chart: (chart,),
        ),
        "social science",
        "economics",
        "Charts",
        CONTEXTS[Chart],
    ),
    _Topic(
        source(
            lambda rng, _part: diagram_questions.sample_shelf(rng, 2),
            (diagram_questions.most_concentrated,),
            lambda shelf: (shelf,),
        ),
        "natural science",
        "chemistry",
        "Solutions",
        CONTEXTS[Shelf],
    ),
    _Topic(
        source(
            lambda rng, _part: diagram_questions.sample_prices(rng),
            (
                diagram_questions.priced,
                diagram_questions.price_together,
                diagram_questions.price_change,
            ),
            lambda prices: (prices,),
        ),
        "social science",
        "economics",
        "Prices",
    ),
)


def scienceqa(part: Part, seed: int) -> Pack:
    """Draw 72 questions about 36 pictures and 64 that need none."""
    pack = Pack("scienceqa", part, seed, split="test")
    places = Places(part, "scienceqa", seed)
    runs: list[list[tuple[Drawn, TextItem, str]]] = []
    for topic in _TOPICS:
        drawn = topic.draw(part, _SETS, _EACH, ("scienceqa", topic.category, seed))
        runs.append([
            (one, TextItem(one.asked, topic.hint, topic.subject, topic.topic), topic.category)
            for one in drawn
        ])  # fmt: skip
    for maker in TEXT_MAKERS:
        items = _different(maker.__name__, part, seed)
        runs.append([(Drawn((), item.asked), item, "Without a picture") for item in items])
    for number, (one, item, category) in enumerate(interleave(runs)):
        image = pack.keep(one.pictures[0]) if one.pictures else None
        choices, place = places.choices(one.asked)
        pack.rows.append(_row(number, image, item, category, choices, place))
    return pack


def _different(name: str, part: Part, seed: int) -> list[TextItem]:
    """Ask eight different questions of one maker."""
    maker = next(m for m in TEXT_MAKERS if m.__name__ == name)
    found: dict[str, TextItem] = {}
    index = 0
    while len(found) < _TEXT_EACH:
        item = maker(item_random(part, "scienceqa", name, index, seed))
        found.setdefault(repr((item.asked.question, item.hint, sorted(item.asked.wrong))), item)
        index += 1
    return list(found.values())


def _row(
    number: int, image: str | None, item: TextItem, category: str, choices: list[str], place: int
) -> Row:
    asked: Asked = item.asked
    return {
        "id": str(number + 1),
        "image": image,
        "question": asked.question,
        "choices": choices,
        "answer": place,
        "hint": item.hint,
        "task": "closed choice",
        "grade": f"grade{3 + len(asked.question) % 4}",
        "subject": item.subject,
        "topic": item.topic,
        "category": category,
        "skill": asked.skill,
        "lecture": "",
        "solution": f"The answer is {asked.answer}.",
    }
