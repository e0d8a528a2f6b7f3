"""A reply in the making, the rows of a batch, and the memory of keys and values."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from omnivlm.batching import BATCH_BYTES, BATCH_ROWS, Prompt, Row, batches, token_bytes
from omnivlm.generation import Reply, chosen
from omnivlm.keyvalues import RowCache
from omnivlm.presets import OMNIVLM_968M
from omnivlm.prompts import TURN_END, TURN_START, Special
from omnivlm.questions import Question
from omnivlm.seen import Seen
from omnivlm.tokenizer import Tokenizer, tiny_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return tiny_tokenizer(1024)


def test_the_end_token_ends_a_reply_and_is_counted(tokenizer: Tokenizer) -> None:
    special = tokenizer.special
    reply = Reply(Question("?", (), 10), tokenizer, 5, 512)
    said = tokenizer.encode(["assistant\nyes"])
    for token in [special[TURN_START], *said, special[TURN_END]]:
        assert reply.finish is None
        reply.take(token)
    answer = reply.answer()
    assert (answer.text, answer.finish, answer.tokens_out) == ("yes", "stop", len(said) + 2)


def test_the_context_ends_a_reply(tokenizer: Tokenizer) -> None:
    reply = Reply(Question("?", (), 10), tokenizer, 509, 512)
    assert reply.limit == 3
    for _ in range(3):
        assert reply.finish is None
        reply.take(1)
    assert reply.finish == "length"


def test_half_a_character_waits_for_its_other_half(tokenizer: Tokenizer) -> None:
    reply = Reply(Question("?", (), 10), tokenizer, 5, 512)
    told = []
    for token in tokenizer.encode(["é!"]):
        reply.take(token)
        told.append(reply.new_text())
    assert "".join(told) == "é!"
    assert told[0] == ""


@pytest.mark.parametrize(
    "written",
    [
        ["\n", Special(TURN_START), "assistant\nA cat.\nYes."],
        ["\n", Special(TURN_START), "assistant \nA cat."],
        ["\nA cat."],
        ["\n"],
    ],
)
def test_what_is_told_token_by_token_is_the_reply(
    tokenizer: Tokenizer, written: list[Special | str]
) -> None:
    ids = tokenizer.encode(written)
    reply = Reply(Question("?", (), len(ids)), tokenizer, 5, 512)
    told = []
    for token in ids:
        reply.take(token)
        told.append(reply.new_text())
    assert "".join(told) == reply.text()


def test_each_reply_is_chosen_its_own_way(tokenizer: Tokenizer) -> None:
    asked = [Question("?"), Question("?", temperature=1.0, seed=1), Question("?")]
    replies = [Reply(question, tokenizer, 5, 512) for question in asked]
    logits = torch.zeros(3, 1000)
    logits[0, 7] = logits[2, 9] = 1.0
    first, drawn, last = chosen(replies, logits)
    assert (first, last) == (7, 9)
    alone = Reply(asked[1], tokenizer, 5, 512)
    assert chosen([alone], logits[1:2]) == [drawn]


def row(own: int, seen: tuple[Seen, ...] = (), shared: int = 0, new_tokens: int = 8) -> Row:
    reply = Reply(Question("?", (), new_tokens), None, own + shared, 10**6)
    return Row(Prompt((1,) * (own + shared), 0, shared), seen, reply)


def lengths(rows: list[Row], token: int = 1) -> list[list[int]]:
    return [[each.prompt.own for each in batch] for batch in batches(rows, token)]


def test_rows_without_pictures_are_ordered_by_length() -> None:
    rows = [row(own) for own in (5, 90, 6, 91)]
    assert lengths(rows) == [[5, 6, 90, 91]]
    many = lengths([row(1 + i * 7 % 33) for i in range(33)])
    assert [len(batch) for batch in many] == [BATCH_ROWS, BATCH_ROWS, 1]
    in_order = [own for batch in many for own in batch]
    assert in_order == sorted(in_order)


def test_questions_about_one_picture_stay_together() -> None:
    one, other = (Seen(torch.zeros(2, 2)),), (Seen(torch.zeros(2, 2)),)
    rows = [row(own, one if i % 2 else other, 3) for i, own in enumerate([4, 20, 30, 5, 9, 6])]
    (batch,) = batches(rows, 1)
    assert [each.seen for each in batch] == [one] * 3 + [other] * 3
    assert [each.prompt.own for each in batch] == [5, 6, 20, 4, 9, 30]


def test_a_batch_takes_no_more_than_its_bound() -> None:
    rows = [row(100, new_tokens=156) for _ in range(10)]
    assert lengths(rows, BATCH_BYTES // (256 * 4)) == [[100] * 4, [100] * 4, [100] * 2]
    assert lengths(rows[:2], BATCH_BYTES) == [[100], [100]], "one row is always answered"


def test_a_token_takes_what_the_shapes_say() -> None:
    assert token_bytes(OMNIVLM_968M.text, torch.bfloat16) == 12_288
    whole = replace(OMNIVLM_968M.text, num_key_value_heads=14)
    assert token_bytes(whole, torch.float32) == 7 * 2 * 12_288


def states(rows: int, tokens: int, start: float) -> torch.Tensor:
    count = rows * 2 * tokens * 4
    return (start + torch.arange(count, dtype=torch.float32)).reshape(rows, 2, tokens, 4)


def test_a_cache_gives_back_all_it_was_given_beyond_its_room() -> None:
    cache = RowCache(1, room=3)
    parts = [states(2, tokens, 100.0 * tokens) for tokens in (2, 5, 1)]
    held = parts[0]
    for part in parts:
        held, values = cache.update(part, -part, 0)
    torch.testing.assert_close(held, torch.cat(parts, dim=2))
    torch.testing.assert_close(values, -held)
    assert cache.get_seq_length() == 8


def test_rows_begin_with_prefixes_of_unlike_length() -> None:
    prefixes = []
    for tokens in (2, 3):
        alone = RowCache(2, room=tokens)
        for layer in range(2):
            alone.update(states(1, tokens, layer), states(1, tokens, 50 + layer), layer)
        prefixes.append(alone.prefix())
        assert prefixes[-1].tokens == tokens
        assert prefixes[-1].size_bytes == 2 * 2 * 2 * tokens * 4 * 4
    cache = RowCache(2, room=6)
    cache.begin(0, 3, 3, prefixes[0])
    cache.begin(2, 3, 3, prefixes[1])
    cache.begin_empty(1, 3)
    new = states(3, 1, 900)
    keys, _ = cache.update(new, new, 1)
    assert keys.shape == (3, 2, 4, 4)
    torch.testing.assert_close(keys[:, :, 3:], new)
    torch.testing.assert_close(keys[0, :, 1:3], states(1, 2, 1)[0])
    torch.testing.assert_close(keys[2, :, :3], states(1, 3, 1)[0])
    assert not keys[0, :, 0].any()
    assert not keys[1, :, :3].any()


def test_the_last_rows_take_the_places_of_those_that_leave() -> None:
    cache = RowCache(1, room=4)
    keys, _ = cache.update(states(3, 2, 0), states(3, 2, 0), 0)
    last = keys[2].clone()
    cache.move([(2, 0)])
    held, _ = cache.update(states(2, 1, 7), states(2, 1, 7), 0)
    torch.testing.assert_close(held[0, :, :2], last)
    assert held.shape == (2, 2, 3, 4)
