"""The shapes of the models: nested records, one for each family.

Field names are those of the Hugging Face configurations of the same parts. `omnivlm.config_file`
reads and writes them.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from omnivlm.errors import CheckpointError

COMPRESSORS = ("reshape", "conv1d", "conv2d")
"""What `ProjectorConfig.compressor` may name; they stand before the projector."""
TOKEN_COMPRESSORS = ("mlp", "conv", "maxpool")
"""What `TokenCompressorConfig.kind` may name; they stand behind the projector."""
FUSIONS = ("none", "cross", "decoder", "combined")
"""What `FusionConfig.kind` may name."""
RESIZES = ("stretch", "pad")
"""What `VisionConfig.resize` may name; see `omnivlm.processing`."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution of a stem, with a GELU after it; its output is the input / stride."""

    kernel_size: int
    stride: int
    width: int


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """A SigLIP tower. The patch convolution drops pixels that fill no patch: 384 = 27 x 14 + 6.

    unused_layers: so many of the last layers are part of the weights and never run.
    stem: convolutions before the patches, which SigLIP has not; `patch_size` counts pixels of the
    picture all the same, so that the patch convolution has a kernel of patch_size / their strides.
    """

    image_size: int
    patch_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-6
    unused_layers: int = 0
    post_layernorm: bool = True
    resize: str = "stretch"
    stem: tuple[Convolution, ...] = ()

    @property
    def patches(self) -> int:
        """How many patches an image has, and so how many features leave the tower."""
        return (self.image_size // self.patch_size) ** 2

    @property
    def stem_stride(self) -> int:
        """How many pixels of the picture one place of the stem's output spans, each way."""
        return math.prod(each.stride for each in self.stem)


@dataclass(frozen=True, slots=True)
class NaflexVisionConfig:
    """A SigLIP2 tower for images of any shape, of at most `num_patches` patches."""

    num_patches: int
    patch_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-6

    @property
    def patches(self) -> int:
        """How many features leave the tower, padding included."""
        return self.num_patches


@dataclass(frozen=True, slots=True)
class ProjectorConfig:
    """How visual features become the language model's tokens: a compressor, then two layers."""

    compressor: str
    visual_tokens: int
    hidden_size: int


@dataclass(frozen=True, slots=True)
class TokenCompressorConfig:
    """Fewer tokens behind the projector."""

    kind: str
    visual_tokens: int


@dataclass(frozen=True, slots=True)
class FusionConfig:
    """How the text takes up what the compressor leaves out.

    intermediate_size: of the feed-forward layer of the cross-attention.
    """

    kind: str
    intermediate_size: int


@dataclass(frozen=True, slots=True)
class TextConfig:
    """A Qwen2 language model."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    rope_theta: float = 1e6
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = True


@dataclass(frozen=True, slots=True)
class OmniVLMConfig:
    """A whole OmniVLM: tower, compressor, projector, language model."""

    model_type: ClassVar[str] = "omnivlm"

    name: str
    vision: VisionConfig
    projector: ProjectorConfig
    text: TextConfig

    def __post_init__(self) -> None:
        _check(self)
        _check_grouping(self.vision, self.projector)

    @property
    def visual_tokens(self) -> int:
        """How many tokens of the language model an image takes."""
        return self.projector.visual_tokens


@dataclass(frozen=True, slots=True)
class NanoLLaVAConfig(OmniVLMConfig):
    """nanoLLaVA and other LLaVAs of SigLIP and Qwen2: every feature becomes a token."""

    model_type: ClassVar[str] = "nanollava"


@dataclass(frozen=True, slots=True)
class AuroraConfig:
    """AuroraEdge-V: tower, projector, token compressor, fusion, language model."""

    model_type: ClassVar[str] = "aurora"

    name: str
    vision: NaflexVisionConfig
    projector_hidden_size: int
    compressor: TokenCompressorConfig
    fusion: FusionConfig
    text: TextConfig

    def __post_init__(self) -> None:
        _check(self)
        patches, tokens = self.vision.num_patches, self.visual_tokens
        if math.isqrt(patches) ** 2 != patches:
            raise CheckpointError(f"config: vision.num_patches is {patches}, not a square")
        _check_name("compressor", self.compressor.kind, TOKEN_COMPRESSORS)
        _check_name("fusion", self.fusion.kind, FUSIONS)
        if self.compressor.kind != "mlp" and patches % tokens:
            raise CheckpointError(
                f"{patches} patches cannot be grouped into {tokens} visual tokens"
            )

    @property
    def visual_tokens(self) -> int:
        """How many tokens of the language model an image takes."""
        return self.compressor.visual_tokens


ModelConfig = OmniVLMConfig | NanoLLaVAConfig | AuroraConfig


def _check(config: ModelConfig) -> None:
    _check_range(config)
    for part, word in ((config.vision, "vision"), (config.text, "text")):
        # Rotary positions turn pairs of numbers, so that a head's width is even.
        unit, multiple = (2, "even multiple") if word == "text" else (1, "multiple")
        if part.hidden_size % (unit * part.num_attention_heads):
            raise CheckpointError(
                f"config: {word}.hidden_size is no {multiple} of num_attention_heads"
            )
    if config.text.num_attention_heads % config.text.num_key_value_heads:
        raise CheckpointError(
            "config: text.num_attention_heads is no multiple of num_key_value_heads"
        )


def _check_grouping(vision: VisionConfig, joint: ProjectorConfig) -> None:
    patches, tokens = vision.patches, joint.visual_tokens
    _check_name("compressor", joint.compressor, COMPRESSORS)
    _check_name("resize", vision.resize, RESIZES)
    if vision.unused_layers >= vision.num_hidden_layers:
        raise CheckpointError("config: vision.unused_layers leaves no layer to run")
    if patches == 0 or patches % tokens:
        raise CheckpointError(f"{patches} patches cannot be grouped into {tokens} visual tokens")
    _check_stem(vision)
    if joint.compressor != "reshape" and patches == tokens:
        raise CheckpointError(
            f"config: {joint.compressor} leaves all {tokens} tokens; to compress nothing, name"
            " reshape"
        )
    if (
        joint.compressor == "conv2d"
        and strip(vision.image_size // vision.patch_size, tokens) is None
    ):
        raise CheckpointError(f"{patches} patches have no blocks that make {tokens} visual tokens")


def _check_stem(vision: VisionConfig) -> None:
    if vision.patch_size % vision.stem_stride or vision.image_size % vision.stem_stride:
        raise CheckpointError(
            f"config: the strides of vision.stem multiply to {vision.stem_stride}, which divides"
            f" not both image_size {vision.image_size} and patch_size {vision.patch_size}"
        )
    if any(
        each.kernel_size < each.stride or (each.stride == 1 and each.kernel_size % 2 == 0)
        for each in vision.stem
    ):
        raise CheckpointError(
            "config: a kernel_size of vision.stem is below its stride, or even with a stride of 1"
        )


def strip(side: int, tokens: int) -> tuple[int, int] | None:
    """Rows and columns of the block of a side x side grid that makes one of `tokens` tokens.

    As tall as can be: 9 x 1 of 27 x 27 for 81 tokens (the paper's kernel), 27 x 3 for 9.
    """
    factor = side * side // tokens
    rows = min(factor, side)
    columns = factor // rows
    fits = rows * columns == factor and side % rows == 0 and side % columns == 0
    return (rows, columns) if fits else None


def _check_name(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise CheckpointError(f"no {what} {name!r}; known: {', '.join(known)}")


def _check_range(part: Any, where: str = "") -> None:
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        least = 0 if field.name == "unused_layers" else 1e-20
        if dataclasses.is_dataclass(value):
            _check_range(value, f"{where}{field.name}.")
        elif isinstance(value, tuple):
            for each in value:
                _check_range(each, f"{where}{field.name}.")
        elif isinstance(value, bool | str):
            continue
        elif not least <= value < 10**9:
            raise CheckpointError(f"config: {where}{field.name} is {value}, out of range")
