"""Questions about charts, diagrams and photographs in English and in Chinese."""

import random

from omnivlm.data.asked import numbers_near, some_wrong
from omnivlm.data.bilingual import Bilingual
from omnivlm.data.canvas import Picture
from omnivlm.data.charts import Chart, sample_chart
from omnivlm.data.chinese import ORGANISMS_CN
from omnivlm.data.diagrams import FoodChains, Magnets
from omnivlm.data.parts import Part, colours_for
from omnivlm.data.photographs import CloseUp, Exposed, Spoiled
from omnivlm.data.words import KINDS

_FORCES = {"They attract each other.": "相互吸引", "They repel each other.": "相互排斥"}
_QUALITIES = {
    "It is blurred.": "画面模糊",
    "It is too dark.": "光线过暗",
    "It is too bright.": "曝光过度",
    "It is sharp and well lit.": "画面清晰，光线正常",
}


def sample_bars(rng: random.Random, part: Part) -> Chart:
    """Draw a bar chart of at least four bars."""
    while True:
        chart = sample_chart(rng, part, form="bar")
        if len(chart.categories) > 3:
            return chart


def extreme_bar(chart: Chart, rng: random.Random) -> Bilingual:
    """Ask which bar is the highest or the lowest."""
    most = rng.random() < 0.5
    values = chart.series[0].values
    answer = chart.categories[values.index(max(values) if most else min(values))]
    wrong = some_wrong(rng, chart.categories, answer)
    english = f"Which category of the chart has the {'highest' if most else 'lowest'} value?"
    chinese = f"图表中数值最{'高' if most else '低'}的是哪一项？"
    return Bilingual(english, chinese, answer, wrong)


def bar_value(chart: Chart, rng: random.Random) -> Bilingual:
    """Ask for a value."""
    category = rng.choice(chart.categories)
    value = chart.value(category)
    english = f"According to the chart, what is the value of {category}?"
    chinese = f"根据图表，{category} 对应的数值是多少？"
    return Bilingual(english, chinese, str(value), numbers_near(value, rng, chart.step, 1))


def eater(chains: FoodChains, rng: random.Random) -> Bilingual:
    """Ask which organism eats another; in Chinese the drawing's words stand in brackets."""
    chain = rng.choice(chains.chains)
    place = rng.randrange(len(chain) - 1)
    eaten, answer = chain[place], chain[place + 1]
    wrong = some_wrong(rng, [o for c in chains.chains for o in c if o != eaten], answer)
    names = {word: f"{name}（{word}）" for word, name in ORGANISMS_CN.items()}
    english = rng.choice((f"According to the diagram, which organism eats the {eaten}?",
                          f"In these food chains, what feeds on the {eaten}?"))  # fmt: skip
    chinese = f"根据图中的食物链，哪种生物以{names[eaten]}为食？"
    hints = ("Each arrow points from an organism to the organism that eats it.",
             "图中的箭头由被吃的生物指向吃它的生物。")  # fmt: skip
    return Bilingual(english, chinese, answer, wrong, names, hints)


def pull_or_push(magnets: Magnets, rng: random.Random) -> Bilingual:
    """Ask what two magnets do."""
    options = list(_FORCES) if magnets.attract else list(_FORCES)[::-1]
    hints = ("Unlike poles attract each other and like poles repel each other.",
             "磁铁的异名磁极相互吸引，同名磁极相互排斥。")  # fmt: skip
    english = rng.choice(("What will these two magnets do to each other?",
                          "How will the two magnets act on each other?"))  # fmt: skip
    chinese = "图中的两块磁铁之间会怎样相互作用？"
    return Bilingual(english, chinese, options[0], (options[1],), _FORCES, hints)


def sample_photograph(rng: random.Random, part: Part) -> Picture:
    """Draw an object close up: sharp, blurred, too dark or too bright."""
    kind = rng.choice(list(KINDS))
    shift = (rng.randint(-30, 30), rng.randint(-30, 30))
    plain = CloseUp(kind, rng.choice(colours_for(kind, part)), shift)
    spoiled = (Spoiled(plain, "blurred"), Exposed(plain, 0.16), Exposed(plain, 4.0))
    return rng.choice((plain, *spoiled))


def quality(picture: Picture, rng: random.Random) -> Bilingual:
    """Ask what is wrong with a photograph, if anything."""
    blurred, dark, bright, sharp = _QUALITIES
    answer = sharp
    if isinstance(picture, Spoiled):
        answer = blurred
    elif isinstance(picture, Exposed):
        answer = dark if picture.light < 1 else bright
    wrong = some_wrong(rng, list(_QUALITIES), answer)
    english = rng.choice(("Which of these best describes the quality of the image?",
                          "What can be said about the quality of this picture?"))  # fmt: skip
    return Bilingual(english, "下列哪一项最符合这张图片的质量？", answer, wrong, _QUALITIES)
