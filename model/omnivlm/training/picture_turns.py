"""More questions about one chart, diagram, sign or cover than a benchmark's form asks of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from omnivlm.data import diagram_questions, sign_questions
from omnivlm.data.asked import Asked, Maker, ask
from omnivlm.data.canvas import Picture
from omnivlm.data.chain_questions import CHAIN
from omnivlm.data.chart_questions import LOOKUPS, REASONED
from omnivlm.data.charts import Chart
from omnivlm.data.covers import COVER, Cover
from omnivlm.data.cycles import CYCLE, Cycle
from omnivlm.data.diagrams import FoodChains, Magnets, PlaceMap, PriceList, Rectangle, Shelf
from omnivlm.data.forms.scienceqa import CONTEXTS
from omnivlm.data.labelled_parts import PART, LabelledParts
from omnivlm.data.signs import GuidePost, Jar, Poster, ShopFront
from omnivlm.training.form_rows import listed, plain
from omnivlm.training.samples import Turn
from omnivlm.training.wordings import (
    LETTERS,
    bracketed,
    circular,
    lettered,
    short,
    single_word,
    solved,
)

_Say = Callable[[Asked, random.Random], Turn]
_BY_LETTER = 0.5  # how often a question is asked with letters, whatever the form

_MAKERS: dict[type, tuple[Maker[Any], ...]] = {
    Chart: (*LOOKUPS, *REASONED),
    FoodChains: CHAIN,
    PlaceMap: (diagram_questions.direction_between, diagram_questions.farthest),
    Magnets: (diagram_questions.attract_or_repel,),
    Shelf: (diagram_questions.most_concentrated,),
    PriceList: (
        diagram_questions.price_of, diagram_questions.price_together, diagram_questions.priced,
        diagram_questions.price_change, diagram_questions.shop_name,
    ),
    Rectangle: (diagram_questions.area_of,),
    Cycle: CYCLE,
    LabelledParts: PART,
    Cover: COVER,
    ShopFront: sign_questions.SHOP,
    Poster: sign_questions.POSTER,
    Jar: sign_questions.JAR,
    GuidePost: sign_questions.POST,
}  # fmt: skip


def picture_turns(form: str, picture: Picture, rng: random.Random, most: int) -> list[Turn]:
    """Ask up to `most` different questions, half in the form's own words, half with letters.

    With letters, ScienceQA's pictures are asked about as ScienceQA does, and the letter follows the
    answer; AI2D asks so of food chains too, without a context, for the letter alone.
    """
    if type(picture) not in _MAKERS or form not in _WORDED or most < 1:
        return []
    by_letter: _Say = _by_letter
    if form != "ai2d" and type(picture) in CONTEXTS:
        by_letter = partial(_with_solution, context=CONTEXTS[type(picture)])
    own = by_letter if form == "scienceqa" else _WORDED[form]
    return [
        (by_letter if rng.random() < _BY_LETTER else own)(one, rng)
        for one in _asked(picture, rng, most)
    ]


def open_turns(picture: Picture, rng: random.Random, most: int) -> list[Turn]:
    """Ask up to `most` different questions without options and without an instruction."""
    return [Turn(one.question, one.answer) for one in _asked(picture, rng, most)]


def solved_turns(picture: Picture, rng: random.Random, most: int) -> list[Turn]:
    """Ask up to `most` different questions as ScienceQA does of such a picture, letters last."""
    context = CONTEXTS[type(picture)]
    return [_with_solution(one, rng, context) for one in _asked(picture, rng, most)]


def _asked(picture: Picture, rng: random.Random, most: int) -> list[Asked]:
    makers = _MAKERS[type(picture)]
    return ask(picture, rng, makers, most, rng.randrange(len(makers)))


def options_of(asked: Asked, rng: random.Random) -> tuple[list[str], str]:
    """Shuffle the answer among up to three wrong ones -> the options and the answer's letter."""
    options = [asked.answer, *asked.wrong[:3]]
    rng.shuffle(options)
    return options, LETTERS[options.index(asked.answer)]


def _by_letter(asked: Asked, rng: random.Random) -> Turn:
    options, letter = options_of(asked, rng)
    return Turn(lettered(asked.question, options), letter)


def _with_solution(asked: Asked, rng: random.Random, context: str) -> Turn:
    options, letter = options_of(asked, rng)
    return Turn(lettered(asked.question, options, context), solved(asked.answer, letter))


def _in_brackets(asked: Asked, rng: random.Random) -> Turn:
    options, letter = options_of(asked, rng)
    question = rng.choice((f"{asked.question} <image 1>", f"<image 1> {asked.question}"))
    return Turn(bracketed(question, options), letter)


def _in_rotation(asked: Asked, rng: random.Random) -> Turn:
    options, letter = options_of(asked, rng)
    return Turn(circular(asked.question, options, "", "en"), letter)


def _single_word(asked: Asked, rng: random.Random) -> Turn:
    return Turn(single_word(asked.question), plain(asked.answer))


def _short(asked: Asked, rng: random.Random) -> Turn:
    return Turn(short(asked.question), plain(asked.answer))


def _small(asked: Asked, rng: random.Random) -> Turn:
    return Turn(short(asked.question), asked.answer.lower())


def _bare(asked: Asked, rng: random.Random) -> Turn:
    return Turn(asked.question, plain(listed(asked.answer)))


_WORDED: dict[str, _Say] = {
    "scienceqa": _by_letter,
    "ai2d": _by_letter,
    "mmmu": _in_brackets,
    "mmbench_en": _in_rotation,
    "chartqa": _single_word,
    "textvqa": _small,
    "ocrvqa": _short,
    "mmvet": _bare,
}
