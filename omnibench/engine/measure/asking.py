"""Requests on the clock, inside the model's process: what happens between two stamps is the model.

Within decoding only a number is appended a token. Memory is read, and the engine told, between the
phases before it, outside of their stamps. Decoding begins where the first token came, so that
nothing but a line to the engine lies there.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from omnibench.core import (
    Backend,
    Decoding,
    MeterReading,
    PerfCase,
    Request,
    Step,
    Unavailable,
)
from omnibench.engine.measure.messages import Answered, Ask, Ended, Hold, Ran, Reply, Stamp, stamp
from omnibench.engine.measure.pictures import HeldPicture, drawn_picture
from omnibench.meters.counters import now
from omnibench.meters.memory import Memory

Say = Callable[[Reply], None]


class PhaseMemory:
    """Memory of this process at the end of a phase, its peak that of the phase alone."""

    def __init__(self, memory: Memory | Unavailable) -> None:
        self._memory = memory
        self._peak_lost: Unavailable | None = None

    def begin(self) -> None:
        """Let the peak begin at what is resident now."""
        if isinstance(self._memory, Memory):
            self._peak_lost = self._memory.reset_peak()

    def read(self) -> MeterReading:
        """What is resident now, and the peak; or why that cannot be told."""
        if isinstance(self._memory, Unavailable):
            lost = dict.fromkeys(Memory(Path()).quantities, self._memory)
            return MeterReading(*now(), {}, lost=lost)
        reading = self._memory.read()
        if self._peak_lost is None:
            return reading
        lost = {**reading.lost, "peak_rss_bytes": self._peak_lost}
        return msgspec.structs.replace(reading, lost=lost)


def answer(backend: Backend, ask: Ask, memory: PhaseMemory, say: Say) -> None:
    """Ask once; say each phase as it ends, then when each token came."""
    picture = _picture(ask.case, ask.picture)
    steps = backend.stream(request_of(ask.case, ask.picture, ask.new_tokens, picture))
    token_times_ns: list[int] = []
    with _undisturbed():
        memory.begin()
        began = start = stamp()
        for step in steps:
            now_ns = time.perf_counter_ns()
            if step.phase == "decode":
                token_times_ns.append(now_ns)
                continue
            ended = _at(now_ns)
            if step.phase == "first_sample":
                token_times_ns.append(now_ns)
                say(Ended(step.phase, began, ended, step.tokens))
                began = ended
            else:
                say(Ended(step.phase, began, ended, step.tokens, memory.read()))
                memory.begin()
                began = stamp()
        decoded = len(token_times_ns) - 1
        if decoded > 0:
            ended = _at(token_times_ns[-1])
            say(Ended("decode", began, ended, decoded, memory.read()))
    say(Answered(start, tuple(token_times_ns), picture.decode_ns))


class Held:
    """Requests that stand between two of their steps."""

    def __init__(self, backend: Backend, hold: Hold) -> None:
        self._take = hold.take
        self._streams: list[Iterator[Step]] = []
        for seed in hold.pictures:
            picture = _picture(hold.case, seed)
            request = request_of(hold.case, seed, hold.case.new_tokens, picture)
            stream = backend.stream(request)
            for _ in islice(stream, hold.skip):
                pass
            self._streams.append(stream)

    def run(self) -> Ran:
        """Take each on, one after the other; what has ended is let go."""
        with _undisturbed():
            began = stamp()
            while self._streams:
                for _ in islice(self._streams.pop(0), self._take):
                    pass
            return Ran(began, stamp())


def request_of(case: PerfCase, seed: int, new_tokens: int, picture: HeldPicture) -> Request:
    """What is asked: a case about one picture, for a reply of exactly so many tokens."""
    return Request(
        task=case.name,
        id=str(seed),
        prompt=case.prompt,
        images=(picture,),
        decoding=Decoding(new_tokens),
        text_tokens=case.text_tokens,
        whole_length=True,
    )


def _picture(case: PerfCase, seed: int) -> HeldPicture:
    return drawn_picture(seed, case.width_px, case.height_px)


def _at(time_ns: int) -> Stamp:
    """The stamp of a moment that has just been."""
    return Stamp(time_ns, time.time_ns(), time.process_time_ns())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No garbage collection within: it would fall into some phases and not into others."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
