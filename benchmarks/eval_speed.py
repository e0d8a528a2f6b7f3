"""Evaluation by generate() against one question after another, and against the compute floor.

    python benchmarks/eval_speed.py --model tiny --images 112 --questions 18 [--threads 1]
    python benchmarks/eval_speed.py --model 968m --images 1 --questions 18 --alone 2
    python benchmarks/eval_speed.py --model 968m --memory

POPE-shaped work: `--images` pictures, `--questions` short questions about each. generate() is given
16 at a time, as `omnibench eval` gives them. One by one is what a plain harness does: each question
alone, its picture encoded anew; `--alone` of them, spread over the work, are asked that way between
the batches, so that a busy machine disturbs both alike. The floor is the arithmetic alone: distinct
pictures x vision and projector + tokens x language model (omnibench.cost, causal attention), over
the rate of the model's own matrix products, measured in between as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil
import torch
from random_models import Clock, noise, prompt_matrices, random_model, the_clock, verdict

from omnibench.cost import image_operations, see, shape_of, total_flops
from omnibench.cost.text import decode_operations, prefill_operations
from omnibench.hardware import host
from omnivlm.answering import LoadedModel
from omnivlm.questions import Answer, Question

AT_ONCE = 16
OBJECTS = (
    "person", "dining table", "cup", "traffic light", "dog", "sports ball", "chair", "bottle",
    "car", "potted plant", "cell phone", "bench", "truck", "backpack", "knife", "clock",
    "bird", "umbrella",
)  # fmt: skip


@dataclass
class Times:
    """Seconds of batches and questions, and the measured rate of matrix products."""

    batches_s: list[float] = field(default_factory=list)
    alone_s: list[float] = field(default_factory=list)
    gemm_flops_per_s: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=("tiny", "968m"), default="tiny")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--questions", type=int, default=18)
    parser.add_argument("--new-tokens", type=int, default=6, help="`assistant`, newline, yes, end")
    parser.add_argument("--alone", type=int, default=36, help="questions that are asked one by one")
    parser.add_argument("--threads", type=int, help="default: as torch sets it")
    parser.add_argument("--wall", action="store_true", help="the wall clock for one thread too")
    parser.add_argument("--memory", action="store_true", help="only the memory of a bf16 batch")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    cpu = f"{host().cpu}, {os.cpu_count()} processors, {torch.get_num_threads()} threads"
    clock = the_clock(arguments.wall)
    print(f"{cpu}, {clock.name}, {arguments.model}, random weights")
    if arguments.memory:
        _memory(clock, arguments.model, arguments.new_tokens)
        return
    loaded = random_model(arguments.model, torch.float32)
    asked = _questions(arguments.images, arguments.questions, arguments.new_tokens)
    _warm_up(loaded)
    times, together, alone = _measured(clock, loaded, asked, arguments.alone)
    _print_speeds(asked, times, arguments.questions)
    _print_floor(loaded, together, arguments.images, times)
    _print_agreement(together, alone)


def _questions(images: int, each: int, new_tokens: int) -> list[Question]:
    pictures = [noise(i) for i in range(images)]
    return [
        Question(
            f"Is there a {OBJECTS[i % len(OBJECTS)]} in the image?\n"
            "Answer the question using a single word or phrase.",
            (picture,),
            new_tokens,
        )
        for picture in pictures
        for i in range(each)
    ]


def _warm_up(loaded: LoadedModel) -> None:
    question = Question("Is there a cup?", (noise(-1, (64, 64)),), 2)
    list(loaded.stream(question))
    list(loaded.generate([question] * 2))


def _measured(
    clock: Clock, loaded: LoadedModel, asked: Sequence[Question], alone: int
) -> tuple[Times, list[Answer], dict[int, str]]:
    """All questions by generate() and `alone` of them one by one, in turn."""
    times, together, texts = Times(), [], {}
    matrices = prompt_matrices(loaded)
    starts = range(0, len(asked), AT_ONCE)
    singles = [round(i * (len(asked) - 1) / max(1, alone - 1)) for i in range(alone)]
    for start in starts:
        begun = clock.now()
        together += loaded.generate(asked[start : start + AT_ONCE])
        times.batches_s.append(clock.now() - begun)
        for i in [i for i in singles if start <= i < start + AT_ONCE]:
            begun = clock.now()
            texts[i] = "".join(step.text for step in loaded.stream(asked[i]))
            times.alone_s.append(clock.now() - begun)
        if len(times.gemm_flops_per_s) < 5 or start == starts[-1]:
            times.gemm_flops_per_s.append(matrices.flops / clock.seconds(matrices.multiply))
    return times, together, texts


def _print_speeds(asked: Sequence[Question], times: Times, each: int) -> None:
    batched = len(asked) / sum(times.batches_s)
    alone = 1 / statistics.median(times.alone_s)
    spread = max(times.alone_s) / min(times.alone_s)
    bar = {18: 8.0, 6: 4.0}.get(each)
    print(f"generate()     {batched:9.3f} questions/s over {len(asked)} in calls of {AT_ONCE}")
    print(
        f"one by one     {alone:9.3f} questions/s, median of {len(times.alone_s)}"
        f" (slowest over fastest: {spread:.2f})"
    )
    wanted = f" (at least {bar:.0f} wanted: {verdict(batched / alone >= bar)})" if bar else ""
    print(f"faster by      {batched / alone:9.2f} times at {each} questions a picture{wanted}")


def _print_floor(loaded: LoadedModel, answers: Sequence[Answer], images: int, times: Times) -> None:
    flops = _floor_flops(loaded, answers, images)
    rate = statistics.median(times.gemm_flops_per_s)
    floor_s, took_s = flops / rate, sum(times.batches_s)
    print(f"floor          {floor_s:9.2f} s: {flops / 1e9:,.0f} GFLOP at {rate / 1e9:.1f} GFLOP/s")
    within = verdict(took_s / floor_s <= 1.5)
    print(f"over the floor {took_s / floor_s:9.2f} times ({took_s:.2f} s; aim 1.5: {within})")


def _floor_flops(loaded: LoadedModel, answers: Sequence[Answer], images: int) -> int:
    """What must be computed if each picture, its prefix and every token is computed once."""
    shape = shape_of(loaded.config.name)
    text = shape.text
    # The prefix is everything up to the last visual token.
    shared = loaded._prompt(Question("", (noise(0, (8, 8)),))).shared
    logits = 2 * text.vocab * text.hidden

    def read(tokens: int) -> int:
        operations = prefill_operations(
            text, tokens, text_tokens=0, attention="causal", logits="last"
        )
        return total_flops(operations) - logits

    flops = images * (total_flops(image_operations(shape, see(shape, 640, 480))) + read(shared))
    for answer in answers:
        flops += read(answer.tokens_in) - read(shared) + logits
        for position in range(answer.tokens_in, answer.tokens_in + answer.tokens_out - 1):
            flops += total_flops(decode_operations(text, position))
    return flops


def _print_agreement(together: Sequence[Answer], alone: dict[int, str]) -> None:
    same = sum(together[i].text == text for i, text in alone.items())
    distinct = len({answer.text for answer in together})
    print(
        f"the same reply {same:9} of {len(alone)}; {distinct} distinct among"
        f" {len(together)}: {verdict(same == len(alone))}"
    )


def _memory(clock: Clock, model: str, new_tokens: int) -> None:
    """Peak memory of a batch of 16 over the weights, in bfloat16."""
    loaded = random_model(model, torch.bfloat16)
    weights = sum(parameter.nbytes for parameter in loaded.model.parameters())
    process = psutil.Process()
    before = process.memory_info().rss
    _reset_peak()
    asked = _questions(1, AT_ONCE, new_tokens)
    took_s = clock.seconds(lambda: list(loaded.generate(asked)))
    peak = _peak_bytes()
    print(f"weights {weights / 1e9:.3f} GB, resident before {before / 1e9:.3f} GB")
    print(f"peak    {peak / 1e9:.3f} GB while answering {AT_ONCE} in {took_s:.1f} s")
    over = peak - weights
    print(f"over the weights: {over / 1e9:.3f} GB (at most 1.5 wanted: {verdict(over <= 1.5e9)})")


def _reset_peak() -> None:
    """Let the kernel's record of the highest resident memory start anew (Linux)."""
    with open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123 - not a file to be kept
        file.write("5")


def _peak_bytes() -> int:
    with open("/proc/self/status") as file:  # noqa: PTH123
        line = next(line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
