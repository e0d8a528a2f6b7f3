"""Claims about one scene that are true as often as they are false, whatever they claim.

In training every picture is drawn by itself, so that a claim cannot be put to a second picture
that answers it the other way (`claims.opposed`). Where chance alone would favour an answer, the
likelier one is thinned: of a claim that is true in a share p of the scenes and false in a share q
it is put with probability min(p, q) / p where it is true and min(p, q) / q where it is false.
Whoever knows the words alone, or the words and the other kinds of the theme, then knows nothing.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from omnivlm.data.claims import Beside, Claim, Coloured, Counted, Exists, Sided
from omnivlm.data.joint_claims import Both, Either, SameColour
from omnivlm.data.parts import Part, colours_for, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.words import KINDS
from omnivlm.data.world import sample_scene

_SCENES = 6000
_NUMBERS = (1, 2, 3)
Put = tuple[Claim, bool]
"""A claim and whether it is true of the scene."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How often chance makes claims true.

    present: (theme, kind) -> the share of the theme's scenes in which the kind is there.
    counted: (kind, number) -> how often a kind picked at random from a random scene is this one,
    and there so many times.
    """

    present: dict[tuple[str, str], float]
    counted: dict[tuple[str, int], float]

    def even_kinds(self, theme: str) -> float:
        """How many kinds `even_kinds` chooses of a scene of this theme, on average."""
        found = (share for (name, _), share in self.present.items() if name == theme)
        return 2 * sum(min(share, 1 - share) for share in found)


@cache
def measure_shares(least: int, most: int, scenes: int = _SCENES) -> Shares:
    """Count over descriptions of the training part."""
    themes: Counter[str] = Counter()
    present: Counter[tuple[str, str]] = Counter()
    counted: defaultdict[tuple[str, int], float] = defaultdict(float)
    for index in range(scenes):
        rng = item_random("train", "shares", index)
        scene = sample_scene(rng, "train", least=least, most=most)
        theme = theme_of(scene)
        themes[theme] += 1
        for kind in scene.kinds():
            present[theme, kind] += 1
            counted[kind, scene.count(kind=kind)] += 1 / len(scene.kinds())
    return Shares(
        {(theme, kind): count / themes[theme] for (theme, kind), count in present.items()},
        {key: count / scenes for key, count in counted.items()},
    )


def theme_of(scene: Scene) -> str:
    """Name the theme to which most objects belong, of several the first in the alphabet."""
    counts = Counter(KINDS[thing.kind].theme for thing in scene.things)
    return max(sorted(counts), key=lambda theme: counts[theme])


def even_kinds(
    scene: Scene, shares: Shares, rng: random.Random, keep: float = 1.0
) -> tuple[list[str], list[str]]:
    """Choose present and absent kinds; within a theme each is as often in either list.

    Each is kept with the probability `keep`. Whoever takes only the first of them takes the less
    of a kind the more others there are, which tells a little of the truth.
    """
    theme = theme_of(scene)
    there: list[str] = []
    absent: list[str] = []
    for kind in KINDS:
        share = shares.present.get((theme, kind), 0.0)
        here = kind in scene.kinds()
        kept = _kept(share if here else 1 - share, 1 - share if here else share, rng)
        if kept and rng.random() < keep:
            (there if here else absent).append(kind)
    rng.shuffle(there)
    rng.shuffle(absent)
    return there, absent


def _kept(own: float, contrary: float, rng: random.Random) -> bool:
    return rng.random() * own < min(own, contrary)


def existence(
    scene: Scene, shares: Shares, rng: random.Random, wanted: float
) -> list[tuple[Exists, bool]]:
    """Claim kinds that are there and kinds that are not, `wanted` on average or all that can be."""
    keep = min(1.0, wanted / shares.even_kinds(theme_of(scene)))
    there, absent = even_kinds(scene, shares, rng, keep)
    puts = [*((Exists(k), True) for k in there), *((Exists(k), False) for k in absent)]
    rng.shuffle(puts)
    return puts


def pairs_of_kinds(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim both or either of two kinds, each of which is as often there as not."""
    there, absent = even_kinds(scene, shares, rng)
    yes = rng.random() < 0.5
    both = rng.random() < 0.5
    pair = there[:1] + absent[:1]
    if both == yes:
        pair = there[:2] if both else absent[:2]
    if len(pair) < 2:
        return []
    one, two = rng.sample(pair, 2)
    return [(Both(one, two) if both else Either(one, two), yes)]


def colours(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim the colour of an object or another one that the part may give it."""
    thing = rng.choice(scene.things)
    free = [c for c in colours_for(thing.kind, part)
            if not scene.count(kind=thing.kind, colour=c)]  # fmt: skip
    if not free:
        return []
    yes = rng.random() < 0.5
    return [(Coloured(thing.kind, thing.colour if yes else rng.choice(free)), yes)]


def numbers(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim the number of a kind, or the next one up or down."""
    kind, number = rng.choice(sorted(scene.kinds())), rng.choice(_NUMBERS)
    own = shares.counted.get((kind, number), 0.0)
    near = sum(shares.counted.get((kind, number + step), 0.0) for step in (-1, 1))
    away = abs(number - scene.count(kind=kind))
    if away == 0 and _kept(own, near, rng):
        return [(Counted(kind, number), True)]
    return [(Counted(kind, number), False)] if away == 1 and _kept(near, own, rng) else []


def sides(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim the side on which an object stands, or the opposite one; both are as likely."""
    kind = rng.choice(sorted(scene.kinds()))
    claims = [Sided(kind, side) for side in ("left", "right", "top", "bottom")]
    return _one_of(claims, scene, rng)


def relations(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim how an object lies to another, or the contrary; both are as likely."""
    kinds = sorted(scene.kinds())
    if len(kinds) < 2:
        return []
    one, other = rng.sample(kinds, 2)
    ways = ("to the left of", "to the right of", "above", "below")
    return _one_of([Beside(one, way, other) for way in ways], scene, rng)


def shared_colours(scene: Scene, shares: Shares, rng: random.Random, part: Part) -> list[Put]:
    """Claim that two objects share their colour, only where some do and some do not."""
    once = scene.alone()
    pairs = [(a, b) for a in once for b in once if a.kind < b.kind]
    alike = [(a.kind, b.kind) for a, b in pairs if a.colour == b.colour]
    unlike = [(a.kind, b.kind) for a, b in pairs if a.colour != b.colour]
    if not alike or not unlike:
        return []
    yes = rng.random() < 0.5
    return [(SameColour(*rng.sample(rng.choice(alike if yes else unlike), 2)), yes)]


def _one_of(claims: list[Sided] | list[Beside], scene: Scene, rng: random.Random) -> list[Put]:
    puts = [(claim, holds) for claim in claims if (holds := claim.holds(scene)) is not None]
    return [rng.choice(puts)] if puts else []


Putting = Callable[[Scene, Shares, random.Random, Part], list[Put]]
