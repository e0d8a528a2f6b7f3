"""What an image becomes: patches, tiles and visual tokens, by each vendor's preprocessing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from omnibench.cost.shapes import (
    FixedSize,
    ModelShape,
    PatchBudget,
    SmartResize,
    Tiles,
    VisionShape,
)
from omnibench.errors import OmnibenchError

STEEPEST_ASPECT = 200
"""Qwen2-VL's `smart_resize` refuses sides further apart than this."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An image as the vision tower sees it.

    tiles: pictures that the tower is run on; rows, columns: patches of each.
    positions: of each tile, that the layers are run over (padding and class token included).
    visual_tokens: of all tiles, that the language model reads.
    """

    tiles: int
    rows: int
    columns: int
    positions: int
    visual_tokens: int

    @property
    def patches(self) -> int:
        """Patches of one tile that show the image."""
        return self.rows * self.columns


def see(shape: ModelShape, width_px: int, height_px: int) -> Seen:
    """An image of any size as `shape` sees it. Raises OmnibenchError for a size it refuses."""
    if width_px < 1 or height_px < 1:
        raise OmnibenchError(f"an image of {width_px}x{height_px} pixels shows nothing")
    tiles, rows, columns, positions = _patches(shape.vision, width_px, height_px)
    tokens = positions // shape.projector.group
    if shape.compressor is not None:
        tokens = shape.compressor.tokens_out
    return Seen(tiles, rows, columns, positions + shape.vision.class_token, tiles * tokens)


def smart_resize(width_px: int, height_px: int, factor: int, rule: SmartResize) -> tuple[int, int]:
    """The (width, height) that Qwen2-VL resizes to.

    Source: `smart_resize` in transformers' image_processing_qwen2_vl.py.
    """
    if max(width_px, height_px) > STEEPEST_ASPECT * min(width_px, height_px):
        raise OmnibenchError(
            f"an image of {width_px}x{height_px} pixels is too narrow: one side may be at most"
            f" {STEEPEST_ASPECT} times the other"
        )
    width, height = (round(side / factor) * factor for side in (width_px, height_px))
    if width * height > rule.most_px:
        shrink = math.sqrt(width_px * height_px / rule.most_px)
        width, height = (
            max(factor, math.floor(side / shrink / factor) * factor)
            for side in (width_px, height_px)
        )
    elif width * height < rule.least_px:
        grow = math.sqrt(rule.least_px / (width_px * height_px))
        width, height = (math.ceil(side * grow / factor) * factor for side in (width_px, height_px))
    return width, height


def tile_grid(width_px: int, height_px: int, rule: Tiles) -> tuple[int, int]:
    """The (columns, rows) of tiles that InternVL cuts.

    The nearest aspect ratio; among equals the larger grid, while the image covers more than half of
    it. Source: `get_optimal_tiled_canvas` in transformers' image_processing_got_ocr2.py, after
    `find_closest_aspect_ratio` of InternVL.
    """
    most = rule.most_tiles
    grids = [(c, r) for c in range(1, most + 1) for r in range(1, most + 1) if c * r <= most]
    best, best_difference = (1, 1), math.inf
    for columns, rows in sorted(grids, key=lambda grid: grid[0] * grid[1]):
        difference = abs(width_px / height_px - columns / rows)
        large_enough = width_px * height_px > 0.5 * rule.tile_px**2 * columns * rows
        if difference < best_difference or (difference == best_difference and large_enough):
            best, best_difference = (columns, rows), difference
    return best


def patch_grid(width_px: int, height_px: int, patch_px: int, most: int) -> tuple[int, int]:
    """The (columns, rows) of patches that SigLIP2 naflex resizes to, at most `most` in all.

    Source: `get_image_size_for_max_num_patches` in transformers' image_processing_siglip2.py, a
    bisection over the scale whose tolerance is part of the rule.
    """
    tolerance = 1e-5
    low, high = tolerance / 10, 100.0

    def grid(scale: float) -> tuple[int, int]:
        columns, rows = (
            max(1, math.ceil(side * scale / patch_px)) for side in (width_px, height_px)
        )
        return columns, rows

    while high - low >= tolerance:
        middle = (low + high) / 2
        columns, rows = grid(middle)
        if columns * rows <= most:
            low = middle
        else:
            high = middle
    return grid(low)


def _patches(vision: VisionShape, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """The (tiles, rows, columns, positions without class token) of an image."""
    rule, patch_px = vision.image, vision.patch_px
    match rule:
        case FixedSize(image_px):
            side = image_px // patch_px
            return 1, side, side, side * side
        case SmartResize(merge):
            width, height = smart_resize(width_px, height_px, patch_px * merge, rule)
            rows, columns = height // patch_px, width // patch_px
            return 1, rows, columns, rows * columns
        case Tiles(tile_px):
            across, down = tile_grid(width_px, height_px, rule)
            tiles = across * down
            side = tile_px // patch_px
            return tiles + (tiles > 1), side, side, side * side
        case PatchBudget(most):
            columns, rows = patch_grid(width_px, height_px, patch_px, most)
            return 1, rows, columns, most
