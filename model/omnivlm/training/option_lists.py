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

_FEW = (*DIRECTIONS, *COLOURS, *KINDS)
_UP_TO_FEW = 0.37  # the share of the items with few words, which bring the others
_UP_TO_NAMED = 0.66  # and of those that do nothing but name letters
_NUMBERS = tuple(str(number) for number in (*range(2, 60), *range(60, 400, 5)))
_LISTS, _CHOSEN = 8, 2


class OptionLists:
    """Item i is eight lists; the earlier items are easier than the later.

    All letters of five words are said, each right after its option: many truths in few words. Of
    two lists, in later items, of up to five names of one kind, every option is chosen once, as
    ScienceQA's questions are answered.
    """

    def __init__(self, part: Part, seed: int, count: int) -> None:
        self._part: Part = part
        self._seed = seed
        self._count = count
        self._kinds: tuple[Sequence[str], ...] = (
            DIRECTIONS, tuple(COLOURS), tuple(KINDS), PLACES, GOODS, SHOPS, _NUMBERS,
            [label.lower() for label in words_for(LABELS, part)],
            [organism for level in ORGANISMS for organism in level],
            [category for topic in TOPICS for category in topic.categories],
        )  # fmt: skip
        names = {name for kind in self._kinds for name in kind}
        self._words = sorted(name for name in names if name.isalpha())

    def __len__(self) -> int:
        """How many items there are."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One item; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"item {index} of {self._count} with lists")
        rng = item_random(self._part, "options", self._seed, index)
        words = _FEW if index < _UP_TO_FEW * self._count else self._words
        chosen = 0 if index < _UP_TO_NAMED * self._count else _CHOSEN
        turns = [_named(rng.sample(words, len(LETTERS)), rng) for _ in range(_LISTS - chosen)]
        for _ in range(chosen):
            turns += _each_chosen(self._of_one_kind(rng))
        return Conversation(
            id=f"options-{self._part}-{self._seed}-{index}",
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
    prompt = lettered("Choose one.", options)
    letters = zip(LETTERS, options, strict=False)
    return [Turn(prompt, solved(option, letter)) for letter, option in letters]
