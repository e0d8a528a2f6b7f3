"""Questions about charts: looking up, comparing, counting, adding."""

import random
from collections.abc import Sequence

from omnivlm.data.asked import Asked, Maker, numbers_near, some_wrong
from omnivlm.data.charts import Chart


def _series(chart: Chart, rng: random.Random) -> tuple[int, str]:
    """Choose a series and the words that name it (none where there is only one)."""
    number = rng.randrange(len(chart.series))
    return number, f" for {chart.series[number].name}" if len(chart.series) > 1 else ""


def _in_category(chart: Chart, category: str) -> str:
    return f"{'in' if chart.topic.in_time and not category.endswith(_DAYS) else 'for'} {category}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _order(chart: Chart, rng: random.Random, answer: str, skill: str, question: str) -> Asked:
    return Asked(question, answer, some_wrong(rng, chart.categories, answer), skill)


def value_of(chart: Chart, rng: random.Random) -> Asked | None:
    """Look a value up."""
    number, of = _series(chart, rng)
    category = rng.choice(chart.categories)
    where = _in_category(chart, category)
    wording = rng.choice(("What is the value {}{}?", "What is the number of {things} {}{}?",
                          "How many {things} are shown {}{}?"))  # fmt: skip
    answer = chart.value(category, number)
    wrong = numbers_near(answer, rng, chart.step)
    question = wording.format(where, of, things=chart.topic.things)
    return Asked(question, str(answer), wrong, "value")


def category_with(chart: Chart, rng: random.Random) -> Asked | None:
    """Find the category that has a value."""
    number, of = _series(chart, rng)
    category = rng.choice(chart.categories)
    value = chart.value(category, number)
    wording = rng.choice(("Which {} has the value {}{}?", "Which {} shows a value of {}{}?"))
    question = wording.format(chart.topic.noun, value, of)
    return _order(chart, rng, category, "find", question)


def highest(chart: Chart, rng: random.Random) -> Asked | None:
    """Find the highest or the lowest category."""
    number, of = _series(chart, rng)
    values = chart.series[number].values
    most = rng.random() < 0.5
    answer = chart.categories[values.index(max(values) if most else min(values))]
    word = rng.choice(("highest", "largest") if most else ("lowest", "smallest"))
    question = f"Which {chart.topic.noun} has the {word} value{of}?"
    return _order(chart, rng, answer, "extreme", question)


def extreme_value(chart: Chart, rng: random.Random) -> Asked | None:
    """Read the highest or the lowest value."""
    number, of = _series(chart, rng)
    values = chart.series[number].values
    word = rng.choice(("highest", "lowest"))
    answer = max(values) if word == "highest" else min(values)
    question = f"What is the {word} value{of} in the chart?"
    return Asked(question, str(answer), numbers_near(answer, rng, chart.step), "value")


def difference(chart: Chart, rng: random.Random) -> Asked | None:
    """Subtract two values."""
    number, of = _series(chart, rng)
    one, two = rng.sample(chart.categories, 2)
    answer = abs(chart.value(one, number) - chart.value(two, number))
    wording = rng.choice(("What is the difference between the values of {} and {}{}?",
                          "By how much do the values of {} and {} differ{}?"))  # fmt: skip
    wrong = numbers_near(answer, rng, chart.step, 1)
    return Asked(wording.format(one, two, of), str(answer), wrong, "arithmetic")


def total(chart: Chart, rng: random.Random) -> Asked | None:
    """Add two values."""
    number, of = _series(chart, rng)
    one, two = rng.sample(chart.categories, 2)
    answer = chart.value(one, number) + chart.value(two, number)
    wording = rng.choice(
        (
            "What is the sum of the values of {} and {}{}?",
            "What do the values of {} and {} add up to{}?",
        )
    )
    wrong = numbers_near(answer, rng, chart.step)
    return Asked(wording.format(one, two, of), str(answer), wrong, "arithmetic")


def count_above(chart: Chart, rng: random.Random) -> Asked | None:
    """Count the categories above a grid line on which no value lies, or all of them."""
    number, of = _series(chart, rng)
    values = chart.series[number].values
    limit = rng.choice(range(chart.step, chart.top, chart.step))
    if limit in values:
        limit = limit + chart.step // 2 if not chart.values_shown else limit
    more = rng.random() < 0.5
    answer = sum(v > limit if more else v < limit for v in values)
    word = "more than" if more else "less than"
    question = f"How many {chart.topic.noun}s have a value of {word} {limit}{of}?"
    return Asked(question, str(answer), numbers_near(answer, rng), "count")


def count_marks(chart: Chart, rng: random.Random) -> Asked | None:
    """Count the bars, or the points of one line."""
    count = len(chart.categories)
    if chart.form == "bar":
        question = rng.choice(("How many bars are there in the chart?", "How many bars are shown?"))
    else:
        question = f"How many {chart.topic.noun}s are shown on the horizontal axis?"
    return Asked(question, str(count), numbers_near(count, rng, 1, 1), "count")


def colour_of(chart: Chart, rng: random.Random) -> Asked | None:
    """Tell the colour of a bar or of a line."""
    if chart.bar_colours:
        index = rng.randrange(len(chart.categories))
        answer, what = chart.bar_colours[index], f"the bar of {chart.categories[index]}"
    elif len(chart.series) > 1:
        series = rng.choice(chart.series)
        answer, what = series.colour, f"the line of {series.name}"
    else:
        return None
    pool: Sequence[str] = chart.bar_colours or [s.colour for s in chart.series]
    wrong = some_wrong(rng, [*pool, "red", "green", "blue", "purple"], answer)
    return Asked(f"What is the colour of {what}?", answer, wrong, "colour")


def value_of_colour(chart: Chart, rng: random.Random) -> Asked | None:
    """Look up what the bar of a colour shows."""
    if not chart.bar_colours:
        return None
    index = rng.randrange(len(chart.categories))
    colour = chart.bar_colours[index]
    if rng.random() < 0.5:
        answer = chart.categories[index]
        return _order(chart, rng, answer, "find", f"What does the {colour} bar stand for?")
    value = chart.series[0].values[index]
    wrong = numbers_near(value, rng, chart.step)
    return Asked(f"What is the value of the {colour} bar?", str(value), wrong, "value")


def greater(chart: Chart, rng: random.Random) -> Asked | None:
    """Compare two values: yes or no."""
    number, of = _series(chart, rng)
    one, two = rng.sample(chart.categories, 2)
    yes = chart.value(one, number) > chart.value(two, number)
    question = f"Is the value of {one} greater than the value of {two}{of}?"
    return Asked(question, "Yes" if yes else "No", ("No" if yes else "Yes",), "compare")


LOOKUPS: tuple[Maker[Chart], ...] = (
    value_of, category_with, value_of_colour, highest, extreme_value, value_of,
)  # fmt: skip
REASONED: tuple[Maker[Chart], ...] = (
    difference, count_above, colour_of, highest, count_marks, total, greater, value_of_colour,
)  # fmt: skip
