"""The shapes of a model: nested records, read from and written to a checkpoint's config.json.

Field names are those of the Hugging Face configurations of the same parts.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

from omnivlm.errors import CheckpointError

MODEL_TYPE = "omnivlm"
COMPRESSORS = ("reshape",)
"""What `ProjectorConfig.compressor` may name; see `omnivlm.compress`."""

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """A SigLIP tower. The patch convolution drops pixels that fill no patch: 384 = 27 x 14 + 6."""

    image_size: int
    patch_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-6

    @property
    def patches(self) -> int:
        """How many patches an image has, and so how many features leave the tower."""
        return (self.image_size // self.patch_size) ** 2


@dataclass(frozen=True, slots=True)
class ProjectorConfig:
    """How visual features become the language model's tokens: a compressor, then two layers."""

    compressor: str
    visual_tokens: int
    hidden_size: int


@dataclass(frozen=True, slots=True)
class TextConfig:
    """A Qwen2 language model with tied embeddings."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    rope_theta: float = 1e6
    rms_norm_eps: float = 1e-6


@dataclass(frozen=True, slots=True)
class OmniVLMConfig:
    """A whole OmniVLM."""

    name: str
    vision: VisionConfig
    projector: ProjectorConfig
    text: TextConfig

    def __post_init__(self) -> None:
        _check_positive(self)
        _check_heads(self)
        patches, tokens = self.vision.patches, self.projector.visual_tokens
        if self.projector.compressor not in COMPRESSORS:
            known = ", ".join(COMPRESSORS)
            raise CheckpointError(f"no compressor {self.projector.compressor!r}; known: {known}")
        if patches == 0 or patches % tokens:
            raise CheckpointError(
                f"{patches} patches cannot be grouped into {tokens} visual tokens"
            )

    def to_json(self) -> dict[str, Any]:
        """What config.json holds."""
        return {"model_type": MODEL_TYPE, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, value: object) -> OmniVLMConfig:
        """The opposite of `to_json`. Raises CheckpointError naming a key that is wrong."""
        if not isinstance(value, dict) or value.get("model_type") != MODEL_TYPE:
            raise CheckpointError(
                f'config.json is not of an OmniVLM ("model_type": "{MODEL_TYPE}")'
            )
        return _decode(cls, {k: v for k, v in value.items() if k != "model_type"}, "")


def _check_positive(part: Any, where: str = "") -> None:
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if dataclasses.is_dataclass(value):
            _check_positive(value, f"{where}{field.name}.")
        elif isinstance(value, int | float) and not 0 < value < 10**9:
            raise CheckpointError(f"config: {where}{field.name} is {value}, out of range")


def _check_heads(config: OmniVLMConfig) -> None:
    vision, text = config.vision, config.text
    if vision.hidden_size % vision.num_attention_heads:
        raise CheckpointError("config: vision.hidden_size is no multiple of num_attention_heads")
    # Rotary positions turn pairs of numbers, so that a head's width is even.
    if text.hidden_size % (2 * text.num_attention_heads):
        raise CheckpointError("config: text.hidden_size is no even multiple of num_attention_heads")
    if text.num_attention_heads % text.num_key_value_heads:
        raise CheckpointError(
            "config: text.num_attention_heads is no multiple of num_key_value_heads"
        )


def _decode(kind: type[Part], value: object, where: str) -> Part:
    """A JSON value -> a record of `kind`, with no unknown or missing key and no other type."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise CheckpointError(f"config: {where.rstrip('.')} is not an object")
        types = typing.get_type_hints(kind)
        needed = {f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING}
        for word, names in (("unknown", value.keys() - types), ("missing", needed - value.keys())):
            if names:
                raise CheckpointError(f"config: {word} key {where}{min(names)}")
        parts = {name: _decode(types[name], v, f"{where}{name}.") for name, v in value.items()}
        return typing.cast("Part", kind(**parts))
    accepted = (int, float) if kind is float else kind
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise CheckpointError(f"config: {where.rstrip('.')} is {value!r}, not {kind.__name__}")
    return typing.cast("Part", value)
