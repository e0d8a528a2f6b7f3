"""Questions with options, and a sample that has five."""

import re

from omnibench.core import Sample

_LETTERED = re.compile(r"^([A-E])\. (.+)$", re.MULTILINE)
SAMPLE = Sample(id="1", prompt="?", target="A", choices=("a", "b", "c", "d", "e"))


def options_in(prompt: str) -> dict[str, str]:
    """Letter -> option, of a prompt that lists them line by line."""
    return dict(_LETTERED.findall(prompt))
