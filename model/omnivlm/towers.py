"""The parts that transformers has: SigLIP, SigLIP2 and Qwen2, built from our records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    Qwen2Config,
    Qwen2ForCausalLM,
    Siglip2VisionConfig,
    Siglip2VisionModel,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from omnivlm.config import Convolution, NaflexVisionConfig, TextConfig, VisionConfig


def siglip(config: VisionConfig) -> nn.Module:
    """embeddings, encoder, post_layernorm and the pooling head; a stem where there is one."""
    tower = _unwrapped(
        SiglipVisionModel(
            SiglipVisionConfig(
                num_channels=config.stem[-1].width if config.stem else 3,
                image_size=config.image_size // config.stem_stride,
                patch_size=config.patch_size // config.stem_stride,
                hidden_size=config.hidden_size,
                intermediate_size=config.intermediate_size,
                num_hidden_layers=config.num_hidden_layers,
                num_attention_heads=config.num_attention_heads,
                layer_norm_eps=config.layer_norm_eps,
                hidden_act="gelu_pytorch_tanh",
            )
        )
    )
    if config.stem:
        tower.stem = Stem(config.stem)
    return tower


class Stem(nn.Module):
    """Convolutions before the patches, a GELU after each: what a small tower learns shapes with."""

    def __init__(self, convolutions: Sequence[Convolution]) -> None:
        super().__init__()
        widths = [3, *(each.width for each in convolutions)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(width, each.width, each.kernel_size, each.stride, stem_padding(each))
            for width, each in zip(widths, convolutions, strict=False)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: (B, 3, S, S) -> (B, width of the last, S / strides, S / strides)."""
        for convolution in self.convolutions:
            pixels = nn.functional.gelu(convolution(pixels))
        return pixels


def stem_padding(convolution: Convolution) -> int:
    """Rows and columns of zeros around the input, so that the output is the input / stride."""
    return -((convolution.stride - convolution.kernel_size) // 2)


def siglip2(config: NaflexVisionConfig) -> nn.Module:
    """The same parts for patches of a picture of any shape."""
    return _unwrapped(
        Siglip2VisionModel(
            Siglip2VisionConfig(
                num_patches=config.num_patches,
                patch_size=config.patch_size,
                hidden_size=config.hidden_size,
                intermediate_size=config.intermediate_size,
                num_hidden_layers=config.num_hidden_layers,
                num_attention_heads=config.num_attention_heads,
                layer_norm_eps=config.layer_norm_eps,
                hidden_act="gelu_pytorch_tanh",
            )
        )
    )


def qwen2(config: TextConfig) -> Any:
    """A Qwen2ForCausalLM."""
    return Qwen2ForCausalLM(qwen2_config(config))


def qwen2_config(config: TextConfig) -> Qwen2Config:
    """Its configuration in transformers' words."""
    return Qwen2Config(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=config.num_attention_heads,
        num_key_value_heads=config.num_key_value_heads,
        max_position_embeddings=config.max_position_embeddings,
        rms_norm_eps=config.rms_norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=config.tie_word_embeddings,
    )


def restore_buffers(model: nn.Module, device: torch.device) -> None:
    """Compute what no checkpoint holds and the meta device has no values for."""
    modules: list[Any] = list(model.modules())
    for module in modules:
        if hasattr(module, "position_ids"):
            module.position_ids = torch.arange(module.num_positions, device=device)[None]
        rotary = getattr(module, "rotary_emb", None)
        if rotary is not None:
            module.rotary_emb = type(rotary)(config=rotary.config).to(device)


def _unwrapped(model: nn.Module) -> nn.Module:
    # Earlier releases of transformers 5 wrap the tower once more.
    tower: nn.Module = getattr(model, "vision_model", model)
    return tower
