"""Judges: recorded grades, and a real server on this machine that behaves well and badly."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from omnibench.core import Judge
from omnibench.errors import JudgeError, OmnibenchError
from omnibench.judges import open_judge
from omnibench.judges.chat_server import LONGEST_WAIT_S
from omnibench.judges.openai import REMINDER, ServerJudge, open_server, read_grade

KEY = "sk-very-secret-1234567890"
PASSWORD = "pass:w@rd"


# --- recorded grades ------------------------------------------------------------------------


def recorded(tmp_path: Path, *lines: str) -> str:
    file = tmp_path / "grades.jsonl"
    file.write_text("\n".join(lines))
    return str(file)


def test_recorded_grades_are_given_back_in_order(tmp_path: Path) -> None:
    file = recorded(
        tmp_path,
        '\ufeff{"id": "a", "grades": [0, 0.5, 1.0], "grader": "gpt-4"}',
        "",
        '{"id": "b", "grades": [1, 1, 1]}',
        "",
    )
    judge = open_judge(f"replay:{file}", repeats=1)
    assert judge.grade("a", "ignored") == (0.0, 0.5, 1.0)
    assert judge.grade("b", "") == (1.0, 1.0, 1.0)
    assert judge.name == f"replay:{file}"


def test_a_reply_without_recorded_grades_is_an_error_of_its_own(tmp_path: Path) -> None:
    judge = open_judge("replay:" + recorded(tmp_path, '{"id": "a", "grades": [0]}'), repeats=1)
    with pytest.raises(JudgeError, match=r"grades\.jsonl holds no grades for 'b'"):
        judge.grade("b", "")


GOOD = '{"id": "a", "grades": [0.1, 0.2]}'


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([GOOD, "{"], "line 2"),
        ([GOOD, "[]"], "line 2"),
        ([GOOD, '{"grades": [1, 1]}'], "line 2.*id"),
        ([GOOD, '{"id": "b"}'], "line 2.*grades"),
        ([GOOD, '{"id": 7, "grades": [1, 1]}'], "line 2"),
        ([GOOD, "", GOOD], "line 3: 'a' is graded a second time"),
        ([GOOD, '{"id": "b", "grades": [0.1, 1.1]}'], r"line 2.*1\.0"),
        ([GOOD, '{"id": "b", "grades": [-0.1, 1]}'], r"line 2.*0\.0"),
        ([GOOD, '{"id": "b", "grades": [NaN, 1]}'], "line 2"),
        ([GOOD, '{"id": "b", "grades": ["1", 1]}'], "line 2.*str"),
        ([GOOD, '{"id": "b", "grades": [true, 1]}'], "line 2.*bool"),
        ([GOOD, '{"id": "b", "grades": [1]}'], "line 2: 1 grades where the lines before have 2"),
        (['{"id": "b", "grades": []}'], "line 1"),
        (["", "  "], "holds no grades"),
    ],
)
def test_bad_recorded_grades_are_refused_in_one_line(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    file = recorded(tmp_path, *lines)
    with pytest.raises(OmnibenchError, match=complaint) as caught:
        open_judge(f"replay:{file}", repeats=1)
    assert "grades.jsonl" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_grades_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "grades.jsonl"
    file.write_bytes(b'{"id": "\xff", "grades": [1]}')
    with pytest.raises(OmnibenchError, match="line 1"):
        open_judge(f"replay:{file}", repeats=1)


@pytest.mark.parametrize("name", ["absent.jsonl", ""])
def test_a_file_of_grades_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OmnibenchError, match="cannot be read"):
        open_judge(f"replay:{tmp_path / name}", repeats=1)


def test_the_recorded_grades_of_the_evidence_are_read(evidence: Path) -> None:
    files = sorted((evidence / "mmvet-218" / "grades").glob("*.jsonl"))
    assert files
    for file in files:
        grades = open_judge(f"replay:{file}", repeats=1).grade("v1_0", "")
        assert all(0.0 <= grade <= 1.0 for grade in grades)


# --- which judge ----------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["", "gpt-4", "replay:", "vote:x", f"http://u:{PASSWORD}@h/v1"])
def test_an_unknown_judge_is_refused_with_what_there_is(spec: str) -> None:
    with pytest.raises(OmnibenchError, match="replay:FILE or openai:MODEL@URL") as caught:
        open_judge(spec, repeats=1)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        "openai:",
        "openai:gpt-4",
        "openai:@http://127.0.0.1/v1",
        f"openai:m@user:{PASSWORD}@127.0.0.1/v1",
        f"openai:m@ftp://user:{PASSWORD}@127.0.0.1/v1",
        f"openai:m@http://user:{PASSWORD}@",
        f"openai:m@http://user@host:{KEY}/v1",
    ],
)
def test_a_judge_without_an_address_is_refused_and_not_repeated(spec: str) -> None:
    with pytest.raises(OmnibenchError, match=r"http://127\.0\.0\.1:8000/v1") as caught:
        open_judge(spec, repeats=1)
    assert_silent(caught.value)


def test_less_than_one_grade_a_reply_is_refused() -> None:
    with pytest.raises(OmnibenchError, match="0 times"):
        open_judge("openai:m@http://127.0.0.1/v1", repeats=0)


@pytest.mark.parametrize("key", ["sk-secret\u20ac", "sk-secret\nX: 1", "sk secret"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIBENCH_API_KEY", key)
    with pytest.raises(OmnibenchError, match="OMNIBENCH_API_KEY") as caught:
        open_judge("openai:m@http://127.0.0.1/v1", repeats=1)
    assert "secret" not in chain_of(caught.value)


# --- a server -------------------------------------------------------------------------------


@dataclass
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    cut: bool = False


def says(content: str | None, **extra: object) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, **extra}
    return Answer(body=json.dumps({"id": "x", "choices": [choice]}).encode())


@dataclass
class Asked:
    """A request that the server got."""

    path: str
    headers: dict[str, str]
    payload: dict[str, object]


class Server:
    """Gives the answers of a list in order, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append(Asked(self.path, headers, json.loads(body)))
                turn = min(len(outer.asked), len(outer.answers)) - 1
                self._give(outer.answers[turn])

            def _give(self, answer: Answer) -> None:
                if answer.hang_s:
                    outer.released.wait(answer.hang_s)
                    return
                if answer.cut:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@dataclass
class Asking:
    """A judge that asks the server, and how long it slept."""

    judge: ServerJudge
    slept: list[float]


Ask = Callable[..., Asking]


@pytest.fixture
def ask(server: Server) -> Ask:
    def made(
        *answers: Answer, repeats: int = 1, timeout_s: float = 10.0, url: str | None = None
    ) -> Asking:
        server.answers = list(answers)
        slept: list[float] = []
        judge = open_server(
            f"judge@{url or f'http://127.0.0.1:{server.port}/v1'}",
            repeats=repeats,
            timeout_s=timeout_s,
            sleep=slept.append,
        )
        return Asking(judge, slept)

    return made


def chain_of(error: BaseException | None) -> str:
    """Everything that an exception and those behind it hold."""
    texts: list[str] = []
    while error is not None:
        request = getattr(error, "_request", None)
        texts += [str(error), repr(error), str(vars(error))]
        if request is not None:
            texts.append(str(dict(request.headers)))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def assert_silent(error: BaseException) -> None:
    text = chain_of(error)
    assert KEY not in text
    assert PASSWORD not in text
    assert "\n" not in str(error)


def test_the_official_request_is_sent(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIBENCH_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    assert ask(says("0.4")).judge.grade("v1_0", "the prompt \u00e9 \ud800") == (0.4,)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.payload == {
        "model": "judge",
        "messages": [{"role": "user", "content": "the prompt \u00e9 \ud800"}],
        "temperature": 0.0,
        "max_tokens": 3,
    }


@pytest.mark.parametrize(
    ("keys", "header"),
    [
        ({}, None),
        ({"OMNIBENCH_API_KEY": "  "}, None),
        ({"OPENAI_API_KEY": KEY}, f"Bearer {KEY}"),
        ({"OMNIBENCH_API_KEY": "", "OPENAI_API_KEY": f" {KEY}\n"}, f"Bearer {KEY}"),
    ],
)
def test_the_key_is_the_first_that_is_set(
    server: Server,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, str],
    header: str | None,
) -> None:
    for variable, value in keys.items():
        monkeypatch.setenv(variable, value)
    ask(says("1")).judge.grade("a", "p")
    assert server.asked[0].headers.get("authorization") == header


@pytest.mark.parametrize(
    ("spec", "name", "path"),
    [
        ("gpt-4@{at}/v1", "gpt-4@{at}/v1", "/v1/chat/completions"),
        ("gpt-4@{at}/v1//", "gpt-4@{at}/v1", "/v1/chat/completions"),
        ("gpt-4@{at}", "gpt-4@{at}", "/chat/completions"),
        ("org/m:q4@v2@{at}/v1", "org/m:q4@v2@{at}/v1", "/v1/chat/completions"),
        ("m@{at}/v1?version=2&k=s#x", "m@{at}/v1", "/v1/chat/completions?version=2&k=s"),
        ("m@{at}/a%2Fb/v1", "m@{at}/a%2Fb/v1", "/a%2Fb/v1/chat/completions"),
    ],
)
def test_the_name_is_the_specification_without_what_is_private(
    server: Server, spec: str, name: str, path: str
) -> None:
    at = f"http://127.0.0.1:{server.port}"
    server.answers = [says("1")]
    judge: Judge = open_judge("openai:" + spec.format(at=at), repeats=1)
    assert judge.grade("a", "p") == (1.0,)
    assert judge.name == "openai:" + name.format(at=at)
    assert server.asked[0].path == path
    assert server.asked[0].payload["model"] == name.rpartition("@")[0]


def test_user_and_password_of_the_address_are_used_and_never_shown(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    url = f"http://user:{PASSWORD}@127.0.0.1:{server.port}/v1"
    echo = Answer(400, f"no {KEY} {PASSWORD} user:pass%3Aw%40rd dXNlcjpwYXNzOndAcmQ= ok".encode())
    judge = ask(says("1"), echo, url=url).judge
    judge.grade("a", "p")
    assert server.asked[0].headers["authorization"] == "Basic dXNlcjpwYXNzOndAcmQ="
    assert judge.name == f"openai:judge@http://127.0.0.1:{server.port}/v1"
    with pytest.raises(JudgeError, match="HTTP 400") as caught:
        judge.grade("a", "p")
    assert_silent(caught.value)
    assert "rd" not in str(caught.value).partition("400")[2]


def test_the_proxies_of_the_environment_are_left_alone(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert ask(says("1")).judge.grade("a", "p") == (1.0,)


# --- grades ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ("0.4", 0.4),
        ("1", 1.0),
        ("0.0 |", 0.0),
        ("0.5\n", 0.5),
        ("1.0\n0.3", None),
        (" 0.4", None),
        ("", None),
        (None, None),
        ("nan", None),
        ("inf", None),
        ("1.1", None),
        ("-0.1", None),
        ("0.5.", None),
        ("Correctness: 1", None),
    ],
)
def test_a_grade_is_the_number_before_the_first_blank(
    reply: str | None, grade: float | None
) -> None:
    assert read_grade(reply) == grade


def test_an_unreadable_grade_is_asked_for_again_with_the_reminder(server: Server, ask: Ask) -> None:
    answers = says("The"), says("2.0"), says(None), says("0.7 |")
    asking = ask(*answers)
    assert asking.judge.grade("a", "prompt") == (0.7,)
    assert [asked.payload["temperature"] for asked in server.asked] == [0.0, 0.0, 0.5, 1.0]
    prompts = [asked.payload["messages"][0]["content"] for asked in server.asked]
    assert prompts == ["prompt", *["prompt" + REMINDER] * 3]
    assert asking.slept == []


def test_a_judge_that_never_gives_a_number_is_an_error_and_no_zero(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    judge = ask(says(f"nan {KEY}\n" + "long " * 500)).judge
    with pytest.raises(JudgeError, match=r"no number in 0\.\.1 for 'v1_3' in 5 tries") as caught:
        judge.grade("v1_3", "p")
    assert [asked.payload["temperature"] for asked in server.asked] == [0.0, 0.0, 0.5, 1.0, 1.5]
    assert len(str(caught.value)) < 500
    assert_silent(caught.value)


def test_every_repeat_is_a_grade_of_its_own_that_starts_cold(server: Server, ask: Ask) -> None:
    judge = ask(says("0.1"), says("?"), says("0.2"), says("0.3"), repeats=3).judge
    assert judge.grade("a", "p") == (0.1, 0.2, 0.3)
    assert [asked.payload["temperature"] for asked in server.asked] == [0.0, 0.0, 0.0, 0.0]
    assert server.asked[3].payload["messages"] == [{"role": "user", "content": "p"}]


# --- a server in trouble --------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_after_longer_and_longer_waits(
    ask: Ask, status: int
) -> None:
    asking = ask(*[Answer(status)] * 4, says("1"))
    assert asking.judge.grade("a", "p") == (1.0,)
    assert asking.slept == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("answer", [Answer(cut=True), Answer(hang_s=5.0)], ids=["cut", "hangs"])
def test_a_lost_connection_is_tried_again(ask: Ask, answer: Answer) -> None:
    asking = ask(answer, says("1"), timeout_s=0.3)
    assert asking.judge.grade("a", "p") == (1.0,)
    assert asking.slept == [1.0]


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("7", 7.0), ("0", 0.0), ("100000", LONGEST_WAIT_S), ("soon", 1.0), ("", 1.0), ("\u00b2", 1.0)],
)
def test_the_server_says_how_long_to_wait(ask: Ask, header: str, wait_s: float) -> None:
    asking = ask(Answer(429, headers={"Retry-After": header}), says("1"))
    assert asking.judge.grade("a", "p") == (1.0,)
    assert asking.slept == [wait_s]


def test_the_server_may_name_a_date_to_wait_for(ask: Ask) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    naive = format_datetime(datetime(2001, 1, 1))  # noqa: DTZ001
    asking = ask(
        Answer(503, headers={"Retry-After": at}),
        Answer(503, headers={"Retry-After": naive}),
        says("1"),
    )
    assert asking.judge.grade("a", "p") == (1.0,)
    assert 15.0 < asking.slept[0] <= 20.0
    assert asking.slept[1] == 0.0


def test_patience_ends(server: Server, ask: Ask) -> None:
    asking = ask(Answer(500, b"out of\nmemory"))
    with pytest.raises(JudgeError, match=r"HTTP 500: out of memory \(tried 5 times\)$"):
        asking.judge.grade("a", "p")
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (400, "HTTP 400"),
        (401, "OMNIBENCH_API_KEY"),
        (403, "OMNIBENCH_API_KEY"),
        (404, "model or address"),
        (302, "HTTP 302"),
    ],
)
def test_a_refusal_is_final(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch, status: int, what: str
) -> None:
    monkeypatch.setenv("OMNIBENCH_API_KEY", KEY)
    headers = {"Location": f"http://127.0.0.1:{server.port}/elsewhere"}
    asking = ask(Answer(status, f"Incorrect API key: {KEY}".encode(), headers))
    with pytest.raises(JudgeError, match=what) as caught:
        asking.judge.grade("a", "p")
    assert len(server.asked) == 1
    assert asking.slept == []
    assert_silent(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b'{"choices":"\xff"}'],
)
def test_a_reply_that_is_no_chat_completion_is_an_error(
    server: Server, ask: Ask, body: bytes
) -> None:
    asking = ask(Answer(body=body))
    with pytest.raises(JudgeError, match="did not answer with a chat completion"):
        asking.judge.grade("a", "p")
    assert len(server.asked) == 1


def test_a_server_that_is_gone_costs_patience_once(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = f"http://user:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/v1"
    asking = ask(url=gone)
    for slept in ([1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0, 8.0]):
        with pytest.raises(JudgeError, match="cannot be reached") as caught:
            asking.judge.grade("a", "p")
        assert asking.slept == slept
        assert_silent(caught.value)


def test_patience_comes_back_with_the_server(server: Server, ask: Ask) -> None:
    lost = Answer(cut=True)
    asking = ask(*[lost] * 5, says("1"), lost, says("0.5"))
    with pytest.raises(JudgeError):
        asking.judge.grade("a", "p")
    assert asking.judge.grade("b", "p") == (1.0,)
    assert asking.judge.grade("c", "p") == (0.5,)


def test_a_server_that_hangs_is_given_up_in_time(ask: Ask) -> None:
    asking = ask(Answer(hang_s=30.0), timeout_s=0.1)
    begin = time.monotonic()
    with pytest.raises(JudgeError, match=r"gave no answer within 0\.1 s \(tried 5 times\)"):
        asking.judge.grade("a", "p")
    assert time.monotonic() - begin < 10.0


def test_the_key_is_in_no_log_and_no_representation(
    server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    url = f"http://user:{PASSWORD}@127.0.0.1:{server.port}/v1"
    with caplog.at_level(logging.DEBUG):
        for address in (None, url):
            judge = ask(Answer(500), says("1"), url=address).judge
            judge.grade("a", "p")
            assert KEY not in repr(judge) + str(judge) + judge.name
            assert PASSWORD not in repr(judge) + judge.name
    assert caplog.text
    assert KEY not in caplog.text
    assert PASSWORD not in caplog.text
    assert "dXNlcjpwYXNz" not in caplog.text


def test_an_https_address_is_prepared_for() -> None:
    judge = open_judge("openai:m@https://127.0.0.1:1/v1", repeats=1)
    assert judge.name == "openai:m@https://127.0.0.1:1/v1"
