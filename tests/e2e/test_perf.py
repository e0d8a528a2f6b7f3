"""`omnibench perf` as users give it: a real run of a tiny model, cut runs, and what is refused."""

import json
import signal
from pathlib import Path

import msgspec
import pytest

from omnibench.cli import perf_machine, perf_running
from omnibench.core import PerfResults
from omnibench.store import open_run
from tests.unit.perf_trials import record, timing

TINY = "omnivlm-tiny"
QUICK = ("--model", TINY, "--weights", "random", "--threads", "1", "--dtype", "float32")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No calibration of this machine is found, and none is left."""
    monkeypatch.setenv("OMNIBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(perf_machine, "LOOKED_S", 0.01)


def only_run(folder: Path) -> Path:
    (run,) = (folder / "runs").iterdir()
    return run


def test_a_tiny_model_is_timed_written_and_shown(omnibench, tmp_path):
    done = omnibench("perf", *QUICK, "--budget", "10", "--trials", "2", "--json")
    assert done.code == 0, done.err
    results = msgspec.convert(done.json()["results"], PerfResults)
    found = results.models[TINY]["image-question"]
    assert found["ttft_s"][0].provenance == "measured"
    assert found["ttft_s"][0].value > 0
    assert found["visual_tokens"][0].value == 81
    assert found["text_tokens"][0].value == 20
    assert found["request_j"][0].provenance in ("measured", "estimated", "missing")
    assert any("random weights" in doubt for doubt in results.doubts)

    run = open_run(only_run(tmp_path))
    assert run.results() == results
    kinds = {trial.kind for trial in run.trials()}
    assert {"load", "first_image", "timing"} <= kinds

    page = omnibench("runs", only_run(tmp_path)).out
    assert "Vision tower" in page
    assert "First token" in page
    assert max(len(line) for line in page.splitlines() if not line.startswith("run:")) <= 80
    listed = omnibench("runs").out
    assert listed.startswith("runs/")
    assert "perf omnivlm-tiny image-question" in listed


def give(monkeypatch, trials, then=None):
    """Let the engine yield these trials, and then be cut off."""

    def measure(plan, **_):
        yield from trials
        if then is not None:
            raise then

    monkeypatch.setattr(perf_running, "measure", measure)


def test_a_killed_child_is_told_and_what_it_measured_is_kept(omnibench, tmp_path, monkeypatch):
    killed = msgspec.structs.replace(
        record("timing", 5, TINY, {}), error="its process was killed (SIGKILL)"
    )
    give(monkeypatch, [*(timing(n, model=TINY) for n in range(5)), killed])
    done = omnibench("perf", *QUICK)
    assert done.code == 1
    assert "SIGKILL" in done.err
    results = open_run(only_run(tmp_path)).results()
    assert results.models[TINY]["image-question"]["ttft_s"][0].n == 5


def test_an_interrupted_perf_keeps_what_it_measured(omnibench, tmp_path, monkeypatch):
    give(monkeypatch, [timing(n, model=TINY) for n in range(2)], KeyboardInterrupt())
    done = omnibench("perf", *QUICK)
    assert done.code == 130
    assert "what was measured is kept" in done.err
    results = open_run(only_run(tmp_path)).results()
    assert results.models[TINY]["image-question"]["ttft_s"][0].n == 2
    assert any("only 2 trials" in doubt for doubt in results.doubts)


def test_a_perf_that_was_killed_shows_in_the_list(omnibench, tmp_path, monkeypatch):
    give(monkeypatch, [timing(0, model=TINY)], KeyboardInterrupt())
    omnibench("perf", *QUICK)
    (only_run(tmp_path) / "results.json").unlink()
    assert "cut off; measure again" in omnibench("runs").out
    done = omnibench("runs", only_run(tmp_path))
    assert done.code == 2
    assert "cut off before its results were written" in done.err


def test_the_page_tells_measured_and_published_apart(omnibench, monkeypatch):
    trials = [timing(n, model="omnivlm-968m") for n in range(5)]
    give(monkeypatch, trials)
    monkeypatch.setattr(perf_running, "calibrate", lambda *_: pytest.fail("nobody asked for it"))
    done = omnibench("perf", "--threads", "1", "--dtype", "float32", "--convention", "thop")
    assert done.code == 0, done.err
    assert "model omnivlm-968m, weights: random" in done.err
    assert "□ published" in done.out
    assert "arXiv 2412.11475), abstract: Parameters" in done.out
    assert "GMAC by thop" in done.out
    assert "968,400,704" in done.out
    assert "missing: mfu_vision, mfu_prefill, mbu_decode: this machine is not" in done.out


def test_two_models_are_set_beside_each_other(omnibench, monkeypatch):
    slow = {"vision": 6.0, "prefill": 4.0}
    trials = [
        *(timing(n, model="omnivlm-968m") for n in range(5)),
        *(timing(n, model="nanollava", stages=slow) for n in range(5)),
    ]
    give(monkeypatch, trials)
    done = omnibench(
        "perf", "--model", "omnivlm-968m,nanollava", "--threads", "1", "--dtype", "float32"
    )
    assert done.code == 0, done.err
    (line,) = [line for line in done.out.splitlines() if "First token" in line and "1.56x" in line]
    assert "2.19x" in line  # (10 + 0.02) / 4.58


def test_an_eval_gives_joules_for_a_correct_answer(omnibench, tmp_path, monkeypatch):
    assert omnibench("eval", "--model", TINY, "--tasks", "pope", "--limit", "18").code == 0
    run = only_run(tmp_path)
    give(monkeypatch, [timing(n, model=TINY) for n in range(5)])
    words = ("--model", TINY, "--threads", "1", "--dtype", "float32", "--out", "perf")
    done = omnibench("perf", *words, "--eval", run, "--json")
    if "dtype" in done.err:  # this processor's eval ran in bfloat16
        words = tuple("bfloat16" if word == "float32" else word for word in words)
        done = omnibench("perf", *words, "--eval", run, "--json")
    assert done.code == 0, done.err
    results = done.json()["results"]
    price = results["models"][TINY]["image-question"]["j_per_correct_answer"][0]
    assert price["provenance"] == "missing"
    assert price["reason"]
    assert any("bundled sample" in doubt for doubt in results["doubts"])

    other = omnibench("perf", "--model", "nanollava-tiny", "--threads", "1", "--eval", run)
    assert other.code == 2
    assert "is of omnivlm-tiny, and this times nanollava-tiny" in other.err
    wrong = omnibench("perf", *QUICK[:6], "--dtype", "float16", "--eval", run)
    assert wrong.code == 2
    assert "dtype" in wrong.err
    perf = next((tmp_path / "perf").iterdir())
    assert "is a run of perf" in omnibench("perf", *QUICK, "--eval", perf).err
    (run / "results.json").unlink()
    assert "is unfinished" in omnibench("perf", *QUICK, "--eval", run).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "omnivln"], "no model 'omnivln'"),
        (["--model", "replay:x.jsonl"], "recorded replies have no speed"),
        (["--model", f"{TINY},{TINY}"], "twice"),
        (["--model", TINY, "--weights", "nowhere"], "no folder nowhere"),
        (["--model", f"{TINY},nanollava-tiny", "--weights", "."], "is one checkpoint"),
        (["--model", "omnivlm", "--weights", "."], "is a family"),
        (["--model", TINY, "--threads", "9999"], "--threads is 9999"),
        (["--model", TINY, "--case", "./no.toml"], "No such file"),
        (["--model", TINY, "--profile", "./no.toml"], "No such file"),
        (["--model", TINY, "--profile", "ryzen"], "no hardware profile 'ryzen'"),
        (["--model", TINY, "--meter", "sundial"], "no meter 'sundial'"),
        (["--model", TINY, "--meter", "external:no.csv"], "--meter external:no.csv"),
        (["--model", TINY, "--meter", "tdp", "--profile", "host"], "estimates by a profile's"),
        (["--model", TINY, "--eval", "nowhere"], "is not a run"),
        (["--trials", "0"], "--trials"),
        (["--budget", "-1"], "--budget"),
        (["--analytic", "--model", "hf:./x"], "no shape of a model"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_anything_is_loaded(
    omnibench, tmp_path, monkeypatch, words, said
):
    monkeypatch.setattr(perf_machine, "recognised", lambda _: [])
    done = omnibench("perf", *words)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_prints_the_plan_and_leaves_nothing(omnibench, tmp_path):
    done = omnibench("perf", *QUICK, "--case", "aurora", "--profile", "galaxy-s22", "--dry-run")
    plan = done.json()
    assert plan["cards"][0]["weights"].startswith("random")
    assert [case["name"] for case in plan["cases"]] == ["aurora"]
    assert plan["host_matches_profile"] is False
    assert list(tmp_path.iterdir()) == []


def test_a_real_interrupt_keeps_the_run(process, tmp_path):
    running = process("perf", *QUICK, "--budget", "60")
    for line in running.stderr:
        if line.startswith("timing") or line.startswith("warming"):
            running.send_signal(signal.SIGINT)
            break
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    document = json.loads((only_run(tmp_path) / "results.json").read_text())
    assert document["kind"] == "perf"
    assert any(trial.kind == "load" for trial in open_run(only_run(tmp_path)).trials())
