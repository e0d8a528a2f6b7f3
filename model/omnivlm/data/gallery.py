"""A page of drawn pictures with all that is said and asked of them.

python -m omnivlm.data.gallery --out gallery.html [--part train] [--seed 0] [--count 100]
"""

import argparse
import base64
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import cast, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from omnivlm.data.packs import FORMS
from omnivlm.data.parts import Part
from omnivlm.training.drawn import CAPTION_PROMPTS, CAPTIONS_PROMPT, DrawnConversations
from omnivlm.training.samples import Conversation, Turn

_TEMPLATE = "gallery.html.jinja"
_COLOURS_KEPT = 48  # as in the packs: flat drawings need few colours
_ENDLESS = 10**9


@dataclass(frozen=True, slots=True)
class Card:
    """One conversation on the page; `pictures` are data URLs."""

    form: str
    name: str
    pictures: tuple[str, ...]
    description: str
    turns: tuple[Turn, ...]


def cards(part: Part, seed: int) -> Iterator[Card]:
    """Show conversations with pictures, every form as often as the others."""
    drawn = DrawnConversations(part, seed, _ENDLESS, dict.fromkeys(FORMS, 1.0))
    found = (drawn[index] for index in count())
    return (_card(one) for one in found if one.pictures)


def page(shown: Sequence[Card], part: Part, seed: int) -> str:
    """Write the page, which needs no other file."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    forms = sorted({card.form for card in shown})
    return environment.get_template(_TEMPLATE).render(
        cards=shown, forms=forms, part=part, seed=seed
    )


def _card(one: Conversation) -> Card:
    form, _, name = one.id.partition("-")
    described = [t.answer for t in one.turns if t.prompt in (*CAPTION_PROMPTS, CAPTIONS_PROMPT)]
    asked = tuple(t for t in one.turns if t.prompt not in (*CAPTION_PROMPTS, CAPTIONS_PROMPT))
    pictures = tuple(_data_url(picture()) for picture in one.pictures)
    return Card(form, name, pictures, " ".join(described), asked)


def _data_url(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    flat = picture.quantize(_COLOURS_KEPT, dither=Image.Dither.NONE)
    flat.save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m omnivlm.data.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the HTML file")
    parser.add_argument("--part", choices=get_args(Part), default="train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100, help="how many are shown (100)")
    chosen = parser.parse_args(arguments)
    part = cast("Part", chosen.part)
    shown = list(islice(cards(part, chosen.seed), chosen.count))
    chosen.out.write_text(page(shown, part, chosen.seed), encoding="utf-8")
    pictures = sum(len(card.pictures) for card in shown)
    sys.stdout.write(f"{len(shown)} conversations, {pictures} pictures in {chosen.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
