"""The vendor's chat template.

Source: the prompt of NexaAI's OmniVLM runner (llama.cpp, examples/omni-vlm). It ends after the
user's turn: the model itself writes the assistant's header before its answer.
"""

from __future__ import annotations

from dataclasses import dataclass

TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
TEXT_END = "<|endoftext|>"
VISION_START = "<|vision_start|>"
VISION_END = "<|vision_end|>"
IMAGE_PAD = "<|image_pad|>"

SPECIAL_TOKENS = (TEXT_END, TURN_START, TURN_END, VISION_START, VISION_END, IMAGE_PAD)

SYSTEM = "You are Nano-Omni-VLM, created by Nexa AI. You are a helpful assistant."


@dataclass(frozen=True, slots=True)
class Special:
    """A special token. Text is never one, whatever it says."""

    name: str


Part = Special | str


def chat(prompt: str, images: int) -> list[Part]:
    """The template around a prompt, as special tokens and plain text.

    One vision block an image, none without; `prompt` is data and stays plain text even where it
    spells a special token.
    """
    parts: list[Part] = [Special(TURN_START), f"system\n{SYSTEM}", Special(TURN_END), "\n"]
    parts += [Special(TURN_START), "user\n\n"]
    for _ in range(images):
        parts += [Special(VISION_START), Special(IMAGE_PAD), Special(VISION_END)]
    if images or not prompt:
        parts.append(prompt)
    else:  # one text, so that it is cut into tokens as a whole
        parts[-1] = f"user\n\n{prompt}"
    parts.append(Special(TURN_END))
    return parts


def spelled(parts: list[Part]) -> str:
    """The template as one string, to look at."""
    return "".join(part.name if isinstance(part, Special) else part for part in parts)
