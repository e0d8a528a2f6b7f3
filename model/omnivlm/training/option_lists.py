"""Lists of options without a picture: each is chosen once, and its letter is to be said.

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
from omnivlm.training.samples import Conversation, Turn
from omnivlm.training.wordings import LETTERS, lettered, solved

# Few words are learned first and bring the others (docs/training-data.md).
_FEW: tuple[Sequence[str], ...] = (DIRECTIONS, tuple(COLOURS), tuple(KINDS))
_SHARE_OF_FEW = 0.6
_NUMBERS = tuple(str(number) for number in (*range(2, 60), *range(60, 400, 5)))


class OptionLists:
    """Item i is one list of two to four words of one kind, and each of them as the reply."""

    def __init__(self, part: Part, seed: int, count: int) -> None:
        self._part: Part = part
        self._seed = seed
        self._count = count
        self._more = (
            PLACES, GOODS, SHOPS, _NUMBERS, [label.lower() for label in words_for(LABELS, part)],
            [organism for level in ORGANISMS for organism in level],
            [category for topic in TOPICS for category in topic.categories],
        )  # fmt: skip

    def __len__(self) -> int:
        """How many lists there are."""
        return self._count

    def __getitem__(self, index: int, /) -> Conversation:
        """One list; IndexError beyond the last."""
        if not 0 <= index < self._count:
            raise IndexError(f"list {index} of {self._count}")
        rng = item_random(self._part, "options", self._seed, index)
        return Conversation(
            id=f"options-{self._part}-{self._seed}-{index}",
            pictures=(),
            image_keys=(),
            turns=tuple(self._turns(rng)),
        )

    def _turns(self, rng: random.Random) -> list[Turn]:
        kinds = _FEW if rng.random() < _SHARE_OF_FEW else self._more
        options = rng.sample(sorted(set(rng.choice(kinds))), rng.choice((2, 3, 4, 4)))
        prompt = lettered("Choose one.", options)
        return [
            Turn(prompt, solved(option, letter))
            for letter, option in zip(LETTERS, options, strict=False)
        ]
