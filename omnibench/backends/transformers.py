"""Any image-text-to-text checkpoint by transformers' own classes: `hf:...` and the comparators."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from omnibench.backends.checkpoints import Loaded, in_short, load
from omnibench.backends.choosing import Chooser, Draws
from omnibench.backends.finding import Checkpoint, find
from omnibench.core import Finish, ModelCard, Phase, Reply, Request, Step
from omnibench.errors import OmnibenchError
from omnivlm.comparators import COMPARATORS

SAME_SIZE = 0.01
"""How far a checkpoint's parameters may be from its namesake's: a few rows of vocabulary."""


_HALF_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests as tensors. inputs: what the model takes; tokens_in: of each row."""

    inputs: dict[str, Tensor]
    tokens_in: list[int]

    @property
    def width(self) -> int:
        """The tokens of the longest row."""
        return int(self.inputs["input_ids"].shape[1])


class TransformersBackend:
    """A loaded checkpoint. Greedy is plain: no penalty that the checkpoint suggests is applied."""

    def __init__(self, checkpoint: Checkpoint, loaded: Loaded) -> None:
        model, tokenizer = loaded.model, loaded.processor.tokenizer
        unused = f" (of it unused: {in_short(loaded.unused)})" if loaded.unused else ""
        self.card = ModelCard(
            name=checkpoint.name,
            params=sum(parameter.numel() for parameter in model.parameters()),
            weights=f"{checkpoint.origin}{unused}",
            weights_sha256=loaded.sha256,
            dtype=str(model.dtype).removeprefix("torch."),
        )
        self._processor: Any = loaded.processor
        self._ends = _ends(model, tokenizer)
        pad = tokenizer.pad_token_id
        # The checkpoint's own would bring its sampling and penalties in again.
        configured: Any = GenerationConfig
        model.generation_config = configured(
            do_sample=False,
            eos_token_id=sorted(self._ends),
            pad_token_id=min(self._ends) if pad is None else pad,
        )
        text = model.config.get_text_config()
        self._context_tokens: int | None = getattr(text, "max_position_embeddings", None)
        self._model: Any = model

    def stream(self, request: Request) -> Iterator[Step]:
        """One answer, phase by phase, then token by token.

        `vision` covers tower and projector, which transformers runs as one. A model without
        `get_image_features` has no such step: its `prefill` then covers the tower as well.
        """
        model = self._loaded()
        if model.config.is_encoder_decoder:
            raise OmnibenchError(f"{self.card.name} has an encoder for text: it cannot be streamed")
        asked = self._asked([request])
        if request.text_tokens is not None:
            asked = self._of_length(asked, request.text_tokens)
        yield self._ended("preprocess")
        features = self._features(asked)
        if features is not None:
            yield self._ended("vision")
        chooser, limit = Chooser(request), self._limit(request, asked.tokens_in[0])
        out = self._prefill(asked, features)
        yield self._ended("prefill", tokens=asked.tokens_in[0])
        phase: Phase = "first_sample"
        ids, told = [chooser(out.logits[0, -1])], ""
        while True:
            stopped = ids[-1] in self._ends and not request.whole_length
            ended = stopped or len(ids) >= limit
            text = self._text(ids).lstrip()
            if not ended:
                text = text.removesuffix(_HALF_A_CHARACTER)
            yield self._ended(phase, text.removeprefix(told), 1)
            if ended:
                return
            told, phase = text, "decode"
            out = self._next(ids[-1], out.past_key_values)
            ids.append(chooser(out.logits[0, -1]))

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """Answers in order, generated as one batch, padded on the left."""
        if not requests:
            return
        model, asked = self._loaded(), self._asked(requests)
        limits = [
            self._limit(request, tokens)
            for request, tokens in zip(requests, asked.tokens_in, strict=True)
        ]
        draws = any(request.decoding.temperature > 0 for request in requests)
        out = model.generate(
            **asked.inputs,
            max_new_tokens=max(limits),
            logits_processor=[Draws(requests)] if draws else None,
        )
        start = 0 if model.config.is_encoder_decoder else asked.width
        for row, tokens_in, limit in zip(out.tolist(), asked.tokens_in, limits, strict=True):
            ids = row[start:][:limit]
            end = next((i for i, token in enumerate(ids) if token in self._ends), None)
            finish: Finish = "length" if end is None else "stop"
            ids = ids if end is None else ids[: end + 1]
            yield Reply(self._text(ids).strip(), tokens_in, len(ids), finish)

    def close(self) -> None:
        """Let the weights go."""
        self._model = None

    def _loaded(self) -> Any:
        if self._model is None:
            raise OmnibenchError(f"{self.card.name} is closed; open it again")
        return self._model

    def _asked(self, requests: Sequence[Request]) -> _Asked:
        """Opens the images, in the order of each request, and puts them before its prompt."""
        images = [[image.open() for image in request.images] for request in requests]
        texts = [
            self._processor.apply_chat_template(
                [{"role": "user", "content": [*[{"type": "image"}] * len(seen), _said(request)]}],
                add_generation_prompt=True,
                tokenize=False,
            )
            for request, seen in zip(requests, images, strict=True)
        ]
        start = self._processor.tokenizer.bos_token
        made = self._processor(
            text=texts,
            images=images if any(images) else None,
            padding=True,
            return_tensors="pt",
            add_special_tokens=not (start and texts[0].startswith(start)),
        )
        model = self._loaded()
        inputs = {
            key: value.to(model.device, model.dtype if value.is_floating_point() else None)
            for key, value in made.items()
        }
        asked = _Asked(inputs, inputs["attention_mask"].sum(dim=1).tolist())
        for request, tokens in zip(requests, asked.tokens_in, strict=True):
            if self._context_tokens is not None and tokens >= self._context_tokens:
                raise OmnibenchError(
                    f"the prompt of {request.id} has {tokens:,} tokens, {len(request.images)}"
                    f" images included; {self.card.name} holds {self._context_tokens:,}"
                )
        return asked

    def _of_length(self, asked: _Asked, text_tokens: int) -> _Asked:
        """One row with exactly so many tokens that are no picture's, for measuring speed.

        Those nearest to the pictures stay (their marks among them), or the last one is repeated.
        """
        config, ids = self._loaded().config, asked.inputs["input_ids"]
        places = torch.arange(asked.width)
        pictured = ids[0].cpu().eq(getattr(config, "image_token_id", -1))
        seen, text = places[pictured], places[~pictured]
        if text_tokens < len(text):
            around = seen if len(seen) else places[-1:]
            distances = (text[:, None] - around[None]).abs().amin(dim=1)
            text = text[distances.argsort(stable=True)[:text_tokens]]
        last = text.max().expand(text_tokens - len(text))
        kept = torch.cat([seen, text, last]).sort().values.to(ids.device)
        inputs = {
            key: value[:, kept] if value.shape == ids.shape else value
            for key, value in asked.inputs.items()
        }
        return _Asked(inputs, [len(kept)])

    def _limit(self, request: Request, tokens_in: int) -> int:
        """How many tokens the reply may have."""
        wanted = request.decoding.max_new_tokens
        return wanted if self._context_tokens is None else min(
            wanted, self._context_tokens - tokens_in
        )  # fmt: skip

    @torch.inference_mode()
    def _features(self, asked: _Asked) -> Any:
        """What the tower and the projector make of the images; None where they cannot be asked."""
        see = getattr(self._seeing(), "get_image_features", None)
        if see is None or "pixel_values" not in asked.inputs:
            return None
        taken = inspect.signature(see).parameters
        return see(**{key: asked.inputs[key] for key in asked.inputs if key in taken})

    @torch.inference_mode()
    def _prefill(self, asked: _Asked, features: Any) -> Any:
        """The first pass over the prompt, with what has been seen in place of a second look."""
        seeing = self._seeing()
        if hasattr(seeing, "rope_deltas"):
            # Else a prompt without images is decoded at the positions of the last one with them.
            seeing.rope_deltas = None
        if features is not None:
            seeing.get_image_features = lambda *_, **__: features
        model = self._loaded()
        # As in `generate`: the last position alone decides the first token.
        taken = inspect.signature(model.forward).parameters
        last = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}
        try:
            return model(**asked.inputs, use_cache=True, **last)
        finally:
            if features is not None:
                del seeing.get_image_features

    @torch.inference_mode()
    def _next(self, token: int, cache: Any) -> Any:
        """One decoding step of one row: nothing is padded, so no mask is needed."""
        model = self._loaded()
        ids = torch.tensor([[token]], device=model.device)
        return model(input_ids=ids, past_key_values=cache, use_cache=True)

    def _seeing(self) -> Any:
        """The module whose forward asks for the features of images."""
        model = self._loaded()
        return getattr(model, "model", model)

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self._processor.tokenizer.decode(
            [token for token in ids if token not in self._ends],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return text

    def _ended(self, phase: Phase, text: str = "", tokens: int = 0) -> Step:
        """The step, once the device has done its work."""
        device = self._loaded().device
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()
        return Step(phase, text, tokens)


def open_backend(
    name: str, *, weights: str | None, device: str, dtype: str | None
) -> TransformersBackend:
    """A comparator with pulled weights or those of a folder, or `hf:PATH_OR_ID[@REVISION]`."""
    checkpoint = find(name, weights)
    backend = TransformersBackend(checkpoint, load(checkpoint.folder, dtype or "float32", device))
    named, params = COMPARATORS.get(name), backend.card.params or 0
    if named is not None and abs(params / named.params - 1) > SAME_SIZE:
        raise OmnibenchError(
            f"{checkpoint.folder} holds {params:,} parameters and {name} has {named.params:,};"
            f" ask for it as hf:{checkpoint.folder}"
        )
    return backend


def _said(request: Request) -> dict[str, str]:
    return {"type": "text", "text": request.prompt}


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every token that ends a reply, as the checkpoint's parts name them."""
    ends: set[int] = set()
    for named in (model.generation_config.eos_token_id, tokenizer.eos_token_id):
        ends |= {named} if isinstance(named, int) else set(named or ())
    if not ends:
        raise OmnibenchError("the checkpoint names no token that ends a reply")
    return frozenset(ends)
