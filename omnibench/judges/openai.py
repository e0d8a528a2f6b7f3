"""MM-Vet's official judging, asked of any OpenAI-compatible server."""

import os
import re
import time
from collections.abc import Callable, Mapping

from omnibench.errors import JudgeError, OmnibenchError
from omnibench.judges.chat_server import TIMEOUT_S, ChatServer

REMINDER = "\nPredict the correctness of the answer (digit): "
TEMPERATURES = (0.0, 0.0, 0.5, 1.0, 1.5)
"""Of the tries, in order: the official script raises it after its first reminder, not before."""

# Greedy: a model's name may hold "@" too, and so may the user and password of the URL.
_SPEC = re.compile(r"(?P<model>.+)@(?P<url>https?://.+)", re.IGNORECASE | re.DOTALL)


class ServerJudge:
    """Grades as mm-vet_evaluator.py does (github.com/yuweihao/MM-Vet, Apache-2.0).

    Three tokens at temperature 0; what stands before the first blank must be a number in 0..1,
    else the prompt is sent again with a reminder, hotter from the second time on, five tries in
    all. Here we differ from the script: where it then writes 0.0, this raises JudgeError, since a
    judge that does not answer says nothing about the reply. NaN, which the script lets pass, is
    no grade.
    """

    def __init__(self, model: str, server: ChatServer, *, repeats: int) -> None:
        self._model = model
        self._server = server
        self._repeats = repeats

    @property
    def name(self) -> str:
        """`openai:MODEL@URL`, the URL without user, password and query."""
        return f"openai:{self._model}@{self._server.address}"

    def grade(self, sample_id: str, prompt: str) -> tuple[float, ...]:
        """As many grades in 0..1 as there are repeats; JudgeError where one cannot be had."""
        return tuple(self._grade_once(sample_id, prompt) for _ in range(self._repeats))

    def _grade_once(self, sample_id: str, prompt: str) -> float:
        reply: str | None = None
        for attempt, temperature in enumerate(TEMPERATURES):
            reply = self._server.ask(
                {
                    "model": self._model,
                    "messages": [
                        {"role": "user", "content": prompt + REMINDER if attempt else prompt}
                    ],
                    "temperature": temperature,
                    "max_tokens": 3,
                }
            )
            grade = read_grade(reply)
            if grade is not None:
                return grade
        shown = self._server.without_secrets(repr(reply))
        raise JudgeError(
            f"{self.name} gave no number in 0..1 for {sample_id!r} in {len(TEMPERATURES)} tries;"
            f" its last reply was {shown}"
        )


def read_grade(reply: str | None) -> float | None:
    """The number in 0..1 before the first blank of a judge's reply, else None."""
    if reply is None:
        return None
    try:
        grade = float(reply.split(" ")[0])
    except ValueError:
        return None
    return grade if 0.0 <= grade <= 1.0 else None


def open_server(
    spec: str,
    *,
    repeats: int,
    timeout_s: float = TIMEOUT_S,
    sleep: Callable[[float], None] = time.sleep,
) -> ServerJudge:
    """The judge of `MODEL@URL`; its key is OMNIBENCH_API_KEY, else OPENAI_API_KEY, else none."""
    match = _SPEC.fullmatch(spec)
    if match is None:
        # The spec is not shown: it may hold a password.
        raise OmnibenchError(
            "the judge has no address; write openai:MODEL@URL with a URL like"
            " http://127.0.0.1:8000/v1"
        )
    server = ChatServer(match["url"], _key(os.environ), timeout_s=timeout_s, sleep=sleep)
    return ServerJudge(match["model"], server, repeats=repeats)


def _key(environment: Mapping[str, str]) -> str | None:
    for variable in ("OMNIBENCH_API_KEY", "OPENAI_API_KEY"):
        key = environment.get(variable, "").strip()
        if not key:
            continue
        # An HTTP header takes nothing else, and the client's complaint would show the key.
        if not all("!" <= character <= "~" for character in key):
            raise OmnibenchError(
                f"{variable} holds a blank or a letter that no key has; set it anew"
            )
        return key
    return None
