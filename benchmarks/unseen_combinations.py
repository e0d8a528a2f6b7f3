"""Whether a model recognises objects in colours that it never saw them in.

    python benchmarks/unseen_combinations.py [MODEL] [--scenes 1000]

MODEL is a name or a checkpoint, default omnivlm-tiny. In every scene of the drawn world's test part
one object of a held-out colour and one of a trained colour are asked for, each the only one of its
kind: whether it is there and which colour it has, in VQAv2's words; and whether one absent kind is
there. A scene gives every figure one answer at most, so the intervals are Wilson's.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import omnivlm
from omnibench.scoring.statistics import wilson
from omnivlm.data.parts import held_out_pair
from omnivlm.data.scene import Scene
from omnivlm.data.words import KINDS, with_article
from omnivlm.questions import Question
from omnivlm.training.asked_pictures import DrawnScene
from omnivlm.training.wordings import short

SEED = 1
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Asked:
    figure: str
    question: str
    answer: str


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="omnivlm-tiny")
    parser.add_argument("--scenes", type=int, default=1000)
    arguments = parser.parse_args()
    model = omnivlm.load(arguments.model)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for first in range(0, arguments.scenes, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, arguments.scenes))
        questions: list[Question] = []
        expected: list[_Asked] = []
        for number in numbers:
            scene = DrawnScene("test", SEED, number).scene()
            picture = scene.draw()
            for one in _questions(scene, random.Random(number)):
                expected.append(one)
                questions.append(Question(short(one.question), (picture,), max_new_tokens=16))
        for one, answer in zip(expected, model.generate(questions), strict=True):
            asked[one.figure] += 1
            right[one.figure] += answer.text.strip().lower() == one.answer
    print(f"{arguments.model} ({model.origin}), {arguments.scenes} scenes, exact answers")
    for figure, count in asked.items():
        low, high = (f"{100 * bound:.1f}" for bound in wilson(right[figure], count))
        print(f"{figure:36} {100 * right[figure] / count:5.1f} % [{low}, {high}] of {count}")


def _questions(scene: Scene, rng: random.Random) -> Iterator[_Asked]:
    for words, held_out in (("never trained on", True), ("trained on", False)):
        found = [t for t in scene.alone() if held_out_pair(t.colour, t.kind) == held_out]
        if found:
            thing = rng.choice(found)
            there = f"Is there {with_article(thing.kind)} in the image?"
            yield _Asked(f"there, {words}", there, "yes")
            yield _Asked(f"colour, {words}", f"What colour is the {thing.kind}?", thing.colour)
    absent = rng.choice([kind for kind in KINDS if kind not in scene.kinds()])
    yield _Asked("not there", f"Is there {with_article(absent)} in the image?", "no")


if __name__ == "__main__":
    main()
