"""A teacher behind an OpenAI-compatible server: it sees the picture and mends an answer."""

from __future__ import annotations

import base64
import io
import os
import re
import time
from collections.abc import Callable, Mapping

import httpx
import msgspec
import PIL.Image

from omnivlm.errors import OmniVLMError

KEY_VARIABLES = ("OMNIVLM_API_KEY", "OPENAI_API_KEY")
TIMEOUT_S = 120.0
TRIES = 4
INSTRUCTION = (
    "You correct answers about a picture. Change as few words as possible: replace what the"
    " picture shows to be wrong and take out what is not there. Keep all that is right word for"
    " word, with its order and form, and add nothing. Reply with the corrected answer alone; if"
    " nothing is wrong, repeat it unchanged."
)
_AGAIN = (408, 409, 425, 429)
# Greedy: a model's name may hold "@", and so may the user and password of the URL.
_SPEC = re.compile(r"(?P<model>.+)@(?P<url>https?://.+)", re.IGNORECASE | re.DOTALL)


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]


class ChatTeacher:
    """Asks one server; errors show neither a secret nor what the server says, which may hold one.

    A user and password in the URL are sent in place of the key.
    """

    def __init__(
        self,
        model: str,
        url: httpx.URL,
        key: str | None,
        timeout_s: float,
        sleep: Callable[[float], None],
    ) -> None:
        path, _, query = url.raw_path.partition(b"?")
        path = path.rstrip(b"/")
        bare = url.copy_with(userinfo=b"", fragment=None, raw_path=path)
        route = path + b"/chat/completions"
        self._url = url.copy_with(fragment=None, raw_path=route + b"?" + query if query else route)
        self._model = model
        self._key = None if url.userinfo else key
        self._timeout_s = timeout_s
        self._sleep = sleep
        # Made once: reading the certificates takes longer than a question.
        self._tls = httpx.create_ssl_context(trust_env=False) if url.scheme == "https" else False
        self.name = f"openai:{model}@{bare}"

    def correct(self, picture: PIL.Image.Image, prompt: str, answer: str) -> str | None:
        """The corrected answer, or None where the server gave no text.

        Raises OmniVLMError where asking again is of no use: no such server, model or key.
        """
        question = f"Question: {prompt}\nAnswer to correct: {answer}"
        content = [
            {"type": "text", "text": question},
            {"type": "image_url", "image_url": {"url": _as_url(picture)}},
        ]
        payload = {
            "model": self._model,
            "temperature": 0.0,
            "messages": [
                {"role": "system", "content": INSTRUCTION},
                {"role": "user", "content": content},
            ],
        }
        response = self._post(payload)
        return None if response is None else _text_of(response)

    def _post(self, payload: Mapping[str, object]) -> httpx.Response | None:
        """The server's answer; None where it was busy or silent at every try."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        for attempt in range(TRIES):
            if attempt:
                self._sleep(2.0 ** (attempt - 1))
            try:
                response = httpx.post(
                    self._url,
                    json=payload,
                    headers=headers,
                    timeout=self._timeout_s,
                    verify=self._tls,
                    trust_env=False,
                )
            except httpx.TimeoutException:
                continue
            except httpx.RequestError as error:
                if attempt < TRIES - 1:
                    continue
                # Not chained: the client's exception carries the request with its key.
                raise OmniVLMError(
                    f"{self.name} cannot be reached ({type(error).__name__}); start the server or"
                    " check the address in --teacher"
                ) from None
            if response.is_success:
                return response
            if response.status_code < 500 and response.status_code not in _AGAIN:
                raise OmniVLMError(
                    f"{self.name} refuses to answer (HTTP {response.status_code}); check the model,"
                    f" the address and {KEY_VARIABLES[0]}"
                )
        return None


def open_chat_teacher(
    spec: str, *, timeout_s: float = TIMEOUT_S, sleep: Callable[[float], None] = time.sleep
) -> ChatTeacher:
    """The teacher of `MODEL@URL`; its key is OMNIVLM_API_KEY, else OPENAI_API_KEY, else none.

    Raises OmniVLMError for an address that is none; it is not shown, for it may hold a password.
    """
    match = _SPEC.fullmatch(spec)
    try:
        url = httpx.URL(match["url"]) if match else None
    except httpx.InvalidURL:
        url = None
    if match is None or url is None or not url.host:
        raise OmniVLMError(
            "the teacher has no address; write openai:MODEL@URL with a URL like"
            " http://127.0.0.1:8000/v1"
        )
    return ChatTeacher(match["model"], url, _key(), timeout_s, sleep)


def _key() -> str | None:
    for variable in KEY_VARIABLES:
        key = os.environ.get(variable, "").strip()
        if key and not all("!" <= character <= "~" for character in key):
            # A header takes nothing else, and the client's complaint would show the key.
            raise OmniVLMError(f"{variable} holds a blank or a letter that no key has")
        if key:
            return key
    return None


def _as_url(picture: PIL.Image.Image) -> str:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _text_of(response: httpx.Response) -> str | None:
    """The reply's text without the space around it; None where there is none."""
    try:
        completion = msgspec.json.decode(response.content, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    text = completion.choices[0].message.content if completion.choices else None
    return (text or "").strip() or None
