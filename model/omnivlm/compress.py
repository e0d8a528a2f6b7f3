"""Fewer visual tokens, before the projector (OmniVLM) or behind it (AuroraEdge).

N features of width D become T tokens; the factor is f = N / T.

    before the projector, ProjectorConfig.compressor     (B, N, D) -> (B, T, width_out)
    reshape   f CONSECUTIVE raster features side by side; width_out = f * D; no parameters
    conv1d    kernel f, stride f over the raster;          width_out = D; f * D * D + D parameters
    conv2d    kernel and stride (f, 1) over the grid of rows and columns; as many parameters

    behind the projector, TokenCompressorConfig.kind     (B, N, W) -> (B, T, W)
    mlp       a linear layer over the token axis, N -> T;  N * T + T parameters
    conv      kernel and stride (f, 1) over N x 1, W -> W; f * W * W + W parameters
    maxpool   the largest of f consecutive tokens;         no parameters

Sources. reshape: `ggml_reshape_3d(ne0 * 9, ne1 / 9)` in NexaAI's llama.cpp, examples/omni-vlm; 729
-> 81 puts nine neighbours of one row together, three strips to a row of 27, not 3 x 3 blocks.
conv1d (k = 9, s = 9, no padding) and conv2d ((9, 1), (9, 1)): the OmniVLM paper, 3.2; that they
keep the width is its "[batch_size, 81, hidden_size]", and that conv2d runs over the 27 x 27 grid,
where (9, 1) gives 3 x 27 = 81 tokens, is inferred. AuroraEdge's paper, 3.4, names Conv2d, MaxPool2d
and MLP and 256 -> 64; the linear layer is the only shape that gives its counts of parameters and
operations. That its convolution and pooling group consecutive tokens is inferred: the tower's grid
has another shape for every picture.
"""

from __future__ import annotations

from torch import Tensor, nn

from omnivlm.config import (
    NaflexVisionConfig,
    ProjectorConfig,
    TokenCompressorConfig,
    VisionConfig,
    strip,
)


class Reshape(nn.Module):
    """(B, N, D) -> (B, tokens, D * N / tokens)."""

    def __init__(self, width: int, patches: int, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.width_out = width * (patches // tokens)

    def forward(self, features: Tensor) -> Tensor:
        """features: (B, N, D) -> (B, tokens, width_out)."""
        return features.reshape(len(features), self.tokens, self.width_out)


class Conv1d(nn.Module):
    """(B, N, D) -> (B, tokens, D), over the raster."""

    def __init__(self, width: int, patches: int, tokens: int) -> None:
        super().__init__()
        factor = patches // tokens
        self.width_out = width
        self.conv = nn.Conv1d(width, width, kernel_size=factor, stride=factor)

    def forward(self, features: Tensor) -> Tensor:
        """features: (B, N, D) -> (B, tokens, D)."""
        out: Tensor = self.conv(features.transpose(1, 2))  # (B, D, tokens)
        return out.transpose(1, 2)


class Conv2d(nn.Module):
    """(B, rows * columns, D) -> (B, tokens, D), over a square grid."""

    def __init__(self, width: int, side: int, tokens: int) -> None:
        super().__init__()
        self.side = side
        self.width_out = width
        block = strip(side, tokens) or (1, 1)  # the configuration has refused what has no block
        self.conv = nn.Conv2d(width, width, kernel_size=block, stride=block)

    def forward(self, features: Tensor) -> Tensor:
        """features: (B, side * side, D) -> (B, tokens, D)."""
        raster = features.transpose(1, 2)
        grid = raster.reshape(*raster.shape[:2], self.side, self.side)  # (B, D, rows, columns)
        out: Tensor = self.conv(grid)
        return out.flatten(2).transpose(1, 2)


class TokenMLP(nn.Module):
    """(B, N, W) -> (B, tokens, W): every new token is a weighted sum of all old ones."""

    def __init__(self, patches: int, tokens: int) -> None:
        super().__init__()
        self.linear = nn.Linear(patches, tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (B, N, W) -> (B, tokens, W)."""
        out: Tensor = self.linear(tokens.transpose(1, 2))  # (B, W, tokens)
        return out.transpose(1, 2)


class TokenConv(nn.Module):
    """(B, N, W) -> (B, N / factor, W)."""

    def __init__(self, width: int, factor: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, kernel_size=(factor, 1), stride=(factor, 1))

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (B, N, W) -> (B, N / factor, W)."""
        out: Tensor = self.conv(tokens.transpose(1, 2)[..., None])  # (B, W, tokens, 1)
        return out.squeeze(3).transpose(1, 2)


class TokenMaxPool(nn.Module):
    """(B, N, W) -> (B, N / factor, W)."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (B, N, W) -> (B, N / factor, W)."""
        rows, _, width = tokens.shape
        return tokens.reshape(rows, -1, self.factor, width).amax(2)


def compressor_of(vision: VisionConfig, joint: ProjectorConfig) -> Reshape | Conv1d | Conv2d:
    """The compressor that a configuration names, to stand before the projector."""
    width, patches, tokens = vision.hidden_size, vision.patches, joint.visual_tokens
    if joint.compressor == "conv1d":
        return Conv1d(width, patches, tokens)
    if joint.compressor == "conv2d":
        return Conv2d(width, vision.image_size // vision.patch_size, tokens)
    return Reshape(width, patches, tokens)


def token_compressor_of(
    vision: NaflexVisionConfig, joint: TokenCompressorConfig, width: int
) -> TokenMLP | TokenConv | TokenMaxPool:
    """The compressor that a configuration names, to stand behind the projector."""
    factor = vision.num_patches // joint.visual_tokens
    if joint.kind == "conv":
        return TokenConv(width, factor)
    if joint.kind == "maxpool":
        return TokenMaxPool(factor)
    return TokenMLP(vision.num_patches, joint.visual_tokens)
