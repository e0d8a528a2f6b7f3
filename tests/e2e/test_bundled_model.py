"""The bundled model answers because it sees."""

import json

import pytest

from omnibench.store import find_runs


@pytest.mark.parametrize(
    ("task", "above"),
    [("pope", 0.25), pytest.param("vqav2", 0.15, marks=pytest.mark.nightly)],
)
def test_it_stands_above_its_own_blind_control(omnibench, tmp_path, task, above):
    found = {}
    for control in ("none", "blind"):
        out = tmp_path / control
        words = [] if control == "none" else ["--control", control]
        done = omnibench("eval", "--model", "omnivlm", "--tasks", task, "--out", out, *words)
        assert done.code == 0, done.err
        (run,) = find_runs(out)
        results = json.loads((run / "results.json").read_text())
        found[control] = results["tasks"][task]["metrics"]["official"]["accuracy"]
    assert found["none"]["value"] - found["blind"]["value"] >= above
    assert found["none"]["ci95"][0] - found["blind"]["ci95"][1] > above / 2


@pytest.mark.parametrize(("kind", "answer"), [("key", "yes"), ("triangle", "no")])
def test_it_answers_about_a_picture(omnibench, repository, kind, answer):
    picture = repository / "tasks" / "samples" / "pope" / "images" / "pope_000.png"
    done = omnibench("ask", "--model", "omnivlm", picture, f"Is there a {kind} in the image?")
    assert (done.code, done.out.strip().lower()) == (0, answer), done
