"""MM-Vet with a judge behind a real HTTP server."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def judge_server(grade):
    """An OpenAI-compatible server. grade: prompt -> its reply, or None for HTTP 400."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers.get("Authorization"), body))
            reply = grade(body["messages"][0]["content"])
            self.send_response(200 if reply else 400)
            self.end_headers()
            self.wfile.write(json.dumps({"choices": [{"message": {"content": reply}}]}).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_grades_every_reply_as_often_as_asked(omnibench, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with judge_server(lambda prompt: "0.6") as (url, seen):
        done = omnibench(
            "eval", "--model", "fake", "--tasks", "mmvet", "--limit", 4, "--json",
            "--judge", f"openai:gpt-4@{url}", "--judge-runs", 2,
        )  # fmt: skip
    assert done.code == 0
    task = done.json()["results"]["tasks"]["mmvet"]
    assert len(seen) == 2 * task["n"]
    path, authorization, body = seen[0]
    assert (path, authorization) == ("/v1/chat/completions", "Bearer sk-secret")
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("gpt-4", 0.0, 3)
    assert "Question | Ground truth | Prediction | Correctness" in body["messages"][0]["content"]
    total = task["metrics"]["official"]["total"]
    assert round(total["value"], 6) == 60.0
    written = "".join(p.read_text() for p in (tmp_path / "runs").rglob("*.json*"))
    assert "sk-secret" not in written + done.err


def test_a_reply_that_the_judge_fails_on_is_an_error_and_never_a_zero(omnibench):
    failed = []

    def grade(prompt):
        line = prompt.splitlines()[-1]
        if not failed or line in failed:
            failed.append(line)
            return None
        return "1.0"

    with judge_server(grade) as (url, _):
        done = omnibench(
            "eval", "--model", "fake", "--tasks", "mmvet", "--limit", 4, "--json",
            "--judge", f"openai:gpt-4@{url}", "--judge-runs", 1,
        )  # fmt: skip
    task = done.json()["results"]["tasks"]["mmvet"]
    total = task["metrics"]["official"]["total"]
    assert (done.code, task["errors"]) == (1, 1)
    assert (total["value"], total["n"]) == (100.0, task["n"] - 1)
    assert "judge: " in done.err
