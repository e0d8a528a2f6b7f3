"""Questions to an OpenAI-compatible server: patient, bounded, and silent about secrets.

A server may echo a key in its error text, and an exception of the HTTP client carries the request
with its headers. So no exception is chained, and whatever a server says is shown without the key,
the user and the password.
"""

import base64
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import quote

import httpx
import msgspec

from omnibench.errors import JudgeError, OmnibenchError

TRIES = 5
TIMEOUT_S = 60.0
LONGEST_WAIT_S = 60.0
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class _Failure:
    """A try that brought no reply. wait_s: how long the server asks to be left alone."""

    what: str
    again: bool
    wait_s: float | None = None


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _Completion(msgspec.Struct, frozen=True):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


class ChatServer:
    """The server at `url`, the address before /chat/completions.

    A user and password in the URL are sent as basic authentication, in place of the key.
    Proxies, certificates and .netrc of the environment are left alone.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        timeout_s: float = TIMEOUT_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parsed = _parsed(url)
        path, _, query = parsed.raw_path.partition(b"?")
        path = path.rstrip(b"/")
        bare = parsed.copy_with(userinfo=b"", fragment=None, raw_path=path)
        self.address = str(bare)
        """For people: without user, password and query."""
        route = path + b"/chat/completions"
        self._url = bare.copy_with(raw_path=route + b"?" + query if query else route)
        authorization, self._secrets = _credentials(parsed, key)
        self._headers = {"Content-Type": "application/json", **authorization}
        self._tls = httpx.create_ssl_context(trust_env=False) if bare.scheme == "https" else True
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._tries = TRIES

    def ask(self, payload: Mapping[str, object]) -> str | None:
        """The text of the reply (None where it has none). Raises JudgeError once patience ends.

        After a question that the server could not be reached for, the next gets one try: a server
        that is gone would otherwise cost minutes a question.
        """
        tries, attempt = self._tries, 0
        with httpx.Client(
            headers=self._headers, timeout=self._timeout_s, trust_env=False, verify=self._tls
        ) as client:
            while True:
                attempt += 1
                got = self._post(client, payload)
                if isinstance(got, _Completion):
                    return got.choices[0].message.content
                if not got.again or attempt >= tries:
                    break
                wait_s = 2.0 ** (attempt - 1) if got.wait_s is None else got.wait_s
                self._sleep(min(wait_s, LONGEST_WAIT_S))
        times = f" (tried {attempt} times)" if attempt > 1 else ""
        raise JudgeError(f"{self.address} {self.without_secrets(got.what)}{times}")

    def without_secrets(self, text: str) -> str:
        """`text` as one short line, with the key, the user and the password taken out."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        line = " ".join(text.split())
        return line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "..."

    def _post(self, client: httpx.Client, payload: Mapping[str, object]) -> _Completion | _Failure:
        try:
            # Escaped to ASCII, so that a reply with half a surrogate pair can be sent as well.
            response = client.post(self._url, content=json.dumps(payload))
        except httpx.RequestError as error:
            self._tries = 1
            return _Failure(self._lost(error), again=True)
        self._tries = TRIES
        if not response.is_success:
            return _refusal(response)
        try:
            return msgspec.json.decode(response.content, type=_Completion)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _Failure(f"did not answer with a chat completion ({error})", again=False)

    def _lost(self, error: httpx.RequestError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"gave no answer within {self._timeout_s:g} s"
        return f"cannot be reached ({str(error) or type(error).__name__})"


def _parsed(url: str) -> httpx.URL:
    """`url`, taken apart. What is wrong with it is not shown: it may hold a password."""
    parsed = None
    with contextlib.suppress(httpx.InvalidURL):
        parsed = httpx.URL(url)
    if parsed is None or parsed.scheme not in ("http", "https") or not parsed.host:
        raise OmnibenchError(
            "the address of the judge is not one; write it like http://127.0.0.1:8000/v1"
        )
    return parsed


def _credentials(url: httpx.URL, key: str | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """The header that opens the server, and every form of a secret that a text could hold."""
    if url.userinfo:
        pair = f"{url.username}:{url.password}"
        token = base64.b64encode(pair.encode()).decode()
        quoted = [quote(part, safe="") for part in (url.username, url.password)]
        forms = (token, pair, url.userinfo.decode(), url.password, url.username, *quoted)
        return {"Authorization": f"Basic {token}"}, _longest_first(*forms, key or "")
    if key is None:
        return {}, ()
    return {"Authorization": f"Bearer {key}"}, (key,)


def _longest_first(*secrets: str) -> tuple[str, ...]:
    return tuple(sorted(filter(None, set(secrets)), key=len, reverse=True))


def _refusal(response: httpx.Response) -> _Failure:
    status = response.status_code
    if status in (401, 403):
        # What the server says of a wrong key may quote part of it.
        hint = "set OMNIBENCH_API_KEY to a key that it takes"
        return _Failure(f"refuses to answer (HTTP {status}); {hint}", again=False)
    if status == 404:
        hint = "check both in --judge"
        return _Failure(f"knows no such model or address (HTTP 404); {hint}", again=False)
    what = f"answered HTTP {status}: {response.text}"
    if status in (408, 429) or status >= 500:
        return _Failure(what, again=True, wait_s=_retry_after_s(response))
    return _Failure(what, again=False)


def _retry_after_s(response: httpx.Response) -> float | None:
    """The Retry-After header, which holds seconds or a date; None where it has neither."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
