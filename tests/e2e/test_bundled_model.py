"""The bundled model answers because it sees."""

import json

import pytest

from omnibench.core import Reading, Scored
from omnibench.scoring.difference import differences
from omnibench.scoring.metrics import mean_score
from omnibench.store import find_runs

NANOLLAVA = "model/weights/nanollava-tiny"  # beside the package: the wheel does not hold it


def rows_of(run):
    """Every sample of a finished run by its task, in the order of ids, by the official rule."""
    found = {}
    samples = map(json.loads, (run / "samples.jsonl").read_text().splitlines())
    for sample in sorted(samples, key=lambda each: each["id"]):
        score = sample["scores"]["official"]
        row = Scored(sample.get("group", sample["id"]), {}, sample["target"], Reading(None), score)
        found.setdefault(sample["task"], []).append(row)
    return found


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("omnivlm", {"pope": 0.25, "scienceqa": 0.15, "mme": 0.15, "vqav2": 0.15}),
        ("nanollava-tiny", {"pope": 0.25}),
    ],
)
def test_it_stands_above_its_own_blind_control(omnibench, repository, tmp_path, model, least):
    """By at least so much, with an interval, clusters drawn together, that excludes half of it."""
    words = ["eval", "--model", model, "--tasks", ",".join(least)]
    if model == "nanollava-tiny":
        words += ["--weights", repository / NANOLLAVA]
    seen = {}
    for arm, control in (("sees", []), ("blind", ["--control", "blind"])):
        done = omnibench(*words, *control, "--out", tmp_path / arm)
        assert done.code == 0, done.err
        (run,) = find_runs(tmp_path / arm)
        seen[arm] = rows_of(run)
    for task, above in least.items():
        arms = seen["blind"][task], seen["sees"][task]
        (difference,) = differences(*arms, {"right": mean_score()}).values()
        assert difference.value.value >= above, task
        assert difference.value.ci95[0] > above / 2, task


@pytest.mark.parametrize(("kind", "answer"), [("key", "yes"), ("triangle", "no")])
def test_it_answers_about_a_picture(omnibench, repository, kind, answer):
    picture = repository / "tasks" / "samples" / "pope" / "images" / "pope_000.png"
    done = omnibench("ask", "--model", "omnivlm", picture, f"Is there a {kind} in the image?")
    assert (done.code, done.out.strip().lower()) == (0, answer), done
