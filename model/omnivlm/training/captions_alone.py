"""Conversations of which the caption alone is left."""

from __future__ import annotations

from dataclasses import replace

from omnivlm.training.samples import Conversation, Conversations


class CaptionsAlone:
    """The first turn of every conversation: a picture's caption. What a projector begins with."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def __len__(self) -> int:
        return len(self._conversations)

    def __getitem__(self, index: int, /) -> Conversation:
        conversation = self._conversations[index]
        return replace(conversation, turns=conversation.turns[:1])
