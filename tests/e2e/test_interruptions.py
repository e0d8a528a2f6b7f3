"""Runs that are cut off: what was answered stays, and going on ends where an uncut run ends."""

import json
import random
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import write_replies

ROWS = 6_000


def rows_without_times(run):
    rows = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    for row in rows:
        row.pop("seconds", None)
    return rows


def lines(run):
    path = run / "samples.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for_records(out, process):
    """The run's folder, once it holds a record."""
    while process.poll() is None:
        for folder in out.glob("*"):
            if lines(folder):
                return folder
        time.sleep(0.002)
    return next(out.glob("*"), None)


def kill_once(process, words, out, wait_s):
    child = process(*words)
    folder = wait_for_records(out, child)
    time.sleep(wait_s)
    child.kill()
    child.communicate()
    return folder


@pytest.fixture
def command(pope_pack, tmp_path):
    """An eval that takes about a second: replies of a pack without images, durable row by row."""
    pack = pope_pack(ROWS)
    replies = {f"r{i}": random.Random(i).choice(["yes", "no", "hm"]) for i in range(ROWS)}
    file = write_replies(tmp_path / "m.jsonl", replies)
    return ["eval", "--model", f"replay:{file}", "--tasks", "pope", "--data", pack]


def killed_and_resumed(process, command, tmp_path, times, seed):
    whole = process(*command, "--out", tmp_path / "whole")
    expected = wait_for_records(tmp_path / "whole", whole)
    began = time.monotonic()
    while lines(expected) < ROWS and whole.poll() is None:
        time.sleep(0.002)
    writing_s = time.monotonic() - began
    whole.communicate()
    draw = random.Random(seed)
    cut_short = 0
    for number in range(times):
        out = tmp_path / f"killed-{number}"
        run = kill_once(process, [*command, "--out", out], out, draw.uniform(0, writing_s))
        assert run is not None
        cut_short += lines(run) < ROWS
        for _ in range(3):
            resumed = process("eval", "--resume", run)
            time.sleep(draw.uniform(0.2, 0.6))
            resumed.kill()
            resumed.communicate()
        before = rows_without_times(run) if not torn(run) else None
        final = process("eval", "--resume", run)
        assert final.wait() == 0, final.stderr.read()
        final.communicate()
        after = rows_without_times(run)
        assert before is None or after[: len(before)] == before
        assert after == rows_without_times(expected)
        assert (run / "results.json").read_bytes() == (expected / "results.json").read_bytes()
    return cut_short


def torn(run):
    data = (run / "samples.jsonl").read_bytes()
    return bool(data) and not data.endswith(b"\n")


def test_a_run_killed_anywhere_ends_as_the_uncut_one(process, command, tmp_path):
    assert killed_and_resumed(process, command, tmp_path, times=5, seed=1) > 0


@pytest.mark.nightly
def test_a_run_killed_a_hundred_times_ends_as_the_uncut_one(process, command, tmp_path):
    assert killed_and_resumed(process, command, tmp_path, times=100, seed=2) > 50


def test_an_interrupt_exits_130_and_says_how_to_go_on(process, command, tmp_path):
    child = process(*command)
    run = wait_for_records(tmp_path / "runs", child)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate()
    assert child.returncode == 130
    assert f"omnibench eval --resume {run.relative_to(tmp_path)}" in err
    assert "Traceback" not in err
    assert 0 < lines(run) < ROWS
    final = process("eval", "--resume", run)
    final.communicate()
    assert final.returncode == 0
    assert lines(run) == ROWS


def test_a_file_that_may_not_grow_ends_the_run_in_one_line_and_can_be_gone_on_with(
    process, command, tmp_path
):
    import resource

    def bounded():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    child = process(*command, preexec_fn=bounded)
    _, err = child.communicate()
    assert child.returncode == 2
    assert "the disk is full" in err.splitlines()[-1]
    assert "Traceback" not in err
    (run,) = (tmp_path / "runs").iterdir()
    assert 0 < lines(run) < ROWS
    assert not torn(run)
    final = process("eval", "--resume", run)
    final.communicate()
    assert final.returncode == 0
    assert lines(run) == ROWS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--control", "blind"], "control"),
        (["--seed", "5"], "seed"),
        (["--limit", "90"], "limit"),
        (["--tasks", "chartqa"], "data"),
    ],
)
def test_a_resume_whose_plan_differs_is_refused(omnibench, change, words):
    run = omnibench("eval", "--model", "fake", "--tasks", "pope", "--json").json()["run"]
    before = (Path(run) / "samples.jsonl").read_bytes()
    done = omnibench("eval", "--resume", run, *change)
    assert done.code == 2
    assert "cannot be resumed" in done.err
    assert words in done.err
    assert (Path(run) / "samples.jsonl").read_bytes() == before


def test_a_resume_with_other_code_is_refused(omnibench, monkeypatch):
    run = omnibench("eval", "--model", "fake", "--tasks", "pope", "--json").json()["run"]
    monkeypatch.setattr("omnibench.hardware.code_sha256", lambda: "0" * 64)
    done = omnibench("eval", "--resume", run)
    assert done.code == 2
    assert "environment fingerprint (code)" in done.err


def test_a_resume_with_other_data_is_refused(omnibench, pope_pack, tmp_path):
    pack = pope_pack(36)
    run = omnibench("eval", "--model", "fake", "--tasks", "pope", "--data", pack, "--json").json()[
        "run"
    ]
    rows = (pack / "rows.jsonl").read_text()
    (pack / "rows.jsonl").write_text(rows.replace("cup 3 ", "jar 3 "))
    done = omnibench("eval", "--resume", run)
    assert done.code == 2
    assert "has changed" in done.err
