"""Every family against transformers' own models, and every way of computing against every other."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import PIL.Image
import pytest
import torch
from transformers import (
    LlavaConfig,
    LlavaForConditionalGeneration,
    Siglip2ImageProcessorPil,
    Siglip2VisionModel,
    SiglipVisionConfig,
)
from transformers.cache_utils import DynamicCache
from transformers.models.qwen2.modeling_qwen2 import Qwen2Model

from omnivlm.answering import LoadedModel
from omnivlm.checkpoint import filled
from omnivlm.config import (
    AuroraConfig,
    FusionConfig,
    ModelConfig,
    NaflexVisionConfig,
    NanoLLaVAConfig,
    OmniVLMConfig,
    ProjectorConfig,
    TextConfig,
    TokenCompressorConfig,
    VisionConfig,
)
from omnivlm.initialise import untrained
from omnivlm.model import AuroraEdge, OmniVLM, VisionLanguageModel, on_meta
from omnivlm.processing import inputs_of, patches_of
from omnivlm.prompts import IMAGE_PAD, TURN_END
from omnivlm.questions import Question
from omnivlm.seen import Inputs
from omnivlm.sight import Sight
from omnivlm.tokenizer import Tokenizer, tiny_tokenizer
from omnivlm.towers import qwen2_config

TEXT = TextConfig(
    vocab_size=1024,
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=512,
)
VISION = VisionConfig(
    image_size=130,  # 9 x 9 patches, 4 px are dropped
    patch_size=14,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=3,
    num_attention_heads=2,
)
NAFLEX = NaflexVisionConfig(
    num_patches=64,
    patch_size=8,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=2,
)


def omnivlm_of(compressor: str, tokens: int) -> OmniVLMConfig:
    return OmniVLMConfig(
        f"{compressor}-{tokens}", VISION, ProjectorConfig(compressor, tokens, 48), TEXT
    )


def aurora_of(compressor: str, fusion: str) -> AuroraConfig:
    return AuroraConfig(
        name=f"aurora-{compressor}-{fusion}",
        vision=NAFLEX,
        projector_hidden_size=64,
        compressor=TokenCompressorConfig(compressor, 16),
        fusion=FusionConfig(fusion, 128),
        text=TEXT,
    )


LLAVA = NanoLLaVAConfig(
    "llava",
    replace(VISION, unused_layers=1, post_layernorm=False, resize="pad"),
    ProjectorConfig("reshape", 81, 64),
    TEXT,
)
FAMILIES: list[ModelConfig] = [
    omnivlm_of("reshape", 9),
    omnivlm_of("conv1d", 27),
    omnivlm_of("conv2d", 9),
    LLAVA,
    aurora_of("mlp", "none"),
    aurora_of("conv", "cross"),
    aurora_of("maxpool", "decoder"),
    aurora_of("mlp", "combined"),
]
each_family = pytest.mark.parametrize("config", FAMILIES, ids=lambda config: config.name)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Matrices as small as these are multiplied faster by one thread than by several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lively(config: ModelConfig, seed: int = 3) -> VisionLanguageModel:
    """A small untrained model with biases; what it says depends on every input."""
    tensors = untrained(config, seed, torch.float32)
    for name, tensor in tensors.items():
        if name.endswith("bias"):
            generator = torch.Generator().manual_seed(len(name))
            tensor.add_(torch.randn(tensor.shape, generator=generator), alpha=0.1)
    return filled(on_meta(config), tensors, torch.device("cpu"))


@functools.cache
def tokenizer() -> Tokenizer:
    return tiny_tokenizer(1024)


def loaded_of(config: ModelConfig) -> LoadedModel:
    return LoadedModel(lively(config, seed=4), tokenizer(), "lively", "")


def noise(seed: int, size: tuple[int, int] = (160, 120)) -> PIL.Image.Image:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8)
    return PIL.Image.fromarray(pixels.numpy())


def llava_of(model: VisionLanguageModel, feature_layer: int) -> LlavaForConditionalGeneration:
    """transformers' LLaVA of the same shapes with the same weights; ids of image tokens are 5."""
    vision, text = model.config.vision, qwen2_config(model.config.text)
    fields = ("image_size", "patch_size", "hidden_size", "intermediate_size", "layer_norm_eps")
    theirs = SiglipVisionConfig(
        num_hidden_layers=vision.num_hidden_layers,
        num_attention_heads=vision.num_attention_heads,
        **{name: getattr(vision, name) for name in fields},
    )
    llava = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=theirs,
            text_config=text,
            image_token_index=5,
            vision_feature_layer=feature_layer,
            vision_feature_select_strategy="full",
            tie_word_embeddings=True,
        )
    ).eval()
    llava.model.vision_tower.load_state_dict(model.vision_model.state_dict())
    llava.model.multi_modal_projector.load_state_dict(model.projector.state_dict())
    llava.model.language_model.load_state_dict(model.language_model.model.state_dict())
    llava.tie_weights()
    return llava


def our_logits(model: VisionLanguageModel, ids: torch.Tensor, inputs: Inputs) -> torch.Tensor:
    """(T, V): of every position."""
    embeddings = model.embed(ids, 5, model.seen(model.features(inputs)))
    out: Any = model.language_model(inputs_embeds=embeddings[None])
    logits: torch.Tensor = out.logits[0]
    return logits


@pytest.mark.parametrize("unused_layers", [0, 1, 2])
@torch.inference_mode()
def test_nanollava_is_transformers_llava(unused_layers: int) -> None:
    """vision_feature_layer -2 is nanoLLaVA's; -1 is every layer without the post layernorm."""
    model = lively(replace(LLAVA, vision=replace(LLAVA.vision, unused_layers=unused_layers)))
    inputs = inputs_of(noise(1), model.config.vision)
    ids = torch.tensor([7, 8, *[5] * 81, 9, 10, 11])
    theirs = llava_of(model, -1 - unused_layers)(input_ids=ids[None], pixel_values=inputs.pixels)
    torch.testing.assert_close(
        our_logits(model, ids, inputs), theirs.logits[0], atol=1e-4, rtol=1e-4
    )


@torch.inference_mode()
def test_omnivlm_without_compression_is_transformers_llava_behind_the_layernorm() -> None:
    """The 729-token variant: the same model, but for the post layernorm of the tower."""
    model = lively(replace(omnivlm_of("reshape", 81), projector=ProjectorConfig("reshape", 81, 64)))
    inputs = inputs_of(noise(2), model.config.vision)
    ids = torch.tensor([7, *[5] * 81, 9])
    llava = llava_of(model, -1)
    # LLaVA takes hidden states from before the layernorm: let its last layer end with it.
    norm, last = model.vision_model.post_layernorm, llava.model.vision_tower.encoder.layers[-1]
    last.register_forward_hook(lambda _module, _args, out: norm(out))
    theirs = llava(input_ids=ids[None], pixel_values=inputs.pixels).logits[0]
    torch.testing.assert_close(our_logits(model, ids, inputs), theirs, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_auroras_tower_is_transformers_siglip2() -> None:
    model = lively(aurora_of("mlp", "none"))
    assert isinstance(model, AuroraEdge)
    theirs = Siglip2VisionModel(model.vision_model.config).eval()
    theirs.load_state_dict(model.vision_model.state_dict())
    batch = together([noise(1, (90, 200)), noise(2, (64, 64)), noise(3, (31, 300))])
    assert batch.mask is not None
    assert batch.grid is not None
    expected = theirs(batch.pixels, batch.mask, batch.grid).last_hidden_state
    ours = model.see(batch.pixels, batch.mask, batch.grid)
    valid = batch.mask.bool()
    assert (~valid).sum() > 0
    torch.testing.assert_close(ours[valid], expected[valid])


@pytest.mark.parametrize(
    "size", [(640, 480), (480, 640), (500, 20), (1, 900), (16, 16), (700, 699)]
)
def test_patches_are_those_of_siglip2s_processor(size: tuple[int, int]) -> None:
    picture = noise(sum(size), size)
    for side, most in ((16, 256), (8, 64)):
        theirs = Siglip2ImageProcessorPil(patch_size=side, max_num_patches=most)
        expected = theirs(picture, return_tensors="pt")
        ours = patches_of(picture, side, most)
        torch.testing.assert_close(ours.pixels, expected.pixel_values, atol=1e-6, rtol=0)
        assert torch.equal(ours.grid, expected.spatial_shapes)
        assert torch.equal(ours.mask, expected.pixel_attention_mask.to(torch.int64))


def together(pictures: list[PIL.Image.Image]) -> Inputs:
    """One batch of pictures of unlike shapes."""
    each = [patches_of(picture, NAFLEX.patch_size, NAFLEX.num_patches) for picture in pictures]
    return Inputs(
        *(torch.cat(parts) for parts in zip(*map(dataclasses.astuple, each), strict=True))
    )


@pytest.mark.parametrize("fusion", ["none", "combined"])
@pytest.mark.parametrize("compressor", ["mlp", "conv", "maxpool"])
@torch.inference_mode()
def test_pictures_of_unlike_shape_do_not_change_one_another(compressor: str, fusion: str) -> None:
    model = lively(aurora_of(compressor, fusion))
    pictures = [noise(1, (90, 200)), noise(2, (64, 64)), noise(3, (31, 300))]
    seen = model.seen(model.features(together(pictures)))
    for picture, one in zip(pictures, seen, strict=True):
        (alone,) = model.seen(model.features(inputs_of(picture, NAFLEX)))
        torch.testing.assert_close(one.tokens, alone.tokens, atol=1e-5, rtol=1e-4)
        assert (one.source is None) == (fusion == "none")
        if one.source is not None:
            assert alone.source is not None
            torch.testing.assert_close(one.source, alone.source, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_the_padding_of_patches_changes_nothing() -> None:
    """What lies in the padding is never looked at, and what leaves it is zero."""
    model = lively(aurora_of("mlp", "combined"))
    assert isinstance(model, AuroraEdge)
    inputs = inputs_of(noise(3, (31, 300)), NAFLEX)
    assert inputs.mask is not None
    padding = inputs.mask[0] == 0
    assert padding.any()
    (expected,) = model.seen(model.features(inputs))
    inputs.pixels[0, padding] = 50.0
    features = model.features(inputs)
    (seen,) = model.seen(features)
    torch.testing.assert_close(seen.tokens, expected.tokens)
    torch.testing.assert_close(seen.source, expected.source)
    assert seen.source is not None
    assert len(seen.source) == int(inputs.mask.sum())
    projected = model.project(features.values, inputs.mask)
    assert projected[0, padding].abs().max() == 0
    # As much is seen where the tower reads the valid patches and no others.
    bare = model.see(inputs.pixels[:, ~padding], None, inputs.grid)
    torch.testing.assert_close(bare, features.values[:, ~padding], atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_the_decoder_of_the_fusion_is_the_first_layer_of_the_language_model() -> None:
    model = lively(aurora_of("mlp", "decoder"))
    assert isinstance(model, AuroraEdge)
    assert model.fusion is not None
    assert model.fusion.decoder is not None
    model.fusion.decoder.layer.load_state_dict(model.language_model.model.layers[0].state_dict())
    config = qwen2_config(replace(TEXT, num_hidden_layers=1))
    reference = Qwen2Model(config).eval()
    reference.load_state_dict(model.language_model.model.state_dict(), strict=False)
    reference.norm = torch.nn.Identity()
    sequence = torch.randn(70, 64, generator=torch.Generator().manual_seed(0))
    expected = reference(inputs_embeds=sequence[None], use_cache=True).last_hidden_state[0]
    ours = sequence + model.fusion.decoder(sequence)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-4)


@each_family
@torch.inference_mode()
def test_an_embedding_depends_on_nothing_behind_it(config: ModelConfig) -> None:
    model = lively(config)
    pad, tokens = 5, config.visual_tokens
    pictures = [noise(i, (80 + 40 * i, 90)) for i in range(3)]
    seen = [s for p in pictures for s in model.seen(model.features(inputs_of(p, config.vision)))]
    start = [7, *[pad] * tokens, 8, 9]
    middle = [*start, *[pad] * tokens, 10]
    whole = model.embed(torch.tensor([*middle, *[pad] * tokens, 11, 12]), pad, seen)
    for part, count in ((start, 1), (middle, 2)):
        alone = model.embed(torch.tensor(part), pad, seen[:count])
        torch.testing.assert_close(whole[: len(part)], alone, atol=1e-5, rtol=1e-4)
    fused = isinstance(config, AuroraConfig) and config.fusion.kind != "none"
    plain = model.language_model.model.embed_tokens(torch.tensor([7, 8]))
    assert torch.equal(whole[0], plain[0]), "what comes before every picture is not fused"
    assert torch.equal(whole[1 + tokens], plain[1]) != fused
    assert torch.equal(model.embed(torch.tensor([7, 8]), pad, []), plain)


def uncached(loaded: LoadedModel, question: Question) -> list[int]:
    """Greedy ids with the whole sequence read anew for every token."""
    model, tokenizer = loaded.model, loaded.tokenizer
    prompt = loaded._prompt(question)
    sight = Sight(model, torch.device("cpu"), torch.float32)
    seen = sight.seen(sight.features(sight.inputs(question.images)))
    start = model.embed(torch.tensor(prompt.ids), tokenizer.special[IMAGE_PAD], seen)
    generated: list[int] = []
    while len(generated) < question.max_new_tokens:
        said = model.language_model.model.embed_tokens(torch.tensor(generated, dtype=torch.int64))
        logits = model.read(torch.cat([start, said])[None], DynamicCache())
        generated.append(int(logits[0].argmax()))
        if generated[-1] == tokenizer.special[TURN_END]:
            break
    return generated


@each_family
def test_cached_equals_uncached_and_a_batch_equals_one_by_one(config: ModelConfig) -> None:
    loaded = loaded_of(config)
    pictures = [noise(1), noise(2, (40, 200)), noise(3, (300, 60))]
    questions = [
        *(
            Question(f"Is there a {'very ' * i}small cup?", (pictures[i % 3],), 12)
            for i in range(3)
        ),
        Question("Which is larger?", (pictures[0], pictures[2]), 12),
        Question("What is the sum of 2 and 3?", (), 12),
    ]
    together = list(loaded.generate(questions))
    said: set[int] = set()
    for question, answer in zip(questions, together, strict=True):
        with torch.inference_mode():
            ids = uncached(loaded, question)
        said.update(ids)
        assert (answer.text, answer.tokens_out) == (loaded.tokenizer.reply(ids), len(ids))
        assert list(loaded.generate([question])) == [answer]
        assert "".join(step.text for step in loaded.stream(question)) == answer.text
    assert len(said) > 5, "constant replies would prove nothing"


def test_the_classes_are_those_of_the_families() -> None:
    for config in FAMILIES:
        kind = AuroraEdge if isinstance(config, AuroraConfig) else OmniVLM
        assert type(on_meta(config)) is kind
