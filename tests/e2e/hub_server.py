"""A hub on this machine: the part of its protocol by which files are listed and fetched.

Large files are redirected to a second server, as the real hub redirects to its CDN.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repository:
    """Files by path. large: those that lie on the CDN and have a SHA-256."""

    files: dict[str, bytes]
    large: set[str]
    commit: str = COMMIT


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class Hub:
    """What the server holds, how it misbehaves, and what it was asked.

    cut: path -> how many bytes are sent before the connection is closed, once.
    down: the CDN answers 503.  stall_s: it waits before it answers.
    refuse: status of every answer.  slow_s: delay of the listing.
    lies: path -> bytes that are sent in place of the file's.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    token: str | None = None
    cut: dict[str, int] = field(default_factory=dict)
    down: bool = False
    stall_s: float = 0
    refuse: int | None = None
    error_code: str | None = None
    slow_s: float = 0
    hashes: bool = True
    lies: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    cdn_url: str = ""
    _servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def start(self) -> None:
        for name, handler in (("url", _HubHandler), ("cdn_url", _CdnHandler)):
            made = type(handler.__name__, (handler,), {"hub": self})
            server = _Server(("127.0.0.1", 0), made)
            setattr(self, name, f"http://127.0.0.1:{server.server_address[1]}")
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self._servers.append(server)

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()

    def fetched(self, path: str) -> list[str | None]:
        """The ranges in which a file was asked for."""
        return [ask.range for ask in self.asked if ask.method == "GET" and ask.path.endswith(path)]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no error."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def note(self) -> None:
        self.hub.asked.append(
            Asked(
                self.command, self.path, self.headers.get("Range"),
                self.headers.get("Authorization"),
            )
        )  # fmt: skip

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_file(self, path: str, data: bytes, **headers: str) -> None:
        data = self.hub.lies.get(path, data)
        start, status = 0, 200
        if asked := self.headers.get("Range"):
            start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        rest = data[start:]
        cut = self.hub.cut.pop(path, None) if self.command == "GET" else None
        if cut is None:
            self.answer(status, rest, **headers)
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:cut])
        self.wfile.flush()
        self.hub.down = True
        self.close_connection = True


class _HubHandler(_Handler):
    def do_GET(self) -> None:
        self.note()
        hub = self.hub
        if hub.refuse is not None:
            extra = {} if hub.error_code is None else {"X_Error_Code": hub.error_code}
            self.answer(hub.refuse, b"{}", **extra)
        elif hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self.answer(401, b"{}", X_Error_Code="GatedRepo")
        elif found := re.fullmatch(
            r"/api/(?:models|datasets)/([^/]+/[^/?]+)(?:/revision/([^?]+))?(?:\?.*)?", self.path
        ):
            self.list_files(*found.groups())
        elif found := re.fullmatch(r"/(?:datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
            self.resolve(*found.groups())
        else:
            self.answer(404, b"{}")

    def list_files(self, repo: str, revision: str | None) -> None:
        time.sleep(self.hub.slow_s)
        there = self.hub.repositories.get(repo)
        if there is None:
            self.answer(404, b"{}", X_Error_Code="RepoNotFound")
        elif revision not in (None, "main", there.commit):
            self.answer(404, b"{}", X_Error_Code="RevisionNotFound")
        else:
            siblings = [self.sibling(there, path) for path in there.files]
            body = json.dumps({"id": repo, "sha": there.commit, "siblings": siblings}).encode()
            self.answer(200, body, Content_Type="application/json")

    def sibling(self, there: Repository, path: str) -> dict[str, Any]:
        data = there.files[path]
        if not self.hub.hashes:
            return {"rfilename": path}
        made: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": git_blob(data)}
        if path in there.large:
            sha256 = hashlib.sha256(data).hexdigest()
            made["lfs"] = {"size": len(data), "sha256": sha256, "pointerSize": 130}
        return made

    def resolve(self, repo: str, revision: str, path: str) -> None:
        there = self.hub.repositories.get(repo)
        if there is None or revision != there.commit or path not in there.files:
            self.answer(404, b"{}", X_Error_Code="EntryNotFound")
            return
        data = there.files[path]
        if path not in there.large:
            self.send_file(path, data, ETag=f'"{git_blob(data)}"', X_Repo_Commit=there.commit)
            return
        self.answer(
            302,
            Location=f"{self.hub.cdn_url}/{repo}/{path}",
            X_Repo_Commit=there.commit,
            X_Linked_Etag=f'"{hashlib.sha256(data).hexdigest()}"',
            X_Linked_Size=str(len(data)),
        )


class _CdnHandler(_Handler):
    def do_GET(self) -> None:
        self.note()
        time.sleep(self.hub.stall_s)
        if self.hub.down:
            self.answer(503)
            return
        owner, name, path = self.path.lstrip("/").split("/", 2)
        self.send_file(path, self.hub.repositories[f"{owner}/{name}"].files[path])


def git_blob(data: bytes) -> str:
    """The name that git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
