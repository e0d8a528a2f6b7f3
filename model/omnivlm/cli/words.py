"""What the commands share in reading their words."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
BLUR = "show drawn scenes out of focus, each by a radius of its own from 0 to PX (0)"


def blur_px(word: str) -> float:
    """Read the radius of a blur: a number from 0 to 100."""
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of pixels from 0 to 100")
    return value
