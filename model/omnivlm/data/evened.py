"""Even out the answers of one kind of question, so that no answer is the better guess."""

import random
from collections import Counter

from omnivlm.data.asked import Asked, Maker, P


class Evened:
    """Remembers which answers each kind of question has had and prefers the rarer ones."""

    def __init__(self, drafts: int = 24) -> None:
        self._drafts = drafts
        self._given: Counter[tuple[str, str]] = Counter()

    def ask(
        self, picture: P, maker: Maker[P], rng: random.Random, but: frozenset[str] = frozenset()
    ) -> Asked | None:
        """Ask what has the rarest answer so far, of several drafts; none of the questions `but`."""
        drafts = [maker(picture, rng) for _ in range(self._drafts)]
        fresh = [asked for asked in drafts if asked is not None and asked.question not in but]
        if not fresh:
            return None
        asked = min(fresh, key=lambda one: self._given[maker.__name__, one.answer])
        self._given[maker.__name__, asked.answer] += 1
        return asked
