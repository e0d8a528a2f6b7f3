"""The bundled model answers because it sees."""

import pytest

from omnibench.scoring.difference import differences
from omnibench.scoring.metrics import mean_score
from omnibench.store import Run, find_runs

NANOLLAVA = "model/weights/nanollava-tiny"  # beside the package: the wheel does not hold it


def rows_of(folder):
    """Every sample of the one run in a folder by its task, in the order of ids."""
    (run,) = find_runs(folder)
    found = {}
    for record in sorted(Run(run).records(), key=lambda each: each.id):
        found.setdefault(record.task, []).append(record.scored("official"))
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
        seen[arm] = rows_of(tmp_path / arm)
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
