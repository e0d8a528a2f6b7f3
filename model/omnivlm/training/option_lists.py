"""Lists of options without a picture, and the letter of each.

To choose an option by its letter a model must find in the list what it has just read off a picture.
That takes no picture to learn, and far more lists than pictures have.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from omnivlm.data.charts import TOPICS
from omnivlm.data.diagram_questions import DIRECTIONS, ORGANISMS
from omnivlm.data.parts import Part, item_random, words_for
from omnivlm.data.words import COLOURS, GOODS, KINDS, LABELS, PLACES, SHOPS
from omnivlm.training.samples import Conversation, Turn, listed
from omnivlm.training.wordings import LETTERS, lettered, optioned, solved

_FEW = (*DIRECTIONS, *COLOURS, *KINDS)  # these words bring the others
_NUMBERS = tuple(str(number) for number in (*range(2, 60), *range(60, 400, 5)))
_LISTS = 8


class OptionLists:
    """Item i is eight lists of five words, whose letters are all said, each after its option.

    few: with some thirty words alone. chosen: of so many of the eight lists, of up to five names of
    one kind, every option is chosen once instead, as ScienceQA's questions are answered.
    """

    def __init__(self, part: Part, seed: int, *, few: bool = False, chosen: int = 0) -> None:
        self._part: Part = part
        self._seed = seed
        self._name = f"options{'-few' if few else ''}"
        self._chosen = chosen
        self._kinds: tuple[Sequence[str], ...] = (
            DIRECTIONS, tuple(COLOURS), tuple(KINDS), PLACES, GOODS, SHOPS, _NUMBERS,
            [label.lower() for label in words_for(LABELS, part)],
            [organism for level in ORGANISMS for organism in level],
            [category for topic in TOPICS for category in topic.categories],
        )  # fmt: skip
        names = {name for kind in self._kinds for name in kind}
        self._words = _FEW if few else sorted(name for name in names if name.isalpha())

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; there is no last."""
        rng = item_random(self._part, self._name, self._seed, index)
        named = range(_LISTS - self._chosen)
        turns = [_named(rng.sample(self._words, len(LETTERS)), rng) for _ in named]
        for _ in range(self._chosen):
            turns += _each_chosen(self._of_one_kind(rng))
        return Conversation(
            id=f"{self._name}-{self._part}-{self._seed}-{index}",
            pictures=(),
            image_keys=(),
            turns=tuple(turns),
        )

    def _of_one_kind(self, rng: random.Random) -> list[str]:
        names = sorted(set(rng.choice(self._kinds)))
        return rng.sample(names, min(rng.choice((2, 3, 4, 5)), len(names)))


def _named(options: list[str], rng: random.Random) -> Turn:
    said = list(zip(options, LETTERS, strict=False))
    rng.shuffle(said)
    return listed(optioned("Say the letters.", options), said)


def _each_chosen(options: list[str]) -> list[Turn]:
    """Which one cannot be known; what follows its name can."""
    prompt, turns = lettered("Choose one.", options), []
    for letter, option in zip(LETTERS, options, strict=False):
        answer = solved(option, letter)
        turns.append(Turn(prompt, answer, ((len(option), len(answer)),)))
    return turns
