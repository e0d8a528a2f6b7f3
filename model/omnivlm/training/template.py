"""A conversation's turns as token ids, exactly as `omnivlm` asks them and ends its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from omnivlm.config import ModelConfig
from omnivlm.prompts import IMAGE_PAD, TURN_END, TURN_START, Part, Special, chat
from omnivlm.tokenizer import Tokenizer
from omnivlm.training.merged import IGNORED, Merged, merged
from omnivlm.training.samples import Turn


@dataclass(frozen=True, slots=True)
class Template:
    """How a model's questions and answers are spelled."""

    config: ModelConfig
    tokenizer: Tokenizer

    @property
    def image_pad(self) -> int:
        """The id that stands in a visual token's place."""
        return self.tokenizer.special[IMAGE_PAD]

    def question(self, prompt: str, images: int) -> list[int]:
        """As `LoadedModel` reads it: the pad once for every visual token."""
        ids: list[int] = []
        for token in self.tokenizer.encode(chat(prompt, images, self.config.model_type)):
            ids += [token] * (self.config.visual_tokens if token == self.image_pad else 1)
        return ids

    def answer(self, text: str) -> list[int]:
        """What the model writes: OmniVLM begins with the assistant's header, all end the turn."""
        return self.tokenizer.encode([*self._header(), text, Special(TURN_END)])

    def targets(self, turn: Turn) -> list[int]:
        """The answer's tokens, those that are not learned as `IGNORED`."""
        if turn.learned is None:
            return self.answer(turn.answer)
        ids = [IGNORED] * len(self.tokenizer.encode(self._header()))
        done = 0
        for start, stop in turn.learned:
            ids += [IGNORED] * len(self.tokenizer.encode([turn.answer[done:start]]))
            ids += self.tokenizer.encode([turn.answer[start:stop]])
            done = stop
        return ids + [IGNORED] * len(self.tokenizer.encode([turn.answer[done:], Special(TURN_END)]))

    def _header(self) -> list[Part]:
        omnivlm = self.config.model_type == "omnivlm"
        return ["\n", Special(TURN_START), "assistant\n"] if omnivlm else []

    def merged(self, turns: Sequence[Turn], images: int, most_tokens: int) -> Merged:
        """The turns as one sequence; those that do not fit any more are left out, but for one."""
        questions = [self.question(turn.prompt, images) for turn in turns]
        answers = [self.answer(turn.answer) for turn in turns]
        targets = [self.targets(turn) for turn in turns]
        kept = len(turns)
        while True:
            sequence = merged(questions[:kept], answers[:kept], targets[:kept])
            if len(sequence) <= most_tokens or kept == 1:
                return sequence
            kept -= 1
