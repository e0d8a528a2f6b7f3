"""What every test gets: the evidence where it is there, Ctrl-C, no network but this machine's."""

import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

# Tiny models on every core wait for each other more than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell's background job ignores Ctrl-C, and so would every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that these tests lie in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def evidence() -> Path:
    """Real rows and recorded replies: OMNIBENCH_EVIDENCE, else ../shared/evidence."""
    named = os.environ.get("OMNIBENCH_EVIDENCE")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "evidence"
    if not folder.is_dir():
        pytest.skip(f"no evidence in {folder}; OMNIBENCH_EVIDENCE names another folder")
    return folder


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A bare and hostile environment: no network, no keys, no hub, an empty home and cache."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("OMNIBENCH_API_KEY", "OPENAI_API_KEY", "HF_TOKEN", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OMNIBENCH_CACHE", str(home / "cache"))
    for method in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))


def _guarded(connect: Any) -> Any:
    def only_here(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != getattr(socket, "AF_UNIX", None) and not _is_loopback(host):
            # Not an OSError, which the code under test might take for a server that is down.
            pytest.fail(f"a test reached for {host!r}; tests talk to this machine alone")
        return connect(self, address)

    return only_here


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
