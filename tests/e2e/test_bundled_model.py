"""The bundled model answers because it sees."""

import json

import pytest

from omnibench.store import find_runs

NANOLLAVA = "model/weights/nanollava-tiny"  # beside the package: the wheel does not hold it


@pytest.mark.parametrize(
    ("model", "task", "above"),
    [
        ("omnivlm", "pope", 0.25),
        ("nanollava-tiny", "pope", 0.25),
        pytest.param("omnivlm", "vqav2", 0.15, marks=pytest.mark.nightly),
    ],
)
def test_it_stands_above_its_own_blind_control(omnibench, repository, tmp_path, model, task, above):
    found = {}
    weights = ["--weights", repository / NANOLLAVA] if model == "nanollava-tiny" else []
    for control in ("none", "blind"):
        out = tmp_path / control
        words = [] if control == "none" else ["--control", control]
        done = omnibench("eval", "--model", model, *weights, "--tasks", task, "--out", out, *words)
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
