"""A loaded model that answers questions: one phase by phase, or many in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from omnivlm.batching import BATCH_ROWS, Prompt, Row, batches, cache_of, complete, token_bytes
from omnivlm.errors import CheckpointError, QuestionError
from omnivlm.generation import Reply, chosen, next_logits
from omnivlm.keyvalues import RowCache
from omnivlm.model import VisionLanguageModel
from omnivlm.prefix import PrefixMemory
from omnivlm.prompts import IMAGE_PAD, chat
from omnivlm.questions import Answer, Phase, Question, Step
from omnivlm.seen import Seen
from omnivlm.sight import Sight
from omnivlm.tokenizer import Tokenizer

WINDOW_ROWS = 4 * BATCH_ROWS
"""Questions that are put in order together, so that a batch's rows need little padding."""


class LoadedModel:
    """Weights, tokenizer and eyes. origin: what the weights are, in words; sha256: their digest."""

    def __init__(
        self, model: VisionLanguageModel, tokenizer: Tokenizer | None, origin: str, sha256: str
    ) -> None:
        self.model = model
        self.config = model.config
        self.origin = origin
        self.sha256 = sha256
        weight = model.language_model.model.embed_tokens.weight
        self.device, self.dtype = weight.device, weight.dtype
        self._tokenizer = tokenizer
        self._sight = Sight(model, self.device, self.dtype)
        self._prefixes = PrefixMemory(model)

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
        prompt = self._prompt(question)
        inputs = self._sight.inputs(question.images)
        yield self._ended("preprocess")
        pictures: list[Seen] = []
        if inputs:
            features = self._sight.features(inputs)
            yield self._ended("vision")
            pictures = self._sight.seen(features)
            yield self._ended("projector", tokens=sum(len(seen.tokens) for seen in pictures))
        reply = self._reply(question, prompt)
        cache = cache_of(self.model, len(prompt.ids), reply.limit)
        logits = self._read_prompt(prompt, pictures, cache)
        yield self._ended("prefill", tokens=len(prompt.ids))
        reply.take(chosen([reply], logits)[0])
        yield self._ended("first_sample", reply.new_text(), 1)
        while reply.finish is None:
            logits = next_logits(self.model, cache, reply.ids[-1:])
            reply.take(chosen([reply], logits)[0])
            yield self._ended("decode", reply.new_text(), 1)

    def generate(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """Answers in the order of the questions, generated in batches.

        A distinct picture is encoded once while it is within the last `sight.KEPT_BYTES`, and what
        questions about it begin with is read once while it is within the last
        `prefix.PREFIX_BYTES`, over this call and the next ones. Raises QuestionError for a question
        that cannot be answered.
        """
        prompts = [self._prompt(question) for question in questions]
        one_token_bytes = token_bytes(self.config.text, self.dtype)
        for start in range(0, len(questions), WINDOW_ROWS):
            window = range(start, min(start + WINDOW_ROWS, len(questions)))
            seen = self._seen([questions[i] for i in window])
            rows = [
                Row(prompts[i], pictures, self._reply(questions[i], prompts[i]))
                for i, pictures in zip(window, seen, strict=True)
            ]
            for batch in batches(rows, one_token_bytes):
                complete(self.model, batch, self._prefixes)
            yield from (row.reply.answer() for row in rows)

    def _prompt(self, question: Question) -> Prompt:
        """The prompt's token ids. Raises QuestionError for what cannot be asked."""
        if question.max_new_tokens < 1:
            raise QuestionError(
                f"max_new_tokens is {question.max_new_tokens}; it must be 1 or more"
            )
        if not 0 <= question.temperature < float("inf"):
            raise QuestionError(f"temperature is {question.temperature}; it must be 0 or more")
        pad, ids = self._ids(question)
        context_tokens = self.config.text.max_position_embeddings
        if len(ids) >= context_tokens:
            raise QuestionError(
                f"the prompt has {len(ids):,} tokens, {len(question.images)} images included; the"
                f" context of {self.config.name} holds {context_tokens:,}"
            )
        last = max((i for i, token in enumerate(ids) if token == pad), default=-1)
        return Prompt(tuple(ids), pad, min(last + 1, len(ids) - 1))

    def _ids(self, question: Question) -> tuple[int, list[int]]:
        """The image pad token and all ids; the pad is there once for every visual token."""
        visual_tokens = self.config.visual_tokens
        if question.text_tokens is not None:
            if question.text_tokens < 1:
                raise QuestionError(f"text_tokens is {question.text_tokens}; it must be 1 or more")
            seen = [0] * visual_tokens * len(question.images)
            others = self.config.text.vocab_size - 1
            return 0, seen + [1 + i % others for i in range(question.text_tokens)]
        pad = self.tokenizer.special[IMAGE_PAD]
        ids: list[int] = []
        for token in self.tokenizer.encode(
            chat(question.prompt, len(question.images), self.config.model_type)
        ):
            ids += [token] * (visual_tokens if token == pad else 1)
        return pad, ids

    def _reply(self, question: Question, prompt: Prompt) -> Reply:
        tokenizer = self.tokenizer if question.text_tokens is None else None
        context_tokens = self.config.text.max_position_embeddings
        return Reply(question, tokenizer, len(prompt.ids), context_tokens)

    def _seen(self, questions: Sequence[Question]) -> list[tuple[Seen, ...]]:
        """What every question's images become. A shared picture is looked up once."""
        pictures = {id(image): image for question in questions for image in question.images}
        seen = {key: self._sight.remembered(picture) for key, picture in pictures.items()}
        return [tuple(seen[id(image)] for image in question.images) for question in questions]

    @torch.inference_mode()
    def _read_prompt(self, prompt: Prompt, seen: Sequence[Seen], cache: RowCache) -> Tensor:
        """-> the first token's logits (1, V)."""
        ids = torch.tensor(prompt.ids, device=self.device)
        return self.model.read(self.model.embed(ids, prompt.image_pad, seen)[None], cache)

    def _ended(self, phase: Phase, text: str = "", tokens: int = 0) -> Step:
        """The step, once the device has done its work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()
        return Step(phase, text, tokens)
