"""More questions about food chains: what grows or shrinks, who stands where in a chain."""

import random

from omnivlm.data.asked import Asked, Maker, some_wrong
from omnivlm.data.diagram_questions import eater_of
from omnivlm.data.diagrams import FoodChains

_EFFECTS = ("increase", "decrease", "stay the same")


def effect_of_loss(picture: FoodChains, rng: random.Random) -> Asked:
    """Ask what becomes of an organism when its food, its eater or a stranger disappears."""
    chain, other = rng.sample(picture.chains, 2)
    place = rng.randrange(1, len(chain) - 1)
    effect = rng.choice(_EFFECTS)
    lost = {
        "increase": chain[place + 1],
        "decrease": chain[place - 1],
        "stay the same": rng.choice(other),
    }[effect]
    question = (
        f"Going by the diagram alone, if every {lost} disappeared, what would the "
        f"{chain[place]} population first do?"
    )
    return Asked(question, effect, tuple(e for e in _EFFECTS if e != effect), "effect")


def first_or_last(picture: FoodChains, rng: random.Random) -> Asked:
    """Ask what stands at the start or the end of the chain of an organism."""
    chain = rng.choice(picture.chains)
    middle = rng.choice(chain[1:-1])
    start = rng.random() < 0.5
    answer = chain[0] if start else chain[-1]
    word = "producer at the start" if start else "top predator at the end"
    everyone = [o for c in picture.chains for o in c if o != middle]
    question = f"Which organism is the {word} of the food chain of the {middle}?"
    return Asked(question, answer, some_wrong(rng, everyone, answer), "chain")


CHAIN: tuple[Maker[FoodChains], ...] = (eater_of, effect_of_loss, first_or_last)
