"""A model's own process: reads commands, a line each, and answers them until its input ends.

`python -m omnibench.engine.measure.child BELL`; BELL is the number of the open file into which a
byte goes when a command has been carried out. The number of threads is set in the environment
before this starts, since torch's first operation fixes it. Whatever libraries print goes to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

import msgspec

from omnibench.core import Backend
from omnibench.engine.measure.asking import Held, PhaseMemory, answer
from omnibench.engine.measure.messages import (
    Ask,
    Command,
    Ended,
    Failed,
    Go,
    Hold,
    Open,
    Opened,
    Reply,
    stamp,
)
from omnibench.engine.measure.messages import Held as HeldReply
from omnibench.errors import ImageError, OmnibenchError
from omnibench.loading import import_runtime, open_for_speed
from omnibench.meters import memory as memory_meter


class Server:
    """Carries out one command after another. An error that is the user's is said; others end it."""

    def __init__(self, say: Callable[[Reply], None]) -> None:
        self._say = say
        self._memory = PhaseMemory(memory_meter.find())
        self._backend: Backend | None = None
        self._held: Held | None = None

    def serve(self, lines: Iterable[bytes]) -> None:
        """Until there are no more lines."""
        decoder = msgspec.json.Decoder(Command)
        for line in lines:
            try:
                self._carry_out(decoder.decode(line))
            except (OmnibenchError, ImageError) as error:
                self._say(Failed(str(error)))

    def _carry_out(self, command: Command) -> None:
        match command:
            case Open():
                self._open(command)
            case Ask():
                answer(self._loaded(), command, self._memory, self._say)
            case Hold():
                self._held = Held(self._loaded(), command)
                self._say(HeldReply())
            case Go():
                held, self._held = self._held, None
                if held is None:
                    raise OmnibenchError("nothing is held")
                self._say(held.run())

    def _open(self, command: Open) -> None:
        import_runtime(command.model)
        began = stamp()
        self._backend = open_for_speed(
            command.model, weights=command.weights, device=command.device, dtype=command.dtype
        )
        ended, threads = stamp(), _torch_threads()
        if threads not in (None, command.threads):
            raise OmnibenchError(
                f"torch computes with {threads} threads here, not with {command.threads}"
            )
        self._say(Opened(self._backend.card, began, ended, self._memory.read(), threads))

    def _loaded(self) -> Backend:
        if self._backend is None:
            raise OmnibenchError("no model has been loaded")
        return self._backend


def main() -> None:
    """Serve this process's standard input."""
    bell, told = int(sys.argv[1]), os.dup(1)
    os.dup2(2, 1)
    encoder = msgspec.json.Encoder()

    def say(reply: Reply) -> None:
        if not isinstance(reply, Ended):
            os.write(bell, b"!")  # before the line, which may be longer than an unread pipe holds
        _write(told, encoder.encode(reply) + b"\n")

    Server(say).serve(sys.stdin.buffer)


def _write(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]


def _torch_threads() -> int | None:
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())


if __name__ == "__main__":
    main()
