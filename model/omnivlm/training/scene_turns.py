"""Several questions about one scene, in the forms that ask about scenes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from omnivlm.data import bilingual_scenes, scene_questions
from omnivlm.data.asked import Maker
from omnivlm.data.bilingual import Bilingual, Language
from omnivlm.data.choice_questions import CHOICES
from omnivlm.data.even_claims import (
    Putting,
    Shares,
    colours,
    existence,
    numbers,
    pairs_of_kinds,
    relations,
    shared_colours,
    sides,
)
from omnivlm.data.knowledge_questions import KNOWLEDGE
from omnivlm.data.parts import Part
from omnivlm.data.scene import Scene
from omnivlm.data.words import with_article
from omnivlm.training.form_rows import listed
from omnivlm.training.picture_turns import options_of
from omnivlm.training.samples import Turn
from omnivlm.training.wordings import circular, lettered, optioned, short

_DRAFTS = 6  # a maker may have nothing to ask of a scene
_EXISTENCE = {"pope": 1.0, "mme": 0.25, "vqav2": 0.1, "gqa": 0.1}
"""How much of a form asks whether a kind is there."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A scene, the part it belongs to and how often chance makes claims true there."""

    scene: Scene
    part: Part
    shares: Shares


_Asker = Callable[[Shown, random.Random], Turn | None]


def scene_turns(
    shown: Shown, rng: random.Random, weights: Mapping[str, float], count: int
) -> list[Turn]:
    """Ask up to `count` different questions; `weights`: the forms and how often each is drawn."""
    found = {turn.prompt: turn for turn in _existence(shown, rng, weights, count)[:count]}
    askers = {form: ASKERS[form] for form in weights if form in ASKERS and weights[form]}
    if not askers:
        return list(found.values())
    forms = rng.choices(list(askers), [weights[form] for form in askers], k=_DRAFTS * count)
    return _filled(found, (rng.choice(askers[form]) for form in forms), shown, rng, count)


def _existence(
    shown: Shown, rng: random.Random, weights: Mapping[str, float], count: int
) -> list[Turn]:
    """Ask whether kinds are there, as often as the weights say; POPE's words as often as POPE."""
    of_forms = {form: share * weights.get(form, 0.0) for form, share in _EXISTENCE.items()}
    about_scenes = {*ASKERS, *_EXISTENCE}
    all_weights = sum(weight for form, weight in weights.items() if form in about_scenes)
    if not (asked := sum(of_forms.values())):
        return []
    turns = []
    wanted = count * asked / all_weights
    for claim, holds in existence(shown.scene, shown.shares, rng, wanted):
        if rng.random() < of_forms["pope"] / asked:
            question = f"Is there {with_article(claim.kind)} in the image?"
        else:
            question = claim.question(rng)
        turns.append(Turn(short(question), "yes" if holds else "no"))
    return turns


def plain_turns(shown: Shown, rng: random.Random, count: int) -> list[Turn]:
    """Ask up to `count` different questions without a benchmark's instruction.

    They take few tokens, so that many are asked of a scene. A third ask whether a kind is there.
    """
    found: dict[str, Turn] = {}
    for claim, holds in existence(shown.scene, shown.shares, rng, count / 3):
        turn = Turn(claim.question(rng), "yes" if holds else "no")
        found[turn.prompt] = turn
    return _filled(found, rng.choices(_PLAIN, k=_DRAFTS * count), shown, rng, count)


def _filled(
    found: dict[str, Turn],
    askers: Iterable[_Asker],
    shown: Shown,
    rng: random.Random,
    count: int,
) -> list[Turn]:
    """Add what the askers ask until there are `count` different questions."""
    drafts = iter(askers)
    while len(found) < count and (asker := next(drafts, None)) is not None:
        turn = asker(shown, rng)
        if turn is not None:
            found.setdefault(turn.prompt, turn)
    return list(found.values())[:count]


_Wording = Callable[[str], str]


def _claim(
    shown: Shown, rng: random.Random, put: Putting, wording: _Wording = short
) -> Turn | None:
    for claim, holds in put(shown.scene, shown.shares, rng, shown.part):
        return Turn(wording(claim.question(rng)), "yes" if holds else "no")
    return None


def _open(
    shown: Shown,
    rng: random.Random,
    maker: Maker[Scene],
    small: bool = False,
    wording: _Wording = short,
) -> Turn | None:
    asked = maker(shown.scene, rng)
    if asked is None:
        return None
    return Turn(wording(asked.question), asked.answer.lower() if small else asked.answer)


def _bare(shown: Shown, rng: random.Random, maker: Maker[Scene]) -> Turn | None:
    asked = maker(shown.scene, rng)
    return None if asked is None else Turn(asked.question, listed(asked.answer))


def _by_letter(
    shown: Shown,
    rng: random.Random,
    maker: Maker[Scene],
    wording: Callable[[str, Sequence[str]], str] = lettered,
) -> Turn | None:
    asked = maker(shown.scene, rng)
    if asked is None or not asked.wrong:
        return None
    options, letter = options_of(asked, rng)
    return Turn(wording(asked.question, options), letter)


def _mmbench(
    shown: Shown,
    rng: random.Random,
    maker: Callable[[Scene, random.Random], Bilingual | None],
    language: Language,
) -> Turn | None:
    both = maker(shown.scene, rng)
    if both is None:
        return None
    asked = both.said(language)
    options, letter = options_of(asked, rng)
    return Turn(circular(asked.question, options, both.hint(language), language), letter)


_BILINGUAL = (
    bilingual_scenes.place_of, bilingual_scenes.count_of, bilingual_scenes.colour_of,
    bilingual_scenes.word_under, bilingual_scenes.beside, bilingual_scenes.use_of,
)  # fmt: skip


def _claims(*puts: Putting) -> tuple[_Asker, ...]:
    return tuple(partial(_claim, put=put) for put in puts)


def _opens(makers: tuple[Maker[Scene], ...]) -> tuple[_Asker, ...]:
    return tuple(partial(_open, maker=maker) for maker in makers)


_QUERIES = _opens(scene_questions.ABOUT)
_COUNTS = _opens(scene_questions.COUNTS)
_LETTERED: tuple[_Asker, ...] = tuple(
    partial(_by_letter, maker=maker) for maker in (*scene_questions.ABOUT, *scene_questions.COUNTS)
)
ASKERS: dict[str, tuple[_Asker, ...]] = {
    "mme": _claims(numbers, sides, relations, colours),
    "vqav2": (
        *_claims(numbers, sides, relations, colours),
        *_QUERIES, *_COUNTS, *_COUNTS[:2],
    ),
    "gqa": (
        *_claims(pairs_of_kinds, shared_colours, colours, relations, sides),
        *_opens(CHOICES), *_QUERIES,
    ),
    "okvqa": _opens(KNOWLEDGE),
    "textvqa": (partial(_open, maker=scene_questions.label_of, small=True),),
    "mmvet": tuple(
        partial(_bare, maker=maker)
        for maker in (
            *scene_questions.ABOUT, *scene_questions.COUNTS, *scene_questions.READ,
            scene_questions.describe, scene_questions.object_used,
        )
    ),
    "scienceqa": _LETTERED,
    "mmbench_en": tuple(partial(_mmbench, maker=m, language="en") for m in _BILINGUAL),
    "mmbench_cn": tuple(partial(_mmbench, maker=m, language="cn") for m in _BILINGUAL),
}  # fmt: skip
"""How each form asks about a scene, but for the existence of kinds."""

_MAKERS = (*scene_questions.ABOUT, *scene_questions.COUNTS)
_PLAIN: tuple[_Asker, ...] = (
    *(partial(_claim, put=put, wording=str) for put in (numbers, sides, relations, colours)),
    *(partial(_open, maker=maker, wording=str) for maker in _MAKERS),
    *(partial(_by_letter, maker=maker, wording=optioned) for maker in _MAKERS),
)
