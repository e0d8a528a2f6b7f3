"""MMBench's form, English and Chinese: every question in all its circular rotations."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from omnivlm.data import bilingual_diagrams, bilingual_scenes
from omnivlm.data.asked import Places
from omnivlm.data.bilingual import Bilingual, Language
from omnivlm.data.canvas import Picture
from omnivlm.data.diagram_questions import sample_chains, sample_magnets
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random
from omnivlm.data.world import sample_scene

Q = TypeVar("Q", bound=Picture)

_EACH = 6  # questions in a category
_ROTATION = 1_000_000  # what a rotation adds to the index
_LETTERS = "ABCD"
_INSTANCE = "finegrained_perception (instance-level)"
_CROSS = "finegrained_perception (cross-instance)"


@dataclass(frozen=True, slots=True)
class _Item:
    """A question with its picture and its place in MMBench's tree of abilities."""

    picture: Picture
    asked: Bilingual
    category: str
    group: str


_Draw = Callable[[random.Random, Part, int], tuple[Picture, Bilingual]]


def mmbench_en(part: Part, seed: int) -> Pack:
    """Draw 60 questions in ten categories, in English."""
    return _mmbench("mmbench_en", "en", part, seed)


def mmbench_cn(part: Part, seed: int) -> Pack:
    """Draw 60 questions in ten categories, in Chinese, about other pictures."""
    return _mmbench("mmbench_cn", "cn", part, seed)


def _mmbench(task: str, language: Language, part: Part, seed: int) -> Pack:
    pack = Pack(task, part, seed)
    places = Places(part, task, seed)
    groups = []
    for index in range(_EACH):
        for category, group, draw in _CATEGORIES:
            rng = item_random(part, task, category, index, seed)
            picture, asked = draw(rng, part, index)
            while picture in pack.pictures.values():
                picture, asked = draw(rng, part, index)
            pack.keep(picture)
            item = _Item(picture, asked, category, group)
            groups.append((item, *places.choices(asked.said(language))))
    # As in the benchmark's own file, all rows of a rotation come before those of the next.
    for turn in range(len(_LETTERS)):
        for number, (item, options, place) in enumerate(groups, 1):
            if turn < len(options):
                _add_row(pack, number, turn, item, language, options, place)
    return pack


def _add_row(
    pack: Pack, number: int, turn: int, item: _Item, language: Language, options: list[str],
    place: int,
) -> None:  # fmt: skip
    count = len(options)
    turned = [options[(i - turn) % count] for i in range(count)]
    filled = [*turned, *["nan"] * (len(_LETTERS) - count)]
    index = number + turn * _ROTATION
    pack.rows.append({
        "id": str(index),
        "index": index,
        "question": item.asked.said(language).question,
        "hint": item.asked.hint(language) or "nan",
        "answer": _LETTERS[(place + turn) % count],
        **dict(zip(_LETTERS, filled, strict=True)),
        "category": item.category,
        "L2-category": item.group,
        "source": "drawn",
        "split": "dev",
        "image": pack.keep(item.picture),
    })  # fmt: skip


def _draws(
    sample: Callable[[random.Random, Part], Q],
    makers: tuple[Callable[[Q, random.Random], Bilingual | None], ...],
    every_other: Callable[[Q], bool] | None = None,
) -> _Draw:
    """Combine what is drawn with what is asked of it, the makers in turn.

    `every_other`, where given, is true of the pictures at even turns and of no others: it
    balances answers that hang on the picture alone.
    """

    def draw(rng: random.Random, part: Part, turn: int) -> tuple[Picture, Bilingual]:
        while True:
            picture = sample(rng, part)
            if every_other is None or every_other(picture) == (turn % 2 == 0):
                asked = makers[turn % len(makers)](picture, rng)
                if asked is not None:
                    return picture, asked

    return draw


_scene = partial(sample_scene, least=5, most=8)
_labelled = partial(sample_scene, labelled=True)
_CATEGORIES: tuple[tuple[str, str, _Draw], ...] = (
    ("object_localization", _INSTANCE,
     _draws(_scene, (bilingual_scenes.place_of, bilingual_scenes.count_of))),
    ("attribute_recognition", _INSTANCE,
     _draws(_scene, (bilingual_scenes.colour_of,))),
    ("ocr", _INSTANCE,
     _draws(_labelled, (bilingual_scenes.word_under,))),
    ("spatial_relationship", _CROSS,
     _draws(_scene, (bilingual_scenes.beside,))),
    ("attribute_comparison", _CROSS,
     _draws(_scene, (bilingual_scenes.same_colour,), bilingual_scenes.has_alike)),
    ("function_reasoning", "attribute_reasoning",
     _draws(_scene, (bilingual_scenes.use_of,))),
    ("physical_property_reasoning", "attribute_reasoning",
     _draws(lambda rng, _part: sample_magnets(rng, rng.random() < 0.5),
            (bilingual_diagrams.pull_or_push,), lambda magnets: magnets.attract)),
    ("nature_relation", "relation_reasoning",
     _draws(lambda rng, _part: sample_chains(rng), (bilingual_diagrams.eater,))),
    ("structuralized_imagetext_understanding", "logic_reasoning",
     _draws(bilingual_diagrams.sample_bars,
            (bilingual_diagrams.extreme_bar, bilingual_diagrams.bar_value))),
    ("image_quality", "coarse_perception",
     _draws(bilingual_diagrams.sample_photograph, (bilingual_diagrams.quality,))),
)  # fmt: skip
