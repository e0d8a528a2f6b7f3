"""Conversations with less in them: captions alone, and pictures told in words."""

from __future__ import annotations

from dataclasses import replace

from omnivlm.training.samples import Conversation, Conversations, Turn


class CaptionsAlone:
    """The first turn of every conversation: a picture's caption. What a projector begins with."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def __len__(self) -> int:
        return len(self._conversations)

    def __getitem__(self, index: int, /) -> Conversation:
        conversation = self._conversations[index]
        return replace(conversation, turns=conversation.turns[:1])


_UNTOLD_EVERY = 4


class ToldConversations:
    """Conversations without pictures: the caption stands before every question.

    So a language model learns to answer from what it reads before it has eyes.

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
            told = [caption]
        else:
            told = [Turn(f"{caption.answer}\n{turn.prompt}", turn.answer) for turn in others]
        return replace(conversation, pictures=(), image_keys=(), turns=tuple(told))
