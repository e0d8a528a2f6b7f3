"""Pictures told in words: what a language model learns from before it has eyes."""

from __future__ import annotations

from dataclasses import replace

from omnivlm.training.samples import Conversation, Conversations, Turn


class ToldConversations:
    """The same conversations without pictures: the caption stands before every question.

    The first turn about a picture is its caption; that turn itself stays as it is, so that the
    model also learns what captions look like.
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
        told = (Turn(f"{caption.answer}\n{turn.prompt}", turn.answer) for turn in others)
        return replace(conversation, pictures=(), image_keys=(), turns=(*told, caption))
