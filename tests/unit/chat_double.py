"""A chat server on this machine that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, bytes]
"""The status and the body."""


def saying(text: str | None) -> Answer:
    """A completion with a text."""
    return 200, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


class ChatDouble:
    """`answer`: what a request's JSON gets; requests and their headers are kept."""

    def __init__(self, answer: Callable[[dict[str, Any]], Answer]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.requests.append(body)
                double.headers.append({k.lower(): v for k, v in self.headers.items()})
                double.paths.append(self.path)
                status, data = answer(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> ChatDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def spec(self) -> str:
        """MODEL@URL."""
        return f"eye@http://127.0.0.1:{self._http.server_address[1]}/v1"
