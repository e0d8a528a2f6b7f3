"""How scenes come about: which kinds are common and which are found together."""

import random
from collections import Counter
from dataclasses import dataclass

from omnivlm.data.parts import Part, colours_for, item_random, words_for
from omnivlm.data.scene import GRID, SIZES, Scene, Thing
from omnivlm.data.words import KINDS, LABELS, PAPERS, THEMES

_OF_THEME = 0.7  # the share of a scene's objects that belong to its theme


def sample_scene(
    rng: random.Random, part: Part, *, least: int = 4, most: int = 7, labelled: bool = False
) -> Scene:
    """Draw the description of a scene of `least` to `most` objects."""
    theme = rng.choices(list(THEMES), list(THEMES.values()))[0]
    cells = sorted(rng.sample(range(GRID * GRID), rng.randint(least, most)))
    labels = rng.sample(words_for(LABELS, part), len(cells))
    things = []
    for cell, label in zip(cells, labels, strict=True):
        kind = _sample_kind(rng, theme)
        things.append(
            Thing(
                kind=kind,
                colour=rng.choice(colours_for(kind, part)),
                size=rng.choice(list(SIZES)),
                row=cell // GRID,
                column=cell % GRID,
                label=label if labelled else None,
            )
        )
    return Scene(tuple(things), rng.randrange(len(PAPERS)))


def _sample_kind(rng: random.Random, theme: str) -> str:
    within = rng.random() < _OF_THEME
    kinds = [k for k, v in KINDS.items() if not within or v.theme == theme]
    return rng.choices(kinds, [KINDS[k].frequency for k in kinds])[0]


@dataclass(frozen=True, slots=True)
class Statistics:
    """In how many scenes a kind stands, and in how many two kinds stand together."""

    frequency: dict[str, int]
    together: dict[tuple[str, str], int]

    def popular(self) -> list[str]:
        """List the kinds, the most frequent first."""
        return sorted(KINDS, key=lambda kind: -self.frequency[kind])

    def adversarial(self, present: set[str]) -> list[str]:
        """List the absent kinds, those first that most often stand with the present ones."""
        absent = [kind for kind in KINDS if kind not in present]
        return sorted(
            absent, key=lambda kind: -sum(self.together[kind, other] for other in present)
        )


def measure_statistics(seed: int, scenes: int = 600) -> Statistics:
    """Count kinds over descriptions of the training part: what a model may come to expect."""
    frequency: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for index in range(scenes):
        kinds = sample_scene(item_random("train", "statistics", index, seed), "train").kinds()
        frequency.update(kinds)
        together.update((a, b) for a in kinds for b in kinds if a != b)
    return Statistics(frequency, together)
