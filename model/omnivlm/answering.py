"""A loaded model that answers questions: one phase by phase, or many in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from omnivlm.errors import CheckpointError, QuestionError
from omnivlm.generation import Reply, complete, next_logits
from omnivlm.model import OmniVLM
from omnivlm.processing import Pixels, resized
from omnivlm.prompts import IMAGE_PAD, chat
from omnivlm.questions import Answer, Phase, Question, Step
from omnivlm.sight import Sight
from omnivlm.tokenizer import Tokenizer

BATCH_ROWS = 16
WINDOW_ROWS = 4 * BATCH_ROWS
"""Questions that are sorted by length together, so that a batch's rows need little padding."""


class LoadedModel:
    """Weights, tokenizer and eyes. origin: what the weights are, in words; sha256: their digest."""

    def __init__(
        self, model: OmniVLM, tokenizer: Tokenizer | None, origin: str, sha256: str
    ) -> None:
        self.model = model
        self.config = model.config
        self.origin = origin
        self.sha256 = sha256
        weight = model.language_model.model.embed_tokens.weight
        self.device, self.dtype = weight.device, weight.dtype
        self._tokenizer = tokenizer
        self._sight = Sight(model, self.device, self.dtype)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises CheckpointError where the weights came without one."""
        if self._tokenizer is None:
            raise CheckpointError(
                f"no tokenizer.json with the weights ({self.origin}): no text can be read"
            )
        return self._tokenizer

    def stream(self, question: Question) -> Iterator[Step]:
        """One answer: a step as each phase ends, then one for every token.

        Nothing is taken from memory, so that a phase's time is the phase's whole work. A question
        without images has no vision and no projector phase.
        """
        ids = self._prompt_ids(question)
        size_px = self.config.vision.image_size
        inputs = self._sight.placed([resized(image, size_px) for image in question.images])
        yield self._ended("preprocess")
        visual: list[Tensor] = []
        if inputs:
            features = self._sight.features(inputs)
            yield self._ended("vision")
            visual = self._sight.tokens(features)
            yield self._ended("projector", tokens=sum(map(len, visual)))
        cache = DynamicCache()
        logits = self._read_prompt(ids, visual, cache)
        yield self._ended("prefill", tokens=len(ids))
        reply = self._reply(question, ids)
        reply.take(reply.choose(logits[0]))
        yield self._ended("first_sample", reply.new_text(), 1)
        while reply.finish is None:
            logits = next_logits(self.model, cache, reply.ids[-1:])
            reply.take(reply.choose(logits[0]))
            yield self._ended("decode", reply.new_text(), 1)

    def generate(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """Answers in the order of the questions, generated in batches of like length.

        A distinct picture is encoded once while it is among the last `sight.KEPT_PICTURES`.
        Raises QuestionError for a question that cannot be answered.
        """
        prompts = [self._prompt_ids(question) for question in questions]
        for start in range(0, len(questions), WINDOW_ROWS):
            window = range(start, min(start + WINDOW_ROWS, len(questions)))
            visual = self._visual([questions[i] for i in window])
            answers: dict[int, Answer] = {}
            by_length = sorted(window, key=lambda i: len(prompts[i]))
            for first in range(0, len(by_length), BATCH_ROWS):
                batch = by_length[first : first + BATCH_ROWS]
                rows = [self._embedded(prompts[i], visual[i - start]) for i in batch]
                replies = [self._reply(questions[i], prompts[i]) for i in batch]
                complete(self.model, rows, replies)
                answers |= {i: reply.answer() for i, reply in zip(batch, replies, strict=True)}
            yield from (answers[i] for i in window)

    def _prompt_ids(self, question: Question) -> list[int]:
        """The template's token ids, each image's pad token repeated once for every visual token."""
        if question.max_new_tokens < 1:
            raise QuestionError(
                f"max_new_tokens is {question.max_new_tokens}; it must be 1 or more"
            )
        if not 0 <= question.temperature < float("inf"):
            raise QuestionError(f"temperature is {question.temperature}; it must be 0 or more")
        pad = self.tokenizer.special[IMAGE_PAD]
        ids: list[int] = []
        for token in self.tokenizer.encode(chat(question.prompt, len(question.images))):
            ids += [token] * (self.config.projector.visual_tokens if token == pad else 1)
        context_tokens = self.config.text.max_position_embeddings
        if len(ids) >= context_tokens:
            raise QuestionError(
                f"the prompt has {len(ids):,} tokens, {len(question.images)} images included; the"
                f" context of {self.config.name} holds {context_tokens:,}"
            )
        return ids

    def _reply(self, question: Question, ids: Sequence[int]) -> Reply:
        return Reply(question, self.tokenizer, len(ids), self.config.text.max_position_embeddings)

    def _visual(self, questions: Sequence[Question]) -> list[list[Tensor]]:
        """The visual tokens of every question's images. A shared picture is resized once."""
        size_px = self.config.vision.image_size
        pictures: dict[int, Pixels] = {}
        for question in questions:
            for image in question.images:
                if id(image) not in pictures:
                    pictures[id(image)] = resized(image, size_px)
        tokens = {key: self._sight.remembered(picture) for key, picture in pictures.items()}
        return [[tokens[id(image)] for image in question.images] for question in questions]

    @torch.inference_mode()
    def _embedded(self, ids: Sequence[int], visual: Sequence[Tensor]) -> Tensor:
        """Prompt ids (T) and visual tokens (N, W) an image -> embeddings (T, W)."""
        pad = self.tokenizer.special[IMAGE_PAD]
        placed = torch.tensor(ids, device=self.device)
        return self.model.embed(placed, pad, torch.stack(list(visual)) if visual else None)

    @torch.inference_mode()
    def _read_prompt(
        self, ids: Sequence[int], visual: Sequence[Tensor], cache: DynamicCache
    ) -> Tensor:
        return self.model.read(self._embedded(ids, visual)[None], cache)

    def _ended(self, phase: Phase, text: str = "", tokens: int = 0) -> Step:
        """The step, once the device has done its work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()
        return Step(phase, text, tokens)
