"""Every way of generating against every other: cached, batched, with shared prefixes, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import PIL.Image
import pytest
import torch
from transformers.cache_utils import DynamicCache

from omnivlm.answering import WINDOW_ROWS, LoadedModel
from omnivlm.batching import BATCH_ROWS
from omnivlm.checkpoint import filled
from omnivlm.config import ModelConfig
from omnivlm.initialise import untrained
from omnivlm.keyvalues import RowCache
from omnivlm.model import on_meta
from omnivlm.prefix import PrefixMemory
from omnivlm.presets import AURORA_TINY, NANOLLAVA_TINY, OMNIVLM_TINY
from omnivlm.prompts import TURN_END
from omnivlm.questions import Answer, Question
from omnivlm.tokenizer import tiny_tokenizer

TIE = 1e-4
"""Two logits closer than this may change places when a batch adds up its sums in another order."""

SMALL = replace(
    OMNIVLM_TINY,
    vision=replace(
        OMNIVLM_TINY.vision,
        stem=(),
        image_size=130,  # 9 x 9 patches, 4 px are dropped
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
    ),
    projector=replace(OMNIVLM_TINY.projector, visual_tokens=9, hidden_size=48),
    text=replace(
        OMNIVLM_TINY.text,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
    ),
)

SMALL_NANOLLAVA = replace(
    NANOLLAVA_TINY,
    vision=replace(SMALL.vision, unused_layers=1, post_layernorm=False, resize="pad"),
    projector=replace(SMALL.projector, visual_tokens=81),
    text=replace(SMALL.text, num_key_value_heads=4),
)


def lively(config: ModelConfig = SMALL) -> LoadedModel:
    """A small untrained model; its replies depend on every input."""
    model = filled(on_meta(config), untrained(config, 3, torch.float32), torch.device("cpu"))
    return LoadedModel(model, tiny_tokenizer(1024), "lively", "")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small products gain nothing from a second thread and wait for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def made() -> LoadedModel:
    return lively()


@pytest.fixture
def loaded(made: LoadedModel) -> LoadedModel:
    return forgetful(made)


def forgetful(loaded: LoadedModel) -> LoadedModel:
    """The same model, which remembers nothing that it has seen."""
    return LoadedModel(loaded.model, loaded.tokenizer, loaded.origin, loaded.sha256)


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


@pytest.fixture(scope="module")
def alone(made: LoadedModel, questions: list[Question]) -> list[Answer]:
    """What each question is answered by itself."""
    return [answer for question in questions for answer in forgetful(made).generate([question])]


@contextmanager
def reads(loaded: LoadedModel) -> Iterator[list[tuple[int, int]]]:
    """(rows, tokens) of everything that the language model reads meanwhile."""
    seen: list[tuple[int, int]] = []
    hook = loaded.model.language_model.register_forward_pre_hook(
        lambda _module, _args, kwargs: seen.append(tuple(kwargs["inputs_embeds"].shape[:2])),
        with_kwargs=True,
    )
    try:
        yield seen
    finally:
        hook.remove()


@torch.inference_mode()
def uncached(loaded: LoadedModel, question: Question) -> tuple[list[int], float]:
    """Greedy ids with the whole sequence read anew for every token, and the nearest tie passed."""
    model = loaded.model
    prompt = loaded._prompt(question)
    (seen,) = loaded._seen([question])
    ids, tie = list(prompt.ids), float("inf")
    while len(ids) - len(prompt.ids) < question.max_new_tokens:
        embeddings = model.embed(torch.tensor(ids), prompt.image_pad, seen)
        logits = model.read(embeddings[None], DynamicCache())[0]
        first, second = logits.topk(2).values.tolist()
        tie = min(tie, first - second)
        ids.append(int(logits.argmax()))
        if ids[-1] == loaded.tokenizer.special[TURN_END]:
            break
    return ids[len(prompt.ids) :], tie


def check_same(
    loaded: LoadedModel,
    asked: Sequence[Question],
    left: Sequence[Answer],
    right: Sequence[Answer],
) -> None:
    """Equal answers; a difference is only excused, aloud, where two logits were all but equal."""
    for question, one, other in zip(asked, left, right, strict=True):
        if one != other:
            _, tie = uncached(loaded, question)
            assert tie < TIE, f"{question.prompt}: {one} is not {other}; nearest tie {tie}"
            pytest.skip(f"{question.prompt}: a tie of {tie} was moved by the batch")


def test_cached_equals_uncached(loaded: LoadedModel, questions: list[Question]) -> None:
    said: set[int] = set()
    for question in [*questions[:4], questions[-3], questions[-2]]:
        ids, tie = uncached(loaded, question)
        (answer,) = loaded.generate([question])
        said.update(ids)
        assert (answer.text, answer.tokens_out) == (loaded.tokenizer.reply(ids), len(ids)), tie
    assert len(said) > 12, "constant replies would prove nothing"


def test_a_batch_equals_one_by_one(
    loaded: LoadedModel, questions: list[Question], alone: list[Answer]
) -> None:
    check_same(loaded, questions, list(loaded.generate(questions)), alone)
    assert len({answer.text for answer in alone}) > len(questions) // 2


def test_an_answer_does_not_depend_on_what_else_is_asked(
    loaded: LoadedModel, questions: list[Question], alone: list[Answer]
) -> None:
    backwards = list(loaded.generate(questions[::-1]))[::-1]
    check_same(loaded, questions, backwards, alone)
    # Sixteen at a time as the engine asks, with what the first round has left in memory.
    again = [a for i in range(0, 21, 16) for a in loaded.generate(questions[i : i + 16])]
    check_same(loaded, questions, again, alone)


@pytest.mark.parametrize("config", [SMALL_NANOLLAVA, AURORA_TINY], ids=lambda each: each.name)
def test_a_batch_equals_one_by_one_in_every_family(config: ModelConfig) -> None:
    """With text that is fused with the pictures before it, and pictures of unlike shape."""
    loaded = lively(config)
    pictures = [noise(1), noise(2, (90, 200))]
    asked = [
        Question(f"Is there a {'very ' * i}small cup?", (pictures[i % 2],), 5) for i in range(4)
    ]
    asked.append(Question("Which is larger?", tuple(pictures), 5))
    asked.append(Question("What is the sum of 2 and 3?", (), 5))
    together = list(loaded.generate(asked))
    for question, answer in zip(asked, together, strict=True):
        assert "".join(step.text for step in loaded.stream(question)) == answer.text
    assert len({answer.text for answer in together}) > 2


def test_more_than_a_window_comes_back_in_order(loaded: LoadedModel) -> None:
    pictures = [noise(i) for i in range(3)]
    asked = [
        Question(f"{i}?", (pictures[i % 3],) if i % 4 else (), 1 + i % 3)
        for i in range(WINDOW_ROWS + 5)
    ]
    answers = list(loaded.generate(asked))
    assert [answer.tokens_out for answer in answers] == [q.max_new_tokens for q in asked]
    check_same(
        loaded, asked, answers, [a for question in asked for a in loaded.generate([question])]
    )


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


def test_what_questions_share_is_read_once_over_all_calls(loaded: LoadedModel) -> None:
    one, other = noise(1), noise(2)
    asked = [Question(f"{i % 10}?", (one if i < 6 else other,), 1) for i in range(12)]
    prompt = loaded._prompt(asked[0])
    with reads(loaded) as seen:
        for start in (0, 4, 8):
            list(loaded.generate(asked[start : start + 4]))
    prefixes = [shape for shape in seen if shape == (1, prompt.shared)]
    assert len(prefixes) == 2
    assert [rows for rows, tokens in seen if tokens == prompt.own] == [4, 4, 4]
    assert len(seen) == 5


def test_prefixes_are_kept_within_their_bound(
    loaded: LoadedModel, questions: list[Question], alone: list[Answer]
) -> None:
    list(loaded.generate(questions))
    assert loaded._prefixes.kept_bytes > 60_000
    loaded._prefixes = PrefixMemory(loaded.model, bound_bytes=60_000)
    for _ in range(2):
        check_same(loaded, questions, list(loaded.generate(questions)), alone)
        assert 0 < loaded._prefixes.kept_bytes <= 60_000
    loaded._prefixes = PrefixMemory(loaded.model, bound_bytes=0)
    check_same(loaded, questions, list(loaded.generate(questions)), alone)


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
        together = loaded.model.read(padded, RowCache(2, 8), mask, positions)
        for logits, row in zip(together, rows, strict=True):
            alone = loaded.model.read(row[None], DynamicCache())[0]
            torch.testing.assert_close(logits, alone, atol=2e-5, rtol=1e-4)


def test_a_row_leaves_the_batch_at_its_own_end(loaded: LoadedModel) -> None:
    asked = [Question("x " * n, (), n) for n in (1, 4, 2)]
    with reads(loaded) as seen:
        list(loaded.generate(asked))
    assert [rows for rows, _ in seen] == [3, 2, 1, 1]


def test_the_context_ends_a_reply(loaded: LoadedModel) -> None:
    room = SMALL.text.max_position_embeddings - len(loaded._prompt(Question("x")).ids)
    (answer,) = loaded.generate([Question("x" + " a" * (room - 2), (), 600)])
    assert (answer.tokens_in + answer.tokens_out, answer.finish) == (512, "length")


def test_synthetic_tokens_need_no_tokenizer(loaded: LoadedModel) -> None:
    bare = LoadedModel(loaded.model, None, "lively", "")
    question = Question("", (noise(3),), 40, text_tokens=20)
    (answer,) = bare.generate([question])
    assert answer == Answer("", tokens_in=29, tokens_out=40, finish="length")
    assert [step.phase for step in bare.stream(question)].count("decode") == 39
