"""Tasks of lmms-eval in omnibench: asked, scored, resumed and scored again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnibench.cli import main
from omnibench.store import find_runs

RULE = "lmms-eval-0.7.3"


def records(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]


@pytest.fixture
def asked(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """An eval of the fake model; the run's folder."""

    def ask(task: str, *words: str) -> Path:
        out = tmp_path / "runs"
        data = ["--data", str(folder), "--out", str(out)]
        assert main(["eval", "--model", "fake", "--tasks", task, *data, *words]) == 0
        return find_runs(out)[-1]

    return ask


def figures(run: Path, task: str) -> dict[str, Any]:
    return json.loads((run / "results.json").read_text())["tasks"][task]["metrics"][RULE]


@pytest.mark.parametrize("name", ["pope", "mmstar", "ai2d"])
def test_the_figures_are_those_of_lmms_eval(
    name: str, asked: Callable[..., Path], evaluated: Any, folder: Path
) -> None:
    ours = figures(asked(f"lmms:{name}"), f"lmms:{name}")
    theirs = evaluated(name, folder)
    shown = {
        key.removesuffix(",none").replace(",", "/"): value
        for key, value in theirs["results"][name].items()
        if "," in key and "_stderr" not in key
    }
    assert shown
    for key, value in shown.items():
        assert ours[key]["value"] == pytest.approx(value, abs=1e-12), key
    missing = {key for key, value in ours.items() if value["value"] is None}
    assert missing == set(ours) - set(shown)


def test_a_process_of_its_own_knows_the_metrics_that_a_task_names(
    folder: Path, tmp_path: Path
) -> None:
    """Other tests import lmms-eval's evaluator, which registers them on the way."""
    words = ["eval", "--model", "fake", "--tasks", "lmms:ai2d"]
    paths = ["--data", str(folder), "--out", str(tmp_path / "runs")]
    done = subprocess.run(
        [sys.executable, "-m", "omnibench", *words, *paths], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (run,) = find_runs(tmp_path / "runs")
    found = figures(run, "lmms:ai2d")
    assert found
    assert {name.split("/")[0] for name in found} == {"exact_match"}


def test_prompts_pictures_and_clusters_are_those_of_its_documents(
    asked: Callable[..., Path], folder: Path
) -> None:
    run = asked("lmms:mmstar")
    found = records(run)
    assert found[3]["prompt"].endswith("option's letter from the given choices directly")
    assert found[3]["target"][0] == "D"
    assert json.loads(found[3]["target"][1])["l2_category"] == "x"
    assert len({record["group"] for record in found}) == 48
    (task,) = json.loads((run / "plan.json").read_text())["tasks"]
    assert task["decoding"]["max_new_tokens"] == 128
    average = figures(run, "lmms:mmstar")["average"]
    assert average["ci95"][0] < average["value"] < average["ci95"][1]
    assert "halves" in average["method"]


def test_a_cut_run_goes_on_and_is_scored_again_without_the_data(
    asked: Callable[..., Path], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = asked("lmms:mmstar")
    whole = (run / "samples.jsonl").read_bytes()
    figures_before = (run / "results.json").read_bytes()
    (run / "samples.jsonl").write_bytes(whole[: len(whole) // 2])
    (run / "results.json").unlink()
    assert main(["eval", "--resume", str(run)]) == 0
    assert (run / "results.json").read_bytes() == figures_before
    for file in folder.rglob("*.parquet"):
        file.unlink()
    assert main(["score", str(run)]) == 0
    assert (run / "results.json").read_bytes() == figures_before


def test_a_model_sees_the_pictures(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen"
    words = ["eval", "--model", "omnivlm-tiny", "--tasks", "lmms:pope", "--limit", "4"]
    assert main([*words, "--data", str(folder), "--out", str(out), "--control", "blind"]) == 0
    (run,) = find_runs(out)
    assert all(len(record["images"]) == 1 for record in records(run))


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("nosuch", "no task 'nosuch'"),
        ("mmmu_val", "guesses at random"),
        ("mmvet", "asks a model over the network"),
        ("mmbench", "is a group; name its tasks"),
        ("seedbench_ppl", "only generate_until is served"),
        ("pope:val", "asks the split 'test' alone"),
        ("gqa", "cannot read its data"),
        ("pope", "in the hub's cache"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_line(
    task: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--model", "fake", "--tasks", f"lmms:{task}"]) == 2
    last = capfd.readouterr().err.splitlines()[-1]
    assert words in last
    assert last.startswith("omnibench: ")


def test_a_folder_without_parquet_files_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", "--model", "fake", "--tasks", "lmms:pope", "--data", str(tmp_path)]
    assert main(words) == 2
    assert "holds no parquet file" in capfd.readouterr().err


def test_a_document_that_the_tasks_code_refuses_stops_in_a_line(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import datasets

    (file,) = (folder / "pope").glob("*.parquet")
    rows = datasets.load_dataset("parquet", data_files=str(file))["train"].to_list()
    rows[5]["answer"] = "perhaps"
    datasets.Dataset.from_list(rows).to_parquet(file)
    data = ["--data", str(folder), "--out", str(tmp_path / "runs")]
    assert main(["eval", "--model", "fake", "--tasks", "lmms:pope", *data]) == 2
    last = capfd.readouterr().err.splitlines()[-1]
    assert "failed to score" in last
    assert "AssertionError" in last


# lmms-eval leaves the file that it writes to be closed by chance.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_imported_run_has_its_figures_and_cannot_be_scored_again(
    evaluated: Any, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from lmms_eval.loggers import EvaluationTracker

    found = evaluated("pope", folder, log_samples=True)
    tracker = EvaluationTracker(output_path=str(tmp_path / "theirs"))
    tracker.general_config_tracker.model_name_sanitized = "fake"
    samples = found.pop("samples")
    tracker.save_results_aggregated(results=found, samples=samples, datetime_str="20260101_000000")
    tracker.save_results_samples(task_name="pope", samples=samples["pope"])
    out = tmp_path / "imported"
    words = ["import", "lmms", str(tmp_path / "theirs"), "--harness-version", "0.7.3"]
    assert main([*words, "--out", str(out)]) == 0
    (run,) = find_runs(out)
    ours = figures(run, "lmms:pope")
    for key, value in found["results"]["pope"].items():
        if key.endswith(",none") and "_stderr" not in key:
            assert ours[key.removesuffix(",none")]["value"] == value
    assert len(records(run)) == 72
    capfd.readouterr()
    assert main(["score", str(run)]) == 2
    assert "it was imported" in capfd.readouterr().err
    assert len(records(run)) == 72
