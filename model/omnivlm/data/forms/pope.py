"""POPE's form: is there an object of a kind, with negatives of three degrees of difficulty."""

import random
from collections import Counter

from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part, item_random
from omnivlm.data.scene import Scene
from omnivlm.data.words import KINDS, with_article
from omnivlm.data.world import Statistics, measure_statistics, sample_scene

CATEGORIES = ("random", "popular", "adversarial")
_SCENES = 20
_DRAFTS = 60
_EACH = 3  # present kinds asked about, and absent ones, in every category


def pope(part: Part, seed: int) -> Pack:
    """Draw 20 scenes with 18 questions each: three yes and three no in each category.

    As in POPE, the present kinds are the same in all three; absent ones are drawn at random, or
    are the most frequent, or those that most often stand with the present ones.
    """
    pack = Pack("pope", part, seed)
    lean: Counter[str] = Counter()
    statistics = measure_statistics(seed)
    for index in range(_SCENES):
        scene, asked = _best_of(_DRAFTS, item_random(part, "pope", index, seed), part, statistics,
                                lean)  # fmt: skip
        lean.update(_lean(asked))
        image = pack.keep(scene)
        for category, kinds in asked.items():
            for number, kind in enumerate(kinds):
                question_id = str(index * 2 * _EACH + number + 1)
                pack.rows.append({
                    "id": f"{category}-{question_id}",
                    "question_id": question_id,
                    "category": category,
                    "image": image,
                    "image_source": image.removesuffix(".png"),
                    "question": f"Is there {with_article(kind)} in the image?",
                    "answer": "no" if number % 2 else "yes",
                })  # fmt: skip
    return pack


def _best_of(
    drafts: int, rng: random.Random, part: Part, statistics: Statistics, lean: Counter[str]
) -> tuple[Scene, dict[str, list[str]]]:
    """Of several scenes take the one that best evens out yes and no within each kind.

    Popular kinds are the negatives again and again; without this the name alone would tell.
    """

    def unevenness(draft: tuple[Scene, dict[str, list[str]]]) -> int:
        after = Counter(lean)
        after.update(_lean(draft[1]))
        return sum(surplus * surplus for surplus in after.values())

    return min((_draft(rng, part, statistics) for _ in range(drafts)), key=unevenness)


def _lean(asked: dict[str, list[str]]) -> Counter[str]:
    """Count for every kind how many more questions are answered yes than no."""
    lean: Counter[str] = Counter()
    for kinds in asked.values():
        for number, kind in enumerate(kinds):
            lean[kind] += -1 if number % 2 else 1
    return lean


def _draft(
    rng: random.Random, part: Part, statistics: Statistics
) -> tuple[Scene, dict[str, list[str]]]:
    """Draw a scene and, by category, the kinds asked about: present and absent ones in turn."""
    while True:
        scene = sample_scene(rng, part)
        if len(scene.kinds()) >= _EACH:
            break
    present = rng.sample(sorted(scene.kinds()), _EACH)
    asked = {}
    for category in CATEGORIES:
        absent = _absent(category, scene, statistics, rng)
        asked[category] = [k for pair in zip(present, absent, strict=True) for k in pair]
    return scene, asked


def _absent(category: str, scene: Scene, statistics: Statistics, rng: random.Random) -> list[str]:
    if category == "adversarial":
        return statistics.adversarial(scene.kinds())[:_EACH]
    if category == "popular":
        return [k for k in statistics.popular() if k not in scene.kinds()][:_EACH]
    return rng.sample([k for k in KINDS if k not in scene.kinds()], _EACH)
