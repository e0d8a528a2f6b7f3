"""A vision-language model: a tower, what joins it to the language model, and a Qwen2.

Towers and language models are transformers' own; what joins them is the papers'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache

from omnivlm.compress import compressor_of, token_compressor_of
from omnivlm.config import AuroraConfig, ModelConfig, OmniVLMConfig
from omnivlm.fusion import Fusion
from omnivlm.projector import Projector
from omnivlm.seen import Features, Inputs, Seen
from omnivlm.towers import qwen2, restore_buffers, siglip, siglip2


class VisionLanguageModel(nn.Module):
    """What every family has: `vision_model`, `projector` and `language_model`."""

    config: ModelConfig
    vision_model: Any  # its classes differ between releases of transformers
    language_model: Any

    def features(self, inputs: Inputs) -> Features:
        """The tower's features of a batch of pictures."""
        raise NotImplementedError

    def seen(self, features: Features) -> list[Seen]:
        """Features of a batch -> what each picture becomes."""
        raise NotImplementedError

    def embed(self, ids: Tensor, image_pad: int, seen: Sequence[Seen]) -> Tensor:
        """ids: (T,) int64 -> embeddings (T, W); what was seen takes the positions of `image_pad`.

        An embedding depends on nothing that comes after it.
        """
        embeddings: Tensor = self.language_model.model.embed_tokens(ids)
        if seen:
            where = (ids == image_pad).nonzero().squeeze(1)
            tokens = torch.cat([each.tokens for each in seen])
            embeddings = embeddings.index_copy(0, where, tokens)
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
        restore_buffers(self, device)


class OmniVLM(VisionLanguageModel):
    """SigLIP, a compressor, a projector and a Qwen2; nanoLLaVA is one that compresses nothing."""

    config: OmniVLMConfig

    def __init__(self, config: OmniVLMConfig) -> None:
        super().__init__()
        vision, joint, text = config.vision, config.projector, config.text
        self.config = config
        self.vision_model = siglip(vision)
        self.compressor = compressor_of(vision, joint)
        self.projector = Projector(self.compressor.width_out, joint.hidden_size, text.hidden_size)
        self.language_model = qwen2(text)

    def see(self, pixels: Tensor) -> Tensor:
        """pixels: (B, 3, S, S) -> the tower's features (B, patches, D).

        OmniVLM runs all layers and the post layernorm; the pooling head is part of the weights and
        is never run (source: NexaAI's llama.cpp, examples/omni-vlm: v.head.* is loaded and not
        used). nanoLLaVA takes hidden_states[-2]: neither the last layer nor the layernorm is run
        (source: the code beside its weights, after Bunny's).
        """
        tower, vision = self.vision_model, self.config.vision
        hidden: Tensor = tower.embeddings(tower.stem(pixels) if vision.stem else pixels)
        for layer in tower.encoder.layers[: vision.num_hidden_layers - vision.unused_layers]:
            hidden = layer(hidden, None)
        return tower.post_layernorm(hidden) if vision.post_layernorm else hidden

    def project(self, features: Tensor) -> Tensor:
        """features: (B, patches, D) -> visual tokens (B, visual_tokens, W)."""
        out: Tensor = self.projector(self.compressor(features))
        return out

    def features(self, inputs: Inputs) -> Features:
        """The tower's features of a batch of pictures."""
        return Features(self.see(inputs.pixels))

    def seen(self, features: Features) -> list[Seen]:
        """Features of a batch -> what each picture becomes."""
        return [Seen(tokens) for tokens in self.project(features.values)]


class AuroraEdge(VisionLanguageModel):
    """SigLIP2 naflex, a projector, a token compressor, fusion and a Qwen2 (AuroraEdge-V-2B, 3.1).

    V = VE(image); P = projector(V), its padding zero; C = compressor(P); T = fusion(text, P);
    the language model reads C and T.
    """

    config: AuroraConfig

    def __init__(self, config: AuroraConfig) -> None:
        super().__init__()
        vision, text = config.vision, config.text
        self.config = config
        self.vision_model = siglip2(vision)
        self.projector = Projector(
            vision.hidden_size, config.projector_hidden_size, text.hidden_size
        )
        self.compressor = token_compressor_of(vision, config.compressor, text.hidden_size)
        self.language_model = qwen2(text)
        self.fusion = None if config.fusion.kind == "none" else Fusion(config.fusion, text)

    def see(self, pixels: Tensor, mask: Tensor | None, grid: Tensor) -> Tensor:
        """pixels: (B, P, 3 * side * side), mask: (B, P), grid: (B, 2) -> features (B, P, D).

        All layers and the post layernorm, without the pooling head. A row's padding is attended to
        by nothing; what comes out in its places means nothing. No mask where there is no padding.
        """
        tower = self.vision_model
        hidden = tower.embeddings(pixels, grid)
        # (B, 1, 1, P): True where a patch may be attended to.
        allowed = None if mask is None or bool(mask.all()) else mask[:, None, None].bool()
        for layer in tower.encoder.layers:
            hidden = layer(hidden, allowed)
        out: Tensor = tower.post_layernorm(hidden)
        return out

    def project(self, features: Tensor, mask: Tensor) -> Tensor:
        """features: (B, P, D), mask: (B, P) -> (B, P, W), zero where a row is padding (3.2)."""
        projected: Tensor = self.projector(features)
        return projected.masked_fill(mask[..., None] == 0, 0)

    def features(self, inputs: Inputs) -> Features:
        """The tower's features of a batch of pictures."""
        if inputs.mask is None or inputs.grid is None:
            raise ValueError("AuroraEdge reads patches with their mask and grid")
        return Features(self.see(inputs.pixels, inputs.mask, inputs.grid), inputs.mask)

    def seen(self, features: Features) -> list[Seen]:
        """Features of a batch -> what each picture becomes, with its source where text is fused."""
        mask = features.mask
        if mask is None:
            raise ValueError("AuroraEdge's features come with their mask")
        projected = self.project(features.values, mask)
        tokens = self.compressor(projected)
        if self.fusion is None:
            return [Seen(each) for each in tokens]
        return [
            Seen(each, source[valid.bool()])
            for each, source, valid in zip(tokens, projected, mask, strict=True)
        ]

    def embed(self, ids: Tensor, image_pad: int, seen: Sequence[Seen]) -> Tensor:
        """ids: (T,) int64 -> embeddings (T, W), the text fused with the pictures before it.

        Text before the first picture stays as it is.
        """
        embeddings = super().embed(ids, image_pad, seen)
        sources = [each.source for each in seen if each.source is not None]
        if self.fusion is None or not sources:
            return embeddings
        first = int((ids == image_pad).nonzero()[0])
        where = (ids[first:] != image_pad).nonzero().squeeze(1) + first
        # How many pictures have begun before each text token, in whole pictures.
        begun = (ids == image_pad).cumsum(0)[where] // self.config.visual_tokens
        counts = torch.bincount(begun, minlength=len(sources) + 1)[1:].tolist()
        text = list(torch.split(embeddings[where], counts))
        return embeddings.index_copy(0, where, torch.cat(self.fusion(text, sources)))


def built(config: ModelConfig) -> VisionLanguageModel:
    """The model of a configuration, with the weights that torch gives it."""
    return AuroraEdge(config) if isinstance(config, AuroraConfig) else OmniVLM(config)


def on_meta(config: ModelConfig) -> VisionLanguageModel:
    """The model's shapes without its weights; takes no memory."""
    with torch.device("meta"):
        return built(config).eval()


def parameter_count(model: nn.Module) -> int:
    """Distinct parameters: a tied embedding counts once."""
    return sum(parameter.numel() for parameter in model.parameters())
