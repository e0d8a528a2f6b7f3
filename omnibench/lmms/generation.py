"""lmms-eval's generation settings as ours: how long, how hot, and where a reply ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnibench.core import Decoding
from omnibench.errors import OmnibenchError

DEFAULT_NEW_TOKENS = 128
"""Where a task sets no length: lmms-eval leaves it to each adapter (16 to 4096 tokens)."""

_LENGTHS = ("max_new_tokens", "max_gen_toks")


def sets_length(settings: Mapping[str, Any]) -> bool:
    """Whether the settings say how long a reply may be."""
    return any(settings.get(name) is not None for name in _LENGTHS)


def decoding(settings: Mapping[str, Any]) -> Decoding:
    """The length, and the temperature: 0 where `do_sample` is false, as transformers takes it."""
    lengths = [settings[name] for name in _LENGTHS if settings.get(name) is not None]
    temperature = settings.get("temperature") or 0.0
    if settings.get("do_sample") is False:
        temperature = 0.0
    try:
        return Decoding(
            max_new_tokens=int(lengths[0]) if lengths else DEFAULT_NEW_TOKENS,
            temperature=float(temperature),
        )
    except (TypeError, ValueError):
        raise OmnibenchError(f"generation settings {dict(settings)} are not numbers") from None


def endings(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts at which a reply ends (`until`)."""
    until = settings.get("until") or ()
    found: Sequence[object] = [until] if isinstance(until, str) else until
    return tuple(text for text in found if isinstance(text, str) and text)


def ended(reply: str, at: Sequence[str]) -> str:
    """The reply up to the first of these texts, as lmms-eval's adapters cut it."""
    for text in at:
        reply = reply.split(text, 1)[0]
    return reply
