"""Pictures told in words: what a language model learns from before it has eyes."""

from __future__ import annotations

from dataclasses import replace

from omnivlm.training.samples import Conversation, Conversations, Turn

_UNTOLD_EVERY = 4


class ToldConversations:
    """The same conversations without pictures: the caption stands before every question.

    The first turn about a picture is its caption. Of every fourth conversation that turn alone is
    left, as it is, so that the model also learns what captions look like.
    """

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def __len__(self) -> int:
        return len(self._conversations)

    def __getitem__(self, index: int, /) -> Conversation:
        conversation = self._conversations[index]
        if not conversation.pictures:
            return conversation
        caption, *others = conversation.turns
        if index % _UNTOLD_EVERY == 0 or not others:
            turns = (caption,)
        else:
            told = (Turn(f"{caption.answer}\n{turn.prompt}", turn.answer) for turn in others)
            turns = tuple(told)
        return replace(conversation, pictures=(), image_keys=(), turns=turns)
