"""The model against transformers' own parts, and every way of generating against every other."""

from __future__ import annotations

import PIL.Image
import pytest
import torch
from transformers import SiglipImageProcessorPil, SiglipVisionModel
from transformers.cache_utils import DynamicCache

from omnivlm.answering import BATCH_ROWS, LoadedModel
from omnivlm.checkpoint import filled
from omnivlm.config import OmniVLMConfig, ProjectorConfig, TextConfig, VisionConfig
from omnivlm.generation import Reply, complete
from omnivlm.initialise import untrained
from omnivlm.model import on_meta
from omnivlm.processing import normalised, resized
from omnivlm.prompts import IMAGE_PAD, TURN_END, TURN_START
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
    """A small model whose weights are large enough for its replies to depend on every input."""
    tensors = untrained(SMALL, 3, torch.float32)
    for name, tensor in tensors.items():
        if name.startswith("language_model.") and tensor.dim() == 2:
            tensor.mul_(1 / (0.02 * tensor.shape[1] ** 0.5))
    model = filled(on_meta(SMALL), tensors, torch.device("cpu"))
    return LoadedModel(model, tiny_tokenizer(1024), "lively", "")


def noise(seed: int, size: tuple[int, int] = (160, 120)) -> PIL.Image.Image:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8)
    return PIL.Image.fromarray(pixels.numpy())


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    """Twenty-one of unlike length: shared, several and no images."""
    pictures = [noise(i) for i in range(4)]
    asked = [
        Question(f"Is there a {'very ' * i}small cup?", (pictures[i % 4],), 12 + i % 5)
        for i in range(BATCH_ROWS + 2)
    ]
    asked.append(Question("Which is larger?", tuple(pictures[:3]), 15))
    asked.append(Question("What is the sum of 2 and 3?", (), 15))
    asked.append(Question("Same picture, other object?", (noise(0),), 15, temperature=1.5, seed=9))
    return asked


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


def uncached(loaded: LoadedModel, question: Question) -> list[int]:
    """Greedy ids with the whole sequence read anew for every token."""
    model, tokenizer = loaded.model, loaded.tokenizer
    ids = loaded._prompt_ids(question)
    pad = tokenizer.special[IMAGE_PAD]
    visual = None
    if question.images:
        pixels = torch.stack([normalised(resized(image, 130)) for image in question.images])
        visual = model.project(model.see(pixels))
    generated: list[int] = []
    while len(generated) < question.max_new_tokens:
        embeddings = model.embed(torch.tensor(ids + generated), pad, visual)
        logits = model.read(embeddings[None], DynamicCache())
        generated.append(int(logits[0].argmax()))
        if generated[-1] == tokenizer.special[TURN_END]:
            break
    return generated


def test_cached_equals_uncached(loaded: LoadedModel, questions: list[Question]) -> None:
    said: set[int] = set()
    for question in [*questions[:4], questions[-3], questions[-2]]:
        with torch.inference_mode():
            ids = uncached(loaded, question)
        (answer,) = loaded.generate([question])
        said.update(ids)
        assert (answer.text, answer.tokens_out) == (loaded.tokenizer.reply(ids), len(ids))
    assert len(said) > 12, "constant replies would prove nothing"


def test_a_batch_equals_one_by_one(loaded: LoadedModel, questions: list[Question]) -> None:
    together = list(loaded.generate(questions))
    assert together == [answer for question in questions for answer in loaded.generate([question])]
    assert len({answer.text for answer in together}) > len(questions) // 2


def test_stream_says_what_generate_says(loaded: LoadedModel, questions: list[Question]) -> None:
    for question in questions[-4:]:
        (answer,) = loaded.generate([question])
        steps = list(loaded.stream(question))
        assert "".join(step.text for step in steps) == answer.text
        phases = [step.phase for step in steps]
        seeing = ["vision", "projector"] if question.images else []
        assert phases[: 3 + len(seeing)] == ["preprocess", *seeing, "prefill", "first_sample"]
        assert set(phases[3 + len(seeing) :]) <= {"decode"}
        sampled = [s for s in steps if s.phase in ("first_sample", "decode")]
        assert sum(step.tokens for step in sampled) == answer.tokens_out
        (prefill,) = (step for step in steps if step.phase == "prefill")
        assert prefill.tokens == answer.tokens_in


def test_padding_changes_nothing(loaded: LoadedModel) -> None:
    generator = torch.Generator().manual_seed(1)
    rows = [torch.randn(count, 64, generator=generator) for count in (3, 40, 17)]
    width = max(map(len, rows))
    padded = torch.zeros(3, width, 64)
    mask = torch.zeros(3, width, dtype=torch.int64)
    for i, row in enumerate(rows):
        padded[i, width - len(row) :], mask[i, width - len(row) :] = row, 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.inference_mode():
        together = loaded.model.read(padded, DynamicCache(), mask, positions)
        for logits, row in zip(together, rows, strict=True):
            alone = loaded.model.read(row[None], DynamicCache())[0]
            torch.testing.assert_close(logits, alone, atol=2e-5, rtol=1e-4)


def test_a_row_leaves_the_batch_at_its_own_end(loaded: LoadedModel) -> None:
    batches: list[int] = []
    hook = loaded.model.language_model.register_forward_pre_hook(
        lambda _module, _args, kwargs: batches.append(len(kwargs["inputs_embeds"])),
        with_kwargs=True,
    )
    try:
        lengths = [1, 4, 2]
        list(loaded.generate([Question("x " * n, (), n) for n in lengths]))
    finally:
        hook.remove()
    assert batches == [3, 2, 1, 1]


def test_the_end_token_ends_a_reply_and_is_counted(loaded: LoadedModel) -> None:
    special = loaded.tokenizer.special
    reply = Reply(Question("?", (), 10), loaded.tokenizer, 5, 512)
    said = loaded.tokenizer.encode(["assistant\nyes"])
    for token in [special[TURN_START], *said, special[TURN_END]]:
        assert reply.finish is None
        reply.take(token)
    answer = reply.answer()
    assert (answer.text, answer.finish, answer.tokens_out) == ("yes", "stop", len(said) + 2)


def test_each_distinct_picture_is_encoded_once(loaded: LoadedModel) -> None:
    seen: list[int] = []
    hook = loaded.model.vision_model.embeddings.register_forward_pre_hook(
        lambda _module, args: seen.append(len(args[0]))
    )
    one, other = noise(101), noise(102)
    try:
        asked = [Question(f"{i}?", (one if i % 2 else other, noise(101)), 1) for i in range(12)]
        list(loaded.generate(asked))
    finally:
        hook.remove()
    assert sum(seen) == 2


def test_the_context_ends_a_reply(loaded: LoadedModel) -> None:
    ids = loaded._prompt_ids(Question("x", (), 600))
    reply = Reply(Question("x", (), 600), loaded.tokenizer, len(ids), len(ids) + 3)
    with torch.inference_mode():
        complete(loaded.model, [loaded._embedded(ids, [])], [reply])
    assert (len(reply.ids), reply.finish) == (3, "length")
