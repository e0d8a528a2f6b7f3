"""The model against transformers' own parts."""

from __future__ import annotations

import PIL.Image
import pytest
import torch
from transformers import SiglipImageProcessorPil, SiglipVisionModel

from omnivlm.answering import LoadedModel
from omnivlm.checkpoint import filled
from omnivlm.config import OmniVLMConfig, ProjectorConfig, TextConfig, VisionConfig
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.processing import normalised, resized
from omnivlm.questions import Question
from omnivlm.tokenizer import tiny_tokenizer

SMALL = OmniVLMConfig(
    name="small",
    vision=VisionConfig(
        image_size=130,  # 9 x 9 patches, 4 px are dropped
        patch_size=14,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
    ),
    projector=ProjectorConfig(compressor="reshape", visual_tokens=9, hidden_size=48),
    text=TextConfig(
        vocab_size=1024,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
    ),
)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    """A small untrained model; its replies depend on every input."""
    model = filled(on_meta(SMALL), untrained(SMALL, 3, torch.float32), torch.device("cpu"))
    return LoadedModel(model, tiny_tokenizer(1024), "lively", "")


def noise(seed: int, size: tuple[int, int] = (160, 120)) -> PIL.Image.Image:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8)
    return PIL.Image.fromarray(pixels.numpy())


def test_the_tower_is_siglips_without_its_head(loaded: LoadedModel) -> None:
    theirs = SiglipVisionModel(loaded.model.vision_model.config).eval()
    tower = getattr(theirs, "vision_model", theirs)
    tower.load_state_dict(loaded.model.vision_model.state_dict())
    pixels = torch.randn(2, 3, 130, 130, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = theirs(pixel_values=pixels).last_hidden_state
        torch.testing.assert_close(loaded.model.see(pixels), expected)


def test_the_pooling_head_is_never_run(loaded: LoadedModel) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the pooling head was run")

    hook = loaded.model.vision_model.head.register_forward_pre_hook(refuse)
    try:
        list(loaded.stream(Question("?", (noise(77),), 2)))
        list(loaded.generate([Question("?", (noise(78),), 2)]))
    finally:
        hook.remove()


def test_pictures_are_prepared_as_siglips_processor_does() -> None:
    processor = SiglipImageProcessorPil(size={"height": 384, "width": 384})
    picture = noise(5, (500, 300))
    expected = processor(picture, return_tensors="pt")["pixel_values"][0]
    torch.testing.assert_close(normalised(resized(picture, 384)), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1", "I;16"])
def test_every_mode_of_picture_is_read(mode: str) -> None:
    assert resized(PIL.Image.new(mode, (5, 900)), 130).shape == (130, 130, 3)
