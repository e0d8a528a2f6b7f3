"""What measuring costs: decoding on the clock beside decoding that nobody watches.

    python benchmarks/measure_overhead.py [--model M] [--threads 1] [--pairs 5] [--tokens 16]

Random weights, one process. In turns (A B B A): a request as the engine's child process takes it
(a number kept a token; memory and a line to the engine between phases, into a pipe that nobody
reads meanwhile), and the same request run dry. Ratios are medians of ratios of neighbours, by this
process's CPU time, which others' work does not lengthen, and by the wall clock. Then what the parts
cost by themselves.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import msgspec

from omnibench.core import Backend, PerfCase
from omnibench.engine.measure.asking import PhaseMemory, answer, request_of
from omnibench.engine.measure.messages import Answered, Ask, Ended, Reply, stamp
from omnibench.engine.measure.pictures import drawn_picture
from omnibench.engine.measure.spread import median_interval
from omnibench.loading import open_for_speed
from omnibench.meters import memory

Taken = tuple[float, float, float]
"""Seconds of a request: CPU time to the first token, CPU time of decoding, wall clock in all."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="omnivlm-968m")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=16)
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(arguments.threads)
    backend = open_for_speed(arguments.model, weights="random", device="cpu", dtype="float32")
    case = PerfCase("overhead", 640, 480, arguments.tokens, "", 20)
    for arm in (watched, unwatched):
        arm(backend, case, 0)
    taken: dict[str, list[Taken]] = {"watched": [], "unwatched": []}
    for pair in range(1, arguments.pairs + 1):
        arms = (watched, unwatched) if pair % 2 else (unwatched, watched)
        for arm in arms:
            taken[arm.__name__].append(arm(backend, case, pair))
    print(f"{arguments.model}, {arguments.pairs} pairs, {arguments.tokens} tokens:")
    for place, what in enumerate(("first token, CPU time", "decoding, CPU time", "request, wall")):
        ratios = [
            one[place] / other[place]
            for one, other in zip(taken["watched"], taken["unwatched"], strict=True)
        ]
        seconds = statistics.median(one[place] for one in taken["unwatched"])
        low, high = median_interval(ratios) or (min(ratios), max(ratios))
        print(f"  {what}: {seconds:.3f} s; watched over unwatched"
              f" {statistics.median(ratios):.4f} (95 % {low:.4f} to {high:.4f})")  # fmt: skip
    parts(taken["unwatched"], arguments.tokens)


def watched(backend: Backend, case: PerfCase, picture: int) -> Taken:
    """As the engine's child process takes it."""
    reader, writer = os.pipe()
    encoder = msgspec.json.Encoder()
    ended: list[Ended] = []
    whole: list[Answered] = []

    def say(reply: Reply) -> None:
        if isinstance(reply, Ended):
            ended.append(reply)
            os.write(writer, encoder.encode(reply) + b"\n")
        elif isinstance(reply, Answered):
            whole.append(reply)

    answer(backend, Ask(case, picture, case.new_tokens), PhaseMemory(memory.find()), say)
    os.close(reader)
    os.close(writer)
    first, last = ended[-2].ended, ended[-1].ended
    began = whole[0].began
    return (
        (first.cpu_ns - began.cpu_ns) / 1e9,
        (last.cpu_ns - first.cpu_ns) / 1e9,
        (last.time_ns - began.time_ns) / 1e9,
    )


def unwatched(backend: Backend, case: PerfCase, picture: int) -> Taken:
    """The same request, with two looks at the clock in all and no more."""
    held = drawn_picture(picture, case.width_px, case.height_px)
    steps = backend.stream(request_of(case, picture, case.new_tokens, held))
    began = first = stamp()
    for step in steps:
        if step.phase == "first_sample":
            first = stamp()
    last = stamp()
    return (
        (first.cpu_ns - began.cpu_ns) / 1e9,
        (last.cpu_ns - first.cpu_ns) / 1e9,
        (last.time_ns - began.time_ns) / 1e9,
    )


def parts(unwatched_s: list[Taken], tokens: int) -> None:
    """What the engine does between two steps, timed by itself."""
    kept: list[int] = []
    of_process = memory.find()
    phase = PhaseMemory(of_process)
    encoder = msgspec.json.Encoder()
    ended = Ended("prefill", stamp(), stamp(), 101, phase.read())
    step_s = statistics.median(one[1] for one in unwatched_s) / (tokens - 1)
    token_s = _each_s(lambda: kept.append(time.perf_counter_ns()), 100_000)
    print(f"  a token's mark: {token_s * 1e6:.2f} us, {token_s / step_s:.4%} of a step"
          f" of {step_s * 1e3:.2f} ms")  # fmt: skip
    print(f"  a phase's end: stamps {_each_s(stamp, 10_000) * 1e6:.1f} us, memory"
          f" {_each_s(phase.read, 1000) * 1e6:.0f} us, its peak reset"
          f" {_each_s(phase.begin, 1000) * 1e6:.0f} us, the line"
          f" {_each_s(lambda: encoder.encode(ended), 1000) * 1e6:.1f} us")  # fmt: skip


def _each_s(work: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


if __name__ == "__main__":
    main()
