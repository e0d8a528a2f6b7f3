"""Bar and line charts whose values can be read without doubt."""

import random
from dataclasses import dataclass

from PIL import Image

from omnivlm.data.canvas import Canvas, Point
from omnivlm.data.parts import MOST_CATEGORIES, Part
from omnivlm.data.words import COLOURS, INK, Colour, sentences

WIDTH_PX, HEIGHT_PX = 420, 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 66, 408, 282
_GRID: Colour = (214, 216, 222)
_BAR_COLOURS = ("red", "orange", "green", "blue", "purple", "pink", "black")


@dataclass(frozen=True, slots=True)
class Series:
    """One run of values, in the order of the chart's categories."""

    name: str
    colour: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a chart may be about; `things` completes "the number of ...", `noun` one category."""

    title: str
    things: str
    noun: str
    categories: tuple[str, ...]
    in_time: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic("Fruit sold in a week", "boxes", "fruit",
          ("Apple", "Pear", "Plum", "Grape", "Lemon", "Mango", "Peach", "Kiwi")),
    Topic("Visitors by month", "visitors", "month",
          ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul"), True),
    Topic("Pets in the village", "animals", "animal",
          ("Cat", "Dog", "Duck", "Goat", "Hen", "Horse", "Sheep")),
    Topic("Letters sent by year", "letters", "year",
          ("2014", "2015", "2016", "2017", "2018", "2019", "2020"), True),
    Topic("Books borrowed by day", "books", "day",
          ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), True),
    Topic("Students in each club", "students", "club",
          ("Chess", "Dance", "Drama", "Judo", "Music", "Paint", "Swim", "Yoga")),
    Topic("Trees planted by place", "trees", "place",
          ("Basel", "Cairo", "Lima", "Oslo", "Paris", "Rome", "Tokyo", "Turin")),
    Topic("Bikes sold by year", "bikes", "year",
          ("2005", "2006", "2007", "2008", "2009", "2010", "2011"), True),
)  # fmt: skip
_PAIRS = (("Shop A", "Shop B"), ("North", "South"), ("Plan", "Result"), ("Boys", "Girls"))


@dataclass(frozen=True, slots=True)
class Chart:
    """A complete description: `bar_colours` is empty where all bars share the series' colour."""

    form: str
    topic: Topic
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    top: int
    step: int
    values_shown: bool
    bar_colours: tuple[str, ...] = ()

    def value(self, category: str, series: int = 0) -> int:
        """Return the value of a category."""
        return self.series[series].values[self.categories.index(category)]

    def describe(self) -> str:
        """Read the title and, series by series, every value."""
        said = []
        for series in self.series:
            colours = self.bar_colours or (series.colour,) * len(self.categories)
            shown = [f"{c} {v}" for c, v in zip(self.categories, series.values, strict=True)]
            if self.bar_colours:
                shown = [f"{one} {colour}" for one, colour in zip(shown, colours, strict=True)]
                said.append(", ".join(shown))
            else:
                said.append(f"{series.name} in {series.colour}: {', '.join(shown)}")
        return sentences(f"A {self.form} chart, {self.topic.title}", *said)

    def draw(self) -> Image.Image:
        """Draw the chart, 420 x 320."""
        canvas = Canvas(WIDTH_PX, HEIGHT_PX)
        canvas.text((WIDTH_PX / 2, 20), self.topic.title, 21)
        self._draw_axes(canvas)
        if self.form == "bar":
            self._draw_bars(canvas)
        else:
            self._draw_lines(canvas)
        return canvas.finish()

    def _x(self, index: int) -> float:
        return _LEFT + (index + 0.5) * (_RIGHT - _LEFT) / len(self.categories)

    def _y(self, value: float) -> float:
        return _BOTTOM - value * (_BOTTOM - _TOP) / self.top

    def _draw_axes(self, canvas: Canvas) -> None:
        for value in range(0, self.top + 1, self.step):
            canvas.line([(_LEFT, self._y(value)), (_RIGHT, self._y(value))], _GRID, 1)
            canvas.text((_LEFT - 7, self._y(value)), str(value), 17, "rm")
        canvas.line([(_LEFT, _TOP), (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], INK, 1.5)
        for index, category in enumerate(self.categories):
            canvas.text((self._x(index), _BOTTOM + 17), category, 17)

    def _draw_bars(self, canvas: Canvas) -> None:
        width_px = 0.6 * (_RIGHT - _LEFT) / len(self.categories)
        for index, value in enumerate(self.series[0].values):
            colour = self.bar_colours[index] if self.bar_colours else self.series[0].colour
            x = self._x(index)
            box = (x - width_px / 2, self._y(value), x + width_px / 2, _BOTTOM)
            canvas.rectangle(box, COLOURS[colour])
            if self.values_shown:
                canvas.text((x, self._y(value) - 10), str(value), 17)

    def _draw_lines(self, canvas: Canvas) -> None:
        for number, series in enumerate(self.series):
            colour = COLOURS[series.colour]
            points: list[Point] = [(self._x(i), self._y(v)) for i, v in enumerate(series.values)]
            canvas.line(points, colour, 3)
            for x, y in points:
                canvas.ellipse((x - 5, y - 5, x + 5, y + 5), colour)
            if self.values_shown:
                self._write_values(canvas, points, series.values)
            if len(self.series) > 1:
                x = _LEFT + 40 + 165 * number
                canvas.line([(x, 46), (x + 28, 46)], colour, 4)
                canvas.text((x + 36, 46), series.name, 17, "lm")

    def _write_values(self, canvas: Canvas, points: list[Point], values: tuple[int, ...]) -> None:
        """Write each value above its point, or below it where the line comes from above."""
        for index, ((x, y), value) in enumerate(zip(points, values, strict=True)):
            beside = values[max(0, index - 1) : index + 2]
            canvas.text((x, y + (15 if value == min(beside) else -15)), str(value), 17, halo_px=2)


def sample_chart(rng: random.Random, part: Part, *, form: str | None = None) -> Chart:
    """Draw the description of a chart of three to seven categories (seven in the test part only).

    Values are written on the chart, or lie exactly on its grid lines; those of a series differ.
    """
    form = form or rng.choice(("bar", "bar", "line"))
    topic = rng.choice([t for t in TOPICS if form == "bar" or t.in_time])
    count = rng.randint(3, MOST_CATEGORIES[part])
    series_count = 2 if form == "line" and rng.random() < 0.5 else 1
    values_shown = series_count == 1 and rng.random() < 0.6
    step = rng.choice((2, 5, 10, 20, 50))
    high = rng.randint(max(6, count), 8)
    levels = [v * step for v in range(1, high + 1)]
    if values_shown:
        levels = list(range(step, high * step + 1))
    names = rng.choice(_PAIRS) if series_count > 1 else (topic.things,)
    colours = rng.sample(_BAR_COLOURS, count)
    runs = _runs(rng, levels, count, series_count)
    series = tuple(Series(name, colours[i], runs[i]) for i, name in enumerate(names))
    many_coloured = form == "bar" and rng.random() < 0.5
    return Chart(
        form=form,
        topic=topic,
        categories=_some_in_order(rng, topic, count),
        series=series,
        top=high * step,
        step=step,
        values_shown=values_shown,
        bar_colours=tuple(colours) if many_coloured else (),
    )


def _runs(
    rng: random.Random, levels: list[int], count: int, series_count: int
) -> list[tuple[int, ...]]:
    """Draw values that differ within a series and, point by point, between two series."""
    runs = [tuple(rng.sample(levels, count))]
    while len(runs) < series_count:
        run = tuple(rng.sample(levels, count))
        if all(a != b for a, b in zip(run, runs[0], strict=True)):
            runs.append(run)
    return runs


def _some_in_order(rng: random.Random, topic: Topic, count: int) -> tuple[str, ...]:
    """Choose categories: consecutive ones where they follow time, any in any order elsewhere."""
    if topic.in_time:
        start = rng.randint(0, len(topic.categories) - count)
        return topic.categories[start : start + count]
    return tuple(rng.sample(topic.categories, count))
