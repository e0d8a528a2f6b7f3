"""MMMU's form: subjects, one or several images in a question, lettered or open answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from omnivlm.data import chart_questions, comparisons, diagram_questions, scene_questions
from omnivlm.data.asked import Drawn, Places, Source, source
from omnivlm.data.charts import sample_chart
from omnivlm.data.pack import Pack, Row, interleave
from omnivlm.data.parts import Part
from omnivlm.data.world import sample_scene

_SETS, _EACH = 5, 2
_MOST_IMAGES = 7
_OPEN_EVERY = 4  # of the questions whose answer is a number, every fourth is open


@dataclass(frozen=True, slots=True)
class _Subject:
    """One of MMMU's thirty subjects in which a drawn question makes sense."""

    name: str
    subfield: str
    image_type: str
    draw: Source


def _economics() -> tuple[_Subject, ...]:
    two_charts = (
        comparisons.sum_over_charts, comparisons.which_is_higher, comparisons.change_between_charts,
    )  # fmt: skip
    prices = source(
        lambda rng, _part: diagram_questions.sample_prices(rng),
        (
            diagram_questions.price_together, diagram_questions.priced,
            diagram_questions.price_change,
        ),
        lambda picture: (picture,),
    )  # fmt: skip
    lines = source(
        lambda rng, part: sample_chart(rng, part, form="line"),
        (chart_questions.difference, chart_questions.highest, chart_questions.category_with),
        lambda chart: (chart,),
    )
    bars = source(
        lambda rng, part: sample_chart(rng, part, form="bar"),
        (
            chart_questions.highest, chart_questions.value_of_colour, chart_questions.count_above,
            chart_questions.total,
        ),
        lambda chart: (chart,),
    )  # fmt: skip
    pairs = {
        form: source(partial(comparisons.sample_charts, form=form), two_charts, lambda both: both)
        for form in ("line", "bar")
    }
    return (
        _Subject("Accounting", "Financial Accounting", "Tables", prices),
        _Subject("Economics", "Macroeconomics", "Plots and Charts", lines),
        _Subject("Finance", "Investment", "Plots and Charts", pairs["line"]),
        _Subject("Marketing", "Market Research", "Plots and Charts", bars),
        _Subject("Public_Health", "Biostatistics", "Plots and Charts", pairs["bar"]),
    )


def _sciences() -> tuple[_Subject, ...]:
    rectangles = source(
        lambda rng, _part: diagram_questions.sample_rectangle(rng),
        (diagram_questions.area_of,),
        lambda picture: (picture,),
    )
    fractions = source(
        comparisons.sample_fractions, (comparisons.which_over_half,), lambda both: both
    )
    magnets = source(
        comparisons.sample_magnet_pairs, (comparisons.which_attract,), lambda both: both
    )
    beakers = source(
        lambda rng, _part: diagram_questions.sample_shelf(rng, 4),
        (diagram_questions.most_concentrated,),
        lambda shelf: shelf.beakers,
    )
    chains = source(
        lambda rng, _part: diagram_questions.sample_chains(rng),
        (diagram_questions.eater_of,),
        lambda picture: (picture,),
    )
    maps = source(
        lambda rng, _part: diagram_questions.sample_map(rng),
        (diagram_questions.direction_between, diagram_questions.farthest),
        lambda picture: (picture,),
    )
    return (
        _Subject("Math", "Geometry", "Geometric Shapes", rectangles),
        _Subject("Psychology", "Cognitive Psychology", "Diagrams", fractions),
        _Subject("Physics", "Electromagnetism", "Diagrams", magnets),
        _Subject("Chemistry", "Physical Chemistry", "Diagrams", beakers),
        _Subject("Biology", "Ecology", "Diagrams", chains),
        _Subject("Geography", "Human Geography", "Maps", maps),
    )


def _arts() -> tuple[_Subject, ...]:
    pairs = source(
        comparisons.sample_scenes,
        (*comparisons.CONTAINS, comparisons.more_of_colour),
        lambda both: both,
    )
    posters = source(
        lambda rng, part: sample_scene(rng, part, labelled=True),
        (*scene_questions.READ, *scene_questions.ABOUT),
        lambda scene: (scene,),
    )
    return (
        _Subject("Art", "Drawing", "Paintings", pairs),
        _Subject("Design", "Graphic Design", "Icons and Symbols", posters),
    )


def mmmu(part: Part, seed: int) -> Pack:
    """Draw ten questions in each of thirteen subjects."""
    pack = Pack("mmmu", part, seed, split="val")
    places = Places(part, "mmmu", seed)
    runs: list[list[tuple[_Subject, int, Drawn]]] = []
    for subject in (*_economics(), *_sciences(), *_arts()):
        drawn = subject.draw(part, _SETS, _EACH, ("mmmu", subject.name, seed))
        runs.append([(subject, number + 1, one) for number, one in enumerate(drawn)])
    numeric = 0
    for subject, number, one in interleave(runs):
        numeric += one.asked.answer.isdigit()
        is_open = one.asked.answer.isdigit() and numeric % _OPEN_EVERY == 0
        options, place = ([], 0) if is_open else places.choices(one.asked)
        images = [pack.keep(picture) for picture in one.pictures]
        pack.rows.append(_row(subject, number, one, images, options, place))
    return pack


def _row(
    subject: _Subject,
    number: int,
    one: Drawn,
    images: Sequence[str],
    options: list[str],
    place: int,
) -> Row:
    asked = one.asked
    row: Row = {
        "id": f"validation_{subject.name}_{number}",
        "question": _with_tokens(asked.question, len(images), number),
        "options": repr(options),
        "explanation": f"The answer is {asked.answer}.",
    }
    for index in range(_MOST_IMAGES):
        row[f"image_{index + 1}"] = images[index] if index < len(images) else None
    row["img_type"] = repr([subject.image_type])
    row["answer"] = "ABCD"[place] if options else asked.answer
    row["topic_difficulty"] = "Medium" if len(images) > 1 or asked.skill == "arithmetic" else "Easy"
    row["question_type"] = "multiple-choice" if options else "open"
    row["subfield"] = subject.subfield
    return row


def _with_tokens(question: str, images: int, number: int) -> str:
    """Put in the image tokens, as MMMU does: before, after or within the text."""
    tokens = [f"<image {index + 1}>" for index in range(images)]
    if images > 1:
        return f"Look at {', '.join(tokens[:-1])} and {tokens[-1]}. {question}"
    return f"{question} {tokens[0]}" if number % 2 else f"{tokens[0]} {question}"
