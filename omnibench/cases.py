"""What a model is asked while it is timed: the papers' requests by name, one's own from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from omnibench.core import PerfCase
from omnibench.core.files import read_toml
from omnibench.errors import OmnibenchError

DEFAULT_CASE = "image-question"

_QUESTION = "Describe this image for me"
_OMNIVLM = (
    "OmniVLM paper, section 4.4, which prints neither the picture's size nor the prompt: 640x480 px"
)

CASES: Mapping[str, PerfCase] = {
    case.name: case
    for case in (
        PerfCase(
            DEFAULT_CASE, 640, 480, 32, _QUESTION, text_tokens=20,
            source=f"{_OMNIVLM} and 20 text tokens for every model are this project's choice",
        ),
        PerfCase(
            "image-question-own-prompt", 640, 480, 32, _QUESTION,
            source=f"{_OMNIVLM} and NexaAI's example prompt in each model's own template",
        ),
        PerfCase(
            "aurora", 640, 480, 32, "please describe the image.",
            source="AuroraEdge paper, section 5; 640x480 px follows from its printed FLOPs",
        ),
    )
}  # fmt: skip
"""Name -> case."""

_MOST: Mapping[str, int] = {
    "width_px": 16_384, "height_px": 16_384, "new_tokens": 4_096, "text_tokens": 32_768,
}  # fmt: skip
"""Beyond these a case is a slip of the keyboard rather than a request to a small model."""


def load_cases(words: str) -> tuple[PerfCase, ...]:
    """`image-question,./mine.toml` -> cases; each name may stand once."""
    cases = tuple(_load(word.strip()) for word in words.split(",") if word.strip())
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise OmnibenchError(f"--case names {name} twice")
    if not cases:
        raise OmnibenchError(f"--case names no case; known: {', '.join(CASES)}")
    return cases


def read_case(path: Path) -> PerfCase:
    """One's own case. Raises OmnibenchError naming the file, and the key where one is at fault."""
    case = read_toml(path, PerfCase, "case")
    for key, most in _MOST.items():
        value = getattr(case, key)
        if value is not None and value > most:
            raise OmnibenchError(f"case {path}: {key} is {value:,}; at most {most:,} makes sense")
    if case.batch != 1:
        raise OmnibenchError(f"case {path}: batch is {case.batch}; one request at a time is timed")
    if case.name in CASES and case != CASES[case.name]:
        raise OmnibenchError(
            f"case {path}: the name {case.name!r} is that of a known case; choose another"
        )
    return case


def text_tokens(case: PerfCase, template_tokens: int | None) -> int | None:
    """Text tokens of a case where no tokenizer is at hand; None where that cannot be known.

    template_tokens: of the model's template around a prompt. The prompt counts one token for each
    word and mark, as Qwen's tokenizer cuts plain English.
    """
    if case.text_tokens is not None:
        return case.text_tokens
    if template_tokens is None:
        return None
    return template_tokens + len(re.findall(r"\w+|[^\w\s]", case.prompt))


def _load(word: str) -> PerfCase:
    if word.endswith(".toml") or "/" in word:
        return read_case(Path(word).expanduser())
    if word not in CASES:
        raise OmnibenchError(
            f"no case {word!r}; known: {', '.join(CASES)};"
            " your own by its path, such as ./mine.toml"
        )
    return CASES[word]
