"""What an image costs in tokens and joules by the papers' own example: arithmetic on their figures.

OmniVLM's section 1: an image of 1024x1024 px is four tiles of 170 tokens and 85 more, each token
takes 0.7 J (MobileLLM, of a 7B model that decodes), and an iPhone's battery holds 50 kJ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from omnibench.core import Value
from omnibench.engine.perf.absent import missing
from omnibench.published import Paper, as_value

Formula = Callable[[float, float], float]

IMAGE_PX, TILE_PX = 1024, 512
ON_PUBLISHED = "arithmetic on published figures, nothing measured"


def image_token_example(papers: Iterable[Paper]) -> dict[str, list[Value]]:
    """Quantity -> the figure worked out, and what the paper prints for it."""
    printed = {
        figure.quantity: as_value(paper, figure)
        for paper in papers
        for figure in paper.figures
        if figure.model in ("OpenAI's", "a 7B model")
    }
    tiles = (IMAGE_PX // TILE_PX) ** 2
    tokens = _worked_out(
        printed, ("image_tokens_per_tile", "image_tokens_base"), "tokens",
        lambda each, base: tiles * each + base, f"{tiles} x {{0:g}} + {{1:g}}",
    )  # fmt: skip
    known = printed | {"tokens": tokens}
    joules = _worked_out(
        known, ("decode_j_per_token", "tokens"), "J", lambda each, count: each * count,
        "{0:g} J/token x {1:g} tokens, of decoding with another model",
    )  # fmt: skip
    share = _worked_out(
        known | {"joules": joules}, ("joules", "iphone_charge_j"), "fraction",
        lambda spent, charge: spent / charge, "{0:g} J / {1:g} J",
    )  # fmt: skip
    worked_out = {"image_tokens": tokens, "image_j": joules, "iphone_charge_share": share}
    return {
        quantity: [value, *([printed[quantity]] if quantity in printed else [])]
        for quantity, value in worked_out.items()
    }


def _worked_out(
    known: Mapping[str, Value],
    names: tuple[str, str],
    unit: str,
    formula: Formula,
    words: str,
) -> Value:
    """A figure from two others, with the sources of both."""
    values = [known[name] for name in names if name in known]
    numbers = [value.value for value in values if value.value is not None]
    if len(numbers) < len(names):
        return missing(unit, f"no published figure of {' or '.join(names)}")
    sources = dict.fromkeys(value.source for value in values if value.source)
    return Value(
        formula(numbers[0], numbers[1]),
        unit,
        "derived",
        method=f"{ON_PUBLISHED}: {words.format(*numbers)}",
        source="; ".join(sources),
    )
