"""The reference models at their true size: what the pipeline adds, and how fast tokens come.

    python benchmarks/model_speed.py [--threads 1] [--repetitions 3] [--new-tokens 12] [--wall]

Random weights, float32, one picture of 640 x 480 px and 20 synthetic text tokens. What is compared
takes turns, so that a busy machine disturbs both alike, and every ratio is one of neighbours:

- time to the first token: `stream()` (preprocessing included) over the sum of the bare calls of
  tower, projector and language model;
- decoding: what the bare products of a token with every matrix of the language model take (GEMV,
  so many bytes of weights at so many bytes a second), over what a token takes;
- nanoLLaVA's time to the first token over OmniVLM's, beside the same ratio of FLOPs.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Sequence

import torch
from random_models import (
    Clock,
    Matrices,
    decoding_matrices,
    noise,
    random_model,
    spread,
    the_clock,
    verdict,
)
from transformers.cache_utils import DynamicCache

from omnibench.cost import prompt_operations, see, shape_of, total_flops
from omnibench.hardware import host
from omnivlm.answering import LoadedModel
from omnivlm.processing import inputs_of
from omnivlm.questions import Question

TEXT_TOKENS = 20
SIZE_PX = (640, 480)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, help="default: as torch sets it")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--new-tokens", type=int, default=12)
    parser.add_argument("--wall", action="store_true", help="the wall clock for one thread too")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    clock = the_clock(arguments.wall)
    cpu = f"{host().cpu}, {os.cpu_count()} processors, {torch.get_num_threads()} threads"
    print(f"{cpu}, {clock.name}, float32, random weights, medians of {arguments.repetitions}")
    small = random_model("968m", torch.float32)
    large = random_model("nanollava", torch.float32)
    for loaded in (small, large):
        _bare(clock, loaded, 0)
        _first_token_s(clock, loaded, 0)
    _compare_first_tokens(clock, small, large, arguments.repetitions)
    for loaded in (small, large):
        _compare_decoding(clock, loaded, arguments.new_tokens)


def _question(repetition: int, new_tokens: int) -> Question:
    return Question("", (noise(repetition, SIZE_PX),), new_tokens, text_tokens=TEXT_TOKENS)


def _compare_first_tokens(
    clock: Clock, small: LoadedModel, large: LoadedModel, repetitions: int
) -> None:
    pipeline, bare, other = [], [], []
    for i in range(repetitions):
        pipeline.append(_first_token_s(clock, small, i))
        bare.append(_bare(clock, small, i))
        other.append(_first_token_s(clock, large, i))
    ratio = _ratio(pipeline, bare)
    print(f"{small.config.name}: first token after {spread(pipeline)}; bare calls {spread(bare)}")
    print(f"  pipeline over bare calls {ratio:.3f} (at most 1.03 wanted: {verdict(ratio <= 1.03)})")
    flops = [_prompt_flops(each.config.name) for each in (large, small)]
    model, found = flops[0] / flops[1], _ratio(other, pipeline)
    print(f"{large.config.name}: first token after {spread(other)}")
    print(
        f"  over {small.config.name}'s {found:.3f}; FLOPs say {model:.3f},"
        f" {found / model - 1:+.1%} (within 5 % wanted: {verdict(abs(found / model - 1) <= 0.05)})"
    )


def _first_token_s(clock: Clock, loaded: LoadedModel, repetition: int) -> float:
    question = _question(repetition, 1)
    start = clock.now()
    for step in loaded.stream(question):
        if step.phase == "first_sample":
            break
    return clock.now() - start


@torch.inference_mode()
def _bare(clock: Clock, loaded: LoadedModel, repetition: int) -> float:
    """Seconds in tower, projector and language model; nothing else is on the clock."""
    model, config = loaded.model, loaded.config
    pixels = inputs_of(noise(repetition, SIZE_PX), config.vision).pixels
    text = model.language_model.model.embed_tokens(torch.arange(1, 1 + TEXT_TOKENS))
    start = clock.now()
    features = model.see(pixels)
    saw_s = clock.now() - start
    start = clock.now()
    visual = model.project(features)[0]
    projected_s = clock.now() - start
    prompt = torch.cat([visual, text])[None]
    start = clock.now()
    model.language_model(
        inputs_embeds=prompt, past_key_values=DynamicCache(), use_cache=True, logits_to_keep=1
    )
    return saw_s + projected_s + clock.now() - start


def _compare_decoding(clock: Clock, loaded: LoadedModel, new_tokens: int) -> None:
    """Tokens and bare matrix products in turn."""
    matrices = decoding_matrices(loaded)
    matrices.multiply()
    tokens_s, products_s = _taking_turns(clock, loaded, matrices, new_tokens)
    ratio = _ratio(products_s, tokens_s)
    rate = matrices.weight_bytes / statistics.median(products_s)
    print(
        f"{loaded.config.name}: a token in {spread(tokens_s)}, its matrices in"
        f" {spread(products_s)} ({matrices.weight_bytes / 1e9:.3f} GB at {rate / 1e9:.1f} GB/s)"
    )
    print(f"  of the GEMV rate {ratio:.2f} (at least 0.65 wanted: {verdict(ratio >= 0.65)})")


def _taking_turns(
    clock: Clock, loaded: LoadedModel, matrices: Matrices, new_tokens: int
) -> tuple[list[float], list[float]]:
    tokens_s, products_s = [], []
    steps = loaded.stream(_question(0, new_tokens + 2))
    while next(steps).phase != "first_sample":
        pass
    next(steps)  # the first step of decoding warms up
    for _ in range(new_tokens):
        tokens_s.append(clock.seconds(lambda: next(steps)))
        products_s.append(clock.seconds(matrices.multiply))
    return tokens_s, products_s


def _prompt_flops(name: str) -> int:
    shape = shape_of(name)
    return total_flops(prompt_operations(shape, see(shape, *SIZE_PX), TEXT_TOKENS))


def _ratio(left: Sequence[float], right: Sequence[float]) -> float:
    """The median of the ratios of neighbours."""
    return statistics.median(a / b for a, b in zip(left, right, strict=True))


if __name__ == "__main__":
    main()
