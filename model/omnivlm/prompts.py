"""The chat templates, one for each family.

OmniVLM. Source: the prompt of NexaAI's runner (llama.cpp, examples/omni-vlm). It ends after the
user's turn: the model itself writes the assistant's header before its answer.

nanoLLaVA. Source: "Prompt Format" on its model card: ChatML without a newline after <|im_end|>, the
picture on a line of its own before the prompt. The original has a placeholder without an id where
the picture goes; here it is the first id that its tokenizer leaves free.

AuroraEdge. The paper gives no prompt. Inferred: the chat template of its language model
(Qwen2.5-1.5B) with the pictures before it all, so that every text token is fused with them, as in
the paper's formulas (5) and (6), and yet depends on nothing behind it.
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
NANOLLAVA_SYSTEM = "Answer the question"
AURORA_SYSTEM = "You are a helpful assistant."


@dataclass(frozen=True, slots=True)
class Special:
    """A special token. Text is never one, whatever it says."""

    name: str


Part = Special | str

_START, _END, _IMAGE = Special(TURN_START), Special(TURN_END), Special(IMAGE_PAD)


def chat(prompt: str, images: int, model_type: str = "omnivlm") -> list[Part]:
    """The template of a family around a prompt, as special tokens and plain text.

    One image token an image, none without; `prompt` is data and stays plain text even where it
    spells a special token.
    """
    if model_type == "nanollava":
        return _nanollava(prompt, images)
    if model_type == "aurora":
        return _aurora(prompt, images)
    parts: list[Part] = [_START, f"system\n{SYSTEM}", _END, "\n", _START]
    if not images:  # one text, so that it is cut into tokens as a whole
        return [*parts, f"user\n\n{prompt}", _END]
    parts.append("user\n\n")
    for _ in range(images):
        parts += [Special(VISION_START), _IMAGE, Special(VISION_END)]
    return [*parts, prompt, _END]


def needed_tokens(model_type: str) -> tuple[str, ...]:
    """The special tokens that the tokenizer of a family must have."""
    if model_type == "nanollava":  # Qwen1.5's has no others
        return (TEXT_END, TURN_START, TURN_END)
    return SPECIAL_TOKENS


def spelled(parts: list[Part]) -> str:
    """The template as one string, to look at."""
    return "".join(part.name if isinstance(part, Special) else part for part in parts)


def _nanollava(prompt: str, images: int) -> list[Part]:
    parts: list[Part] = [_START, f"system\n{NANOLLAVA_SYSTEM}", _END, _START]
    if images:
        parts.append("user\n")
        for _ in range(images - 1):
            parts += [_IMAGE, "\n"]
        parts += [_IMAGE, f"\n{prompt}"]
    else:
        parts.append(f"user\n{prompt}")
    return [*parts, _END, _START, "assistant\n"]


def _aurora(prompt: str, images: int) -> list[Part]:
    seen: list[Part] = [_IMAGE] * images
    system: list[Part] = [_START, f"system\n{AURORA_SYSTEM}", _END, "\n"]
    return [*seen, *system, _START, f"user\n{prompt}", _END, "\n", _START, "assistant\n"]
