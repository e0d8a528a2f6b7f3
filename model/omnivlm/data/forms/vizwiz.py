"""VizWiz's form: one question to a photograph; of some nothing can be seen any more."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from omnivlm.data import sign_questions
from omnivlm.data.annotators import TEN, ten_answers
from omnivlm.data.asked import Asked, Maker, some_wrong
from omnivlm.data.canvas import Picture
from omnivlm.data.evened import Evened
from omnivlm.data.forms.textvqa import lower
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, colours_for, item_random
from omnivlm.data.photographs import FAULTS, CloseUp, Fault, Spoiled, Tilted
from omnivlm.data.signs import Jar, Poster, ShopFront
from omnivlm.data.words import COLOURS, KINDS, PAPERS, with_article

_PHOTOGRAPHS = 128
_SPOILED_EVERY = 4
_WRITTEN_FAULTS = FAULTS
_OBJECT_FAULTS: tuple[Fault, ...] = ("dark", "bright", "covered")  # a blur still shows a colour
_NOTHING = ("unanswerable", "unsuitable", "unsuitable image")


@dataclass(frozen=True, slots=True)
class _Photograph:
    """What one question is asked about, and the faults that hide the answer to it."""

    picture: Picture
    asked: Asked
    category: str
    faults: tuple[Fault, ...]


def vizwiz(part: Part, seed: int) -> Pack:
    """Draw 128 photographs with a question each; every fourth of each kind is unanswerable."""
    pack = Pack("vizwiz", part, seed)
    takers = _takers(Evened())
    answered: Counter[int] = Counter()
    for index in range(_PHOTOGRAPHS):
        rng = item_random(part, "vizwiz", index, seed)
        turn, kind = divmod(index, len(takers))
        taken = takers[kind](rng, part, answered[kind])
        spoiled = (turn + kind) % _SPOILED_EVERY == 0
        answered[kind] += not spoiled
        fault = taken.faults[turn // _SPOILED_EVERY % len(taken.faults)]
        answers = _nothing_seen(taken.asked, rng) if spoiled else ten_answers(taken.asked, rng)
        name = pack.keep(Spoiled(taken.picture, fault) if spoiled else taken.picture)
        number = f"VizWiz_{part}_{index:08d}"
        pack.rows.append({
            "id": number,
            "question_id": number,
            "image": name,
            "question": taken.asked.question,
            "answers": answers,
            "category": "unanswerable" if spoiled else taken.category,
        })  # fmt: skip
    return pack


def _nothing_seen(asked: Asked, rng: random.Random) -> list[str]:
    """Most say that it cannot be answered; the others say so in other words, or guess."""
    answers = [_NOTHING[0]] * rng.choice((10, 9, 8, 8, 7))
    while len(answers) < TEN:
        answers.append(rng.choice((*_NOTHING[1:], *asked.wrong)))
    rng.shuffle(answers)
    return answers


_Taker = Callable[[random.Random, Part, int], _Photograph]


def _takers(evened: Evened) -> tuple[_Taker, ...]:
    """List the ways to take a photograph: of words and of single objects."""

    def close_up(maker: Maker[CloseUp], category: str = "other") -> _Taker:
        def take(rng: random.Random, part: Part, turn: int) -> _Photograph:
            del turn
            picture = _sample_close_up(rng, part)
            asked = evened.ask(picture, maker, rng)
            assert asked is not None  # these makers can ask of any object
            return _Photograph(picture, asked, category, _OBJECT_FAULTS)

        return take

    def is_it(rng: random.Random, part: Part, turn: int) -> _Photograph:
        picture = _sample_close_up(rng, part)
        return _Photograph(picture, _is_this(picture, turn, rng), "yes/no", _OBJECT_FAULTS)

    def jar(rng: random.Random, part: Part, turn: int) -> _Photograph:
        maker = sign_questions.JAR[turn % len(sign_questions.JAR)]
        picture: Jar = sign_questions.sample_jar(rng, part)
        asked = maker(picture, rng)
        assert asked is not None
        category = "number" if maker is sign_questions.jar_grams else "other"
        return _Photograph(_tilt(picture, rng), asked, category, _WRITTEN_FAULTS)

    def poster(rng: random.Random, part: Part, turn: int) -> _Photograph:
        del turn
        picture: Poster = sign_questions.sample_poster(rng, part)
        asked = sign_questions.poster_event(picture, rng)
        return _Photograph(_tilt(picture, rng), lower(asked), "other", _WRITTEN_FAULTS)

    def shop(rng: random.Random, part: Part, turn: int) -> _Photograph:
        del turn
        picture: ShopFront = sign_questions.sample_shop(rng, part)
        asked = sign_questions.shop_name(picture, rng)
        return _Photograph(_tilt(picture, rng), lower(asked), "other", _WRITTEN_FAULTS)

    return (close_up(_what_is), close_up(_which_colour), jar, is_it, close_up(_what_is), poster,
            close_up(_which_colour), shop)  # fmt: skip


def _tilt(picture: Picture, rng: random.Random) -> Picture:
    return Tilted(picture, rng.choice((-12, -8, -5, 4, 7, 11)))


def _sample_close_up(rng: random.Random, part: Part) -> CloseUp:
    kind = rng.choice(list(KINDS))
    shift = (rng.randint(-40, 40), rng.randint(-40, 40))
    return CloseUp(kind, rng.choice(colours_for(kind, part)), shift, rng.randrange(len(PAPERS)))


def _what_is(picture: CloseUp, rng: random.Random) -> Asked:
    wording = rng.choice(("What is this?", "Can you tell me what this is please?",
                          "What is in this picture?", "What is this item?"))  # fmt: skip
    return Asked(wording, picture.kind, some_wrong(rng, list(KINDS), picture.kind), "kind")


def _which_colour(picture: CloseUp, rng: random.Random) -> Asked:
    wording = rng.choice(("What colour is this?", "Please tell me the colour of this.",
                          "What is the colour of this item?"))  # fmt: skip
    return Asked(wording, picture.colour, some_wrong(rng, list(COLOURS), picture.colour), "colour")


def _is_this(picture: CloseUp, turn: int, rng: random.Random) -> Asked:
    """Ask for the kind or the colour; yes and no take turns, for each."""
    yes = turn % 2 == 0
    if turn // 2 % 2:
        kind = picture.kind if yes else rng.choice([k for k in KINDS if k != picture.kind])
        question = f"Is this {with_article(kind)}?"
    else:
        colour = picture.colour if yes else rng.choice([c for c in COLOURS if c != picture.colour])
        question = f"Is this {colour}?"
    return Asked(question, "yes" if yes else "no", ("no" if yes else "yes",), "yes/no")
