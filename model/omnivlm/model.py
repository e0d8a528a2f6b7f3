"""OmniVLM: a SigLIP tower, a compressor, a projector and a Qwen2 language model.

Tower and language model are transformers' own; what joins them is the paper's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import Qwen2Config, Qwen2ForCausalLM, SiglipVisionConfig, SiglipVisionModel
from transformers.cache_utils import DynamicCache

from omnivlm.compress import compressor_of
from omnivlm.config import OmniVLMConfig, TextConfig, VisionConfig
from omnivlm.projector import Projector


class OmniVLM(nn.Module):
    """The whole model: vision_model, compressor, projector, language_model."""

    vision_model: Any  # its classes differ between releases of transformers

    def __init__(self, config: OmniVLMConfig) -> None:
        super().__init__()
        vision, joint, text = config.vision, config.projector, config.text
        self.config = config
        self.vision_model = _tower(vision)
        self.compressor = compressor_of(config)
        self.projector = Projector(self.compressor.width_out, joint.hidden_size, text.hidden_size)
        self.language_model = Qwen2ForCausalLM(_qwen2_config(text))

    def see(self, pixels: Tensor) -> Tensor:
        """pixels: (B, 3, S, S) -> the tower's features (B, patches, D).

        All layers and the post layernorm; the pooling head is part of the weights and is never run
        (source: NexaAI's llama.cpp, examples/omni-vlm: v.head.* is loaded and not used).
        """
        tower = self.vision_model
        hidden = tower.encoder(inputs_embeds=tower.embeddings(pixels)).last_hidden_state
        out: Tensor = tower.post_layernorm(hidden)
        return out

    def project(self, features: Tensor) -> Tensor:
        """features: (B, patches, D) -> visual tokens (B, visual_tokens, W)."""
        out: Tensor = self.projector(self.compressor(features))
        return out

    def embed(self, ids: Tensor, image_pad: int, visual: Tensor | None) -> Tensor:
        """ids: (T,) int64, visual: (images, visual_tokens, W) -> embeddings (T, W).

        The positions of `image_pad` take the visual tokens, in order.
        """
        embeddings: Tensor = self.language_model.model.embed_tokens(ids)
        if visual is not None:
            where = (ids == image_pad).nonzero().squeeze(1)
            embeddings = embeddings.index_copy(0, where, visual.flatten(0, 1))
        return embeddings

    def read(
        self,
        embeddings: Tensor,
        cache: DynamicCache,
        mask: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """embeddings: (B, T, W) -> logits of the last position (B, V); the cache grows by T.

        mask: (B, past + T), 0 where a row is padded on the left; positions: (B, T). Neither is
        needed where no row is padded.
        """
        logits: Tensor = self.language_model(
            inputs_embeds=embeddings,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        return logits[:, -1]

    def restore_buffers(self, device: torch.device) -> None:
        """Compute what no checkpoint holds and the meta device has no values for."""
        embeddings, text = self.vision_model.embeddings, self.language_model.model
        embeddings.position_ids = torch.arange(self.config.vision.patches, device=device)[None]
        text.rotary_emb = type(text.rotary_emb)(config=text.config).to(device)


def on_meta(config: OmniVLMConfig) -> OmniVLM:
    """The model's shapes without its weights; takes no memory."""
    with torch.device("meta"):
        return OmniVLM(config).eval()


def parameter_count(model: nn.Module) -> int:
    """Distinct parameters: a tied embedding counts once."""
    return sum(parameter.numel() for parameter in model.parameters())


def _tower(config: VisionConfig) -> nn.Module:
    model = SiglipVisionModel(
        SiglipVisionConfig(
            image_size=config.image_size,
            patch_size=config.patch_size,
            hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size,
            num_hidden_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            layer_norm_eps=config.layer_norm_eps,
            hidden_act="gelu_pytorch_tanh",
        )
    )
    # Earlier releases of transformers 5 wrap the tower once more.
    tower: nn.Module = getattr(model, "vision_model", model)
    return tower


def _qwen2_config(config: TextConfig) -> Qwen2Config:
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
        tie_word_embeddings=True,
    )
