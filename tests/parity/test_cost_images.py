"""What an image becomes, against the vendors' preprocessing in transformers."""

import pytest
from transformers.models.got_ocr2 import image_processing_pil_got_ocr2 as got_ocr2
from transformers.models.qwen2_vl import image_processing_pil_qwen2_vl as qwen2_vl
from transformers.models.siglip2 import image_processing_pil_siglip2 as siglip2

from omnibench.cost.images import patch_grid, smart_resize, tile_grid
from omnibench.cost.named import INTERNVIT_300M, QWEN2_VL_VISION

SIDES_PX = (1, 27, 28, 56, 100, 224, 333, 448, 480, 640, 720, 1024, 1080, 1920, 4000, 6001)
SIZES_PX = [(width, height) for width in SIDES_PX for height in SIDES_PX]


def test_smart_resize():
    rule = QWEN2_VL_VISION.image
    for width, height in SIZES_PX:
        if max(width, height) <= 200 * min(width, height):
            theirs = qwen2_vl.smart_resize(height, width, 28, rule.least_px, rule.most_px)
            assert smart_resize(width, height, 28, rule) == theirs[::-1]


def test_tiles():
    rule = INTERNVIT_300M.image
    for width, height in SIZES_PX:
        theirs = got_ocr2.get_optimal_tiled_canvas((height, width), (448, 448), 1, 12)
        assert tile_grid(width, height, rule) == theirs


@pytest.mark.parametrize("most", [256, 1024])
def test_naflex(most):
    for width, height in SIZES_PX:
        theirs = siglip2.get_image_size_for_max_num_patches(height, width, 16, most)
        assert tuple(16 * side for side in patch_grid(width, height, 16, most)) == theirs[::-1]
