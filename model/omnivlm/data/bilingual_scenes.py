"""Questions about scenes in English and in Chinese."""

import random

from omnivlm.data.asked import numbers_near, some_wrong
from omnivlm.data.bilingual import Bilingual
from omnivlm.data.chinese import COLOURS_CN, KINDS_CN, PLACES_CN, SIDES_CN, USES_CN
from omnivlm.data.scene import Scene, Thing
from omnivlm.data.words import COLOURS, KINDS, LABELS

_KIND_NAMES = {kind: name for kind, (name, _) in KINDS_CN.items()}
_STEPS = {"to the left of": (0, -1), "to the right of": (0, 1), "above": (-1, 0), "below": (1, 0)}
_SAME = {"They have the same colour.": "颜色相同", "They have different colours.": "颜色不同"}


def _chinese_name(name: str) -> str:
    """Translate what `Scene.name` calls an object: 杯子, 红色的杯子."""
    colour, _, kind = name.rpartition(" ")
    return f"{COLOURS_CN[colour]}的{_KIND_NAMES[kind]}" if colour else _KIND_NAMES[kind]


def _nameable(scene: Scene) -> list[tuple[Thing, str]]:
    return [(t, name) for t in scene.things if (name := scene.name(t)) is not None]


def _kinds_but(scene: Scene, kind: str, rng: random.Random) -> tuple[str, ...]:
    """Wrong kinds, those first that stand elsewhere in the scene."""
    there = some_wrong(rng, sorted(scene.kinds()), kind)
    absent = some_wrong(rng, [k for k in KINDS if k not in scene.kinds()], kind)
    return (*there, *absent)[:3]


def place_of(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask where an object stands."""
    if not (found := _nameable(scene)):
        return None
    thing, name = rng.choice(found)
    english = rng.choice((f"Where in the image is the {name}?",
                          f"In which part of the image can you find the {name}?"))  # fmt: skip
    wrong = some_wrong(rng, list(PLACES_CN), thing.place)
    chinese = f"{_chinese_name(name)}位于图片的什么位置？"
    return Bilingual(english, chinese, thing.place, wrong, PLACES_CN)


def count_of(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Count the kind that is there most often, or another one."""
    most = max(sorted(scene.kinds()), key=lambda k: (scene.count(kind=k), rng.random()))
    kind = rng.choice((most, most, rng.choice(sorted(scene.kinds()))))
    name, measure = KINDS_CN[kind]
    count = scene.count(kind=kind)
    english = rng.choice((f"How many {KINDS[kind].plural} are there in the image?",
                          f"How many {KINDS[kind].plural} does the image show?"))  # fmt: skip
    wrong = numbers_near(count, rng, 1, 1)
    return Bilingual(english, f"图中有几{measure}{name}？", str(count), wrong)


def colour_of(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask for the colour of an object whose kind is there once."""
    once = scene.alone()
    if not once:
        return None
    thing = rng.choice(once)
    english = rng.choice((f"What is the colour of the {thing.kind}?",
                          f"Which colour is the {thing.kind} in the image?"))  # fmt: skip
    wrong = some_wrong(rng, list(COLOURS), thing.colour)
    chinese = f"图中的{_KIND_NAMES[thing.kind]}是什么颜色的？"
    return Bilingual(english, chinese, thing.colour, wrong, COLOURS_CN)


def word_under(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask which word is written under an object."""
    if not (found := [(t, name, t.label) for t, name in _nameable(scene) if t.label]):
        return None
    _, name, label = rng.choice(found)
    english = rng.choice((f"Which word is written under the {name}?",
                          f"What does the text below the {name} say?"))  # fmt: skip
    there = some_wrong(rng, [t.label for t in scene.things if t.label], label)
    wrong = (*there, *some_wrong(rng, [w for w in LABELS if w not in there], label))[:3]
    return Bilingual(english, f"{_chinese_name(name)}下方写的是哪个单词？", label, wrong)


def beside(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask what stands directly on a side of an object."""
    found = []
    for thing, name in _nameable(scene):
        for way, (down, right) in _STEPS.items():
            other = scene.at(thing.row + down, thing.column + right)
            if other and other.kind != thing.kind:
                found.append((other.kind, way, name))
    if not found:
        return None
    answer, way, name = rng.choice(found)
    english = rng.choice((f"Which object is directly {way} the {name}?",
                          f"What do you see directly {way} the {name}?"))  # fmt: skip
    chinese = f"紧邻{_chinese_name(name)}{SIDES_CN[way]}的物体是什么？"
    return Bilingual(english, chinese, answer, _kinds_but(scene, answer, rng), _KIND_NAMES)


def use_of(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask which object is used for something; the wrong options are in the picture too."""
    known = [k for k in sorted(scene.kinds()) if k in USES_CN]
    if not known or len(scene.kinds()) < 4:
        return None
    kind = rng.choice(known)
    english = rng.choice((f"Which object in the image {KINDS[kind].use}?",
                          f"Which of the things shown {KINDS[kind].use}?"))  # fmt: skip
    wrong = some_wrong(rng, sorted(scene.kinds()), kind)
    return Bilingual(english, f"图中的哪个物体{USES_CN[kind]}？", kind, wrong, _KIND_NAMES)


def same_colour(scene: Scene, rng: random.Random) -> Bilingual | None:
    """Ask whether two objects have the same colour, of two that do where there are such."""
    once = scene.alone()
    pairs = [(a, b) for a in once for b in once if a.kind < b.kind]
    alike = [(a, b) for a, b in pairs if a.colour == b.colour]
    if not pairs:
        return None
    one, two = rng.choice(alike or pairs)
    options = list(_SAME) if alike else list(_SAME)[::-1]
    pair = f"the {one.kind} and the {two.kind}"
    english = rng.choice((f"Compare the colours of {pair}.",
                          f"How do the colours of {pair} compare?"))  # fmt: skip
    chinese = f"图中的{_KIND_NAMES[one.kind]}和{_KIND_NAMES[two.kind]}颜色是否相同？"
    return Bilingual(english, chinese, options[0], (options[1],), _SAME)


def has_alike(scene: Scene) -> bool:
    """Say whether two objects, each the only one of its kind, have the same colour."""
    once = [t.colour for t in scene.alone()]
    return len(set(once)) < len(once)
