"""What ten people answer: the certain answer, at times in other words, now and then a slip."""

import random

from omnivlm.data.asked import Asked

TEN = 10
_AGREEING = (10, 10, 9, 9, 8, 8, 7, 7)  # of the ten; the certain answer always leads by far
_ALSO = 0.6  # how often one who differs says the same in other words, where there are any

SYNONYMS: dict[str, tuple[str, ...]] = {
    "boat": ("sailboat", "ship"),
    "book": ("open book",),
    "car": ("vehicle", "automobile"),
    "centre": ("middle",),
    "circle": ("round shape", "disc"),
    "cloud": ("clouds",),
    "cup": ("mug", "teacup"),
    "fish": ("a fish",),
    "flower": ("blossom",),
    "house": ("home", "building"),
    "lamp": ("table lamp", "light"),
    "square": ("box",),
    "tree": ("pine tree", "fir"),
    "umbrella": ("parasol",),
}


def ten_answers(asked: Asked, rng: random.Random) -> list[str]:
    """List what ten annotators say, the certain answer at least seven times."""
    also = (*asked.also, *SYNONYMS.get(asked.answer, ()))
    answers = [asked.answer] * rng.choice(_AGREEING)
    while len(answers) < TEN:
        answers.append(rng.choice(also if also and rng.random() < _ALSO else asked.wrong))
    rng.shuffle(answers)
    return answers


def five_answers_twice(asked: Asked, rng: random.Random) -> list[str]:
    """List what five annotators say, each counted twice, the certain answer at least thrice."""
    also = (*asked.also, *SYNONYMS.get(asked.answer, ()))
    answers = [asked.answer] * rng.choice((5, 4, 4, 3))
    while len(answers) < TEN // 2:
        answers.append(rng.choice(also if also and rng.random() < _ALSO else asked.wrong))
    rng.shuffle(answers)
    return [answer for answer in answers for _ in range(2)]


def answer_rows(answers: list[str], rng: random.Random) -> list[dict[str, str | int]]:
    """Put answers into VQAv2's form: each with the annotator's confidence and a number from 1."""
    return [
        {
            "answer": answer,
            "answer_confidence": rng.choice(("yes", "yes", "yes", "yes", "maybe")),
            "answer_id": number,
        }
        for number, answer in enumerate(answers, 1)
    ]
