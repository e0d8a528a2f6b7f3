"""The drawn world as training data: made when it is asked for, from the part's seeds alone."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import PIL.Image

from omnivlm.data.canvas import Picture as Described
from omnivlm.data.even_claims import measure_shares
from omnivlm.data.pack import Pack, Row, interleave
from omnivlm.data.packs import FORMS
from omnivlm.data.parts import Part, item_random, part_seed
from omnivlm.data.scene import Scene
from omnivlm.data.world import sample_scene
from omnivlm.errors import TrainingError
from omnivlm.training.checklists import checklists
from omnivlm.training.form_rows import picture_names, turn_of
from omnivlm.training.picture_facts import some_facts
from omnivlm.training.picture_turns import picture_turns
from omnivlm.training.samples import Conversation, Turn
from omnivlm.training.scene_turns import Shown, plain_turns, scene_turns

CAPTION_PROMPTS = (
    "Describe the image.", "Describe the image in detail.", "What is in the image?",
)  # fmt: skip
CAPTIONS_PROMPT = "Describe the images."
ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh")

MIX: dict[str, float] = {
    "pope": 5, "vqav2": 5, "gqa": 3, "mme": 6, "scienceqa": 5, "okvqa": 2, "chartqa": 1,
    "textvqa": 1, "ocrvqa": 1, "vizwiz": 1, "ai2d": 1, "mmbench_en": 1, "mmbench_cn": 1,
    "mmmu": 1, "mmvet": 1,
}  # fmt: skip
"""How often each form is drawn, relative to the others."""

_SCENES_ONLY = ("pope", "vqav2", "gqa", "okvqa")
_LEAST, _MOST = 4, 8  # objects in a scene
_LABELLED = 0.2  # the share of scenes with words under the objects
_TEXTS_TOGETHER = 4  # questions without a picture that make one sample
_BLOCKS_KEPT = 2048
_CYCLE = 200  # after so many conversations, or nearly so, the forms' turns begin anew

Group = tuple[tuple[Described, ...], tuple[Turn, ...]]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is asked of a picture at most.

    questions: in the forms' words; 0 leaves out those that came with a form's picture, too. lists
    and plain, which no benchmark's instruction follows: of scenes alone. facts: of the same kind,
    of diagrams and charts.
    """

    questions: int = 4
    lists: int = 1
    plain: int = 12
    facts: int = 8


TOLD = Amounts(questions=0, lists=5, plain=0, facts=0)
"""What is there, where and how often: what a language model has to read first."""


class DrawnConversations:
    """Pictures with a caption, lists and questions, in all fifteen forms.

    The forms take turns by `mix` (form -> weight). Item i is the same whatever was asked before,
    and another in every part and for every seed; its pictures are the same for all `amounts`.
    Raises TrainingError for a mix that cannot be.
    """

    def __init__(
        self,
        part: Part,
        seed: int,
        count: int,
        mix: Mapping[str, float] | None = None,
        amounts: Amounts = Amounts(),
    ) -> None:
        self._mix = dict(MIX if mix is None else mix)
        _check(self._mix, count)
        self._part: Part = part
        self._seed = seed
        self._count = count
        self._amounts = amounts
        self._shares = measure_shares(_LEAST, _MOST)
        self._turns = _turns(self._mix)

    def __len__(self) -> int:
        """How many conversations there are."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One conversation; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"conversation {index} of {self._count}")
        cycle, place = divmod(index, len(self._turns))
        form = self._turns[place]
        earlier = cycle * self._turns.count(form) + self._turns[:place].count(form)
        if form in _SCENES_ONLY:
            pictures, turns = self._scene(index)
        else:
            pictures, turns = self._of_form(form, earlier, index)
        return Conversation(
            id=f"{form}-{self._part}-{self._seed}-{index}",
            pictures=tuple(partial(_draw, picture) for picture in pictures),
            image_keys=tuple(image_key(picture) for picture in pictures),
            turns=tuple({turn.prompt: turn for turn in turns}.values()),
        )

    def _scene(self, index: int) -> Group:
        rng = item_random(self._part, "conversation", self._seed, index)
        labelled = rng.random() < _LABELLED
        scene = sample_scene(rng, self._part, least=_LEAST, most=_MOST, labelled=labelled)
        shown = Shown(scene, self._part, self._shares)
        caption = Turn(rng.choice(CAPTION_PROMPTS), scene.describe())
        return (scene,), (caption, *self._asked(shown, rng, self._amounts.questions))

    def _asked(self, shown: Shown, rng: random.Random, questions: int) -> list[Turn]:
        return [
            *checklists(shown, rng, self._amounts.lists),
            *plain_turns(shown, rng, self._amounts.plain),
            *scene_turns(shown, rng, self._mix, questions),
        ]

    def _of_form(self, form: str, earlier: int, index: int) -> Group:
        rng = item_random(self._part, "conversation", self._seed, index)
        number, place = divmod(earlier, len(self._block(form, 0)))
        groups = self._block(form, number)
        pictures, turns = groups[place % len(groups)]
        if pictures and not self._amounts.questions:
            turns = ()
        most = max(self._amounts.questions - len(turns), 0)
        more: list[Turn] = []
        match pictures:
            case (Scene() as scene,):
                more = self._asked(Shown(scene, self._part, self._shares), rng, most)
            case (picture,):
                more = [
                    *picture_turns(form, picture, rng, most),
                    *some_facts(picture, rng, self._amounts.facts),
                ]
            case _:
                pass
        return pictures, (*_captions(pictures, rng.choice(CAPTION_PROMPTS)), *turns, *more)

    def _block(self, form: str, number: int) -> tuple[Group, ...]:
        seed = part_seed(self._part, form, self._seed, number)
        return form_block(form, self._part, seed)


@lru_cache(maxsize=_BLOCKS_KEPT)
def form_block(form: str, part: Part, seed: int) -> tuple[Group, ...]:
    """Draw one pack of a form and put the questions of each picture, or set of them, together."""
    pack = FORMS[form](part, seed)
    groups: dict[tuple[str, ...], list[Row]] = {}
    texts: list[Row] = []
    for row in pack.rows:
        names = picture_names(row)
        (groups.setdefault(names, []) if names else texts).append(row)
    together = [texts[i : i + _TEXTS_TOGETHER] for i in range(0, len(texts), _TEXTS_TOGETHER)]
    runs = [[_group(pack, names, rows) for names, rows in groups.items()],
            [_group(pack, (), rows) for rows in together]]  # fmt: skip
    return tuple(interleave([run for run in runs if run]))


def image_key(picture: Described) -> str:
    """Name a picture by all that it shows."""
    return f"drawn-{hashlib.sha256(repr(picture).encode()).hexdigest()[:24]}"


def _group(pack: Pack, names: tuple[str, ...], rows: list[Row]) -> Group:
    turns = tuple(turn_of(pack.task, row) for row in rows)
    return tuple(pack.pictures[name] for name in names), turns


def _captions(pictures: tuple[Described, ...], prompt: str) -> tuple[Turn, ...]:
    if len(pictures) == 1:
        return (Turn(prompt, pictures[0].describe()),)
    said = (
        f"{ordinal} image: {picture.describe()}"
        for ordinal, picture in zip(ORDINALS, pictures, strict=False)
    )
    return (Turn(CAPTIONS_PROMPT, " ".join(said)),) if pictures else ()


def _draw(picture: Described) -> PIL.Image.Image:
    return picture.draw()


def _turns(mix: Mapping[str, float]) -> list[str]:
    """Let the forms take turns by their weights, each that has one at least once in a cycle."""
    total = sum(mix.values())
    drawn = {form: weight / total for form, weight in mix.items() if weight}
    return interleave([[form] * max(1, round(_CYCLE * share)) for form, share in drawn.items()])


def _check(mix: Mapping[str, float], count: int) -> None:
    unknown = sorted(set(mix) - set(FORMS))
    if unknown:
        raise TrainingError(
            f"mix names {', '.join(unknown)}; the forms are {', '.join(sorted(FORMS))}"
        )
    if any(weight < 0 for weight in mix.values()) or not any(mix.values()):
        raise TrainingError("mix must hold numbers from 0, one at least above it")
    if count < 1:
        raise TrainingError(f"count is {count}; it must be 1 or more")
