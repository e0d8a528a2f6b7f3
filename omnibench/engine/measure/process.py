"""A model's process as the engine sees it: commands go in, replies come out, and it may die."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping

import msgspec

from omnibench.engine.measure.messages import Command, Ended, Reply

CHUNK_BYTES = 65_536
MODULE = "omnibench.engine.measure.child"


class ProcessEnded(Exception):
    """The process is no more; the message says how it ended. said: what it said before."""

    def __init__(self, message: str, said: list[Reply]) -> None:
        super().__init__(message)
        self.said = said


class ModelProcess:
    """One model in a fresh process. It shares no memory and no thread with the engine.

    The engine sleeps until a bell rings, which the process does once for each command, when it has
    been carried out: what is said during a request wakes nobody. The process is in a group of its
    own, so that Ctrl-C reaches the engine alone, which then ends it.
    """

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._bell, bell = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(bell)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                pass_fds=(bell,),
                process_group=0,
                env={**os.environ, **_environment(threads)},
            )
        finally:
            os.close(bell)
        self._decoder = msgspec.json.Decoder(Reply)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, command: Command) -> None:
        """Give it something to do. Raises ProcessEnded."""
        line = msgspec.json.encode(command) + b"\n"
        assert self._process.stdin is not None
        try:
            while line:
                line = line[self._process.stdin.write(line) or 0 :]
        except BrokenPipeError:
            raise self._ended([]) from None

    def receive(self, wait_s: float | None = None) -> list[Reply] | None:
        """All that it says to one command; sleeps until that has been carried out.

        None: not yet, after `wait_s`. Raises ProcessEnded.
        """
        if wait_s is not None and not select.select([self._bell], [], [], wait_s)[0]:
            return None
        rang = bool(os.read(self._bell, 1))
        said = self._said(to_the_end=not rang)
        if not said or isinstance(said[-1], Ended):
            raise self._ended(said)
        return said

    def close(self) -> None:
        """End it, whatever it does: nothing in it needs to be saved."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        os.close(self._bell)
        self._errors.close()

    def _said(self, *, to_the_end: bool) -> list[Reply]:
        """What lies in the pipe: up to the last line of an answer, or up to the end of the pipe."""
        assert self._process.stdout is not None
        said: list[Reply] = []
        unread = b""
        while to_the_end or not said or isinstance(said[-1], Ended):
            chunk = os.read(self._process.stdout.fileno(), CHUNK_BYTES)
            if not chunk:
                break
            *lines, unread = (unread + chunk).split(b"\n")
            said += [self._decoder.decode(line) for line in lines]
        return said

    def _ended(self, said: list[Reply]) -> ProcessEnded:
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            hint = "; out of memory is one reason for it" if -code == signal.SIGKILL else ""
            return ProcessEnded(f"the process of {self.name} was ended by {name}{hint}", said)
        self._errors.seek(0)
        printed = self._errors.read().decode(errors="replace").split("\n")
        last = next((f": {line.strip()}" for line in reversed(printed) if line.strip()), "")
        return ProcessEnded(f"the process of {self.name} ended with code {code}{last}", said)


def _environment(threads: int) -> Mapping[str, str]:
    """Threads for every library that may start some; and nothing is fetched."""
    count = str(threads)
    return {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }
