"""lmms-eval's files as runs. The lines are as lmms-eval 0.7.3 writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from omnibench.cli import main
from omnibench.data.pack import rows_hash
from omnibench.store import Run, find_runs

STAMP = "20261121_160955"
REPLIES = ["yes", "no", "yes", "Yes.", "", "no"]
ANSWERS = ["yes", "yes", "no", "yes", "no", "no"]


def line(number: int, reply: str, answer: str) -> dict[str, Any]:
    right = float(reply == answer)
    item = {"question_id": str(number), "score": right, "prediction": reply, "ground_truth": answer}
    return {
        "doc_id": number,
        "target": answer,
        "filtered_resps": reply,
        "token_counts": [{"input_tokens": 20 + number, "output_tokens": 2}],
        "doc_hash": "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",
        "pope_accuracy": item,
        "pope_recall": item,
        "hit": right,
        "input": f"Is there a cup {number} in the image?\nAnswer the question using a single word.",
    }


def results(**changed: Any) -> dict[str, Any]:
    right = sum(reply == answer for reply, answer in zip(REPLIES, ANSWERS, strict=True))
    figures = {
        "alias": "pope",
        "pope_accuracy,none": right / 6,
        "pope_accuracy_stderr,none": "N/A",
        "pope_accuracy_stderr_clt,none": 0.07,
        "pope_recall,none": 0.4,
        "pope_recall_stderr_clt,none": 0.07,
        "hit,none": right / 6,
        "submission,none": None,
    }
    config = {"test_split": "test", "dataset_path": "lmms-lab-encoder/POPE"}
    config["generation_kwargs"] = {"max_new_tokens": 128, "temperature": 0.0, "do_sample": False}
    return {
        "results": {"pope": figures},
        "configs": {"pope": config},
        "n-samples": {"pope": {"original": 9000, "effective": 6}},
        "config": {
            "model": "llava",
            "model_args": "pretrained=x/y,base_url=https://me:secret@host/v1?key=1",
            "batch_size": "4",
            "limit": 6.0,
            "device": None,
        },
        "lmms_eval_version": "unknown@unknown",
        "model_name": "x/y",
    } | changed


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder as lmms-eval leaves it."""
    folder = tmp_path / "out" / "x__y"
    folder.mkdir(parents=True)
    (folder / f"{STAMP}_results.json").write_text(json.dumps(results()))
    lines = [line(n, *pair) for n, pair in enumerate(zip(REPLIES, ANSWERS, strict=True))]
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / f"{STAMP}_samples_pope.jsonl").write_text(text)
    return folder


def imported(tmp_path: Path, *words: object) -> Run:
    out = tmp_path / "runs"
    assert main(["import", "lmms", *map(str, words), "--out", str(out)]) == 0
    (folder,) = find_runs(out)
    return Run(folder)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["import", "lmms", *map(str, words)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def test_replies_and_figures_become_a_run(written: Path, tmp_path: Path) -> None:
    run = imported(tmp_path, written.parent)
    records = list(run.records())
    assert [record.reply for record in records] == REPLIES
    assert [record.target for record in records] == ANSWERS
    assert records[0].task == "lmms:pope"
    assert records[1].scores == {"lmms-eval": 0.0}
    assert (records[2].tokens_in, records[2].tokens_out) == (22, 2)
    made = run.results()
    assert made is not None
    task = made.tasks["lmms:pope"]
    assert (task.n, task.unread, task.headline) == (6, 1, "pope_accuracy")
    value = task.metrics["lmms-eval"]["pope_accuracy"]
    assert value.value == pytest.approx(1 / 3)
    assert (value.provenance, value.unit, value.n) == ("measured", "fraction", 6)
    assert value.ci95 is not None
    assert "independent" in (value.method or "")


def test_a_standard_error_that_is_another_metrics_is_not_taken(
    written: Path, tmp_path: Path
) -> None:
    made = imported(tmp_path, written).results()
    assert made is not None
    recall = made.tasks["lmms:pope"].metrics["lmms-eval"]["pope_recall"]
    assert (recall.value, recall.ci95) == (0.4, None)
    assert "no mean" in (recall.method or "")
    submission = made.tasks["lmms:pope"].metrics["lmms-eval"]["submission"]
    assert (submission.value, submission.provenance) == (None, "missing")


def test_the_version_is_named_or_unknown(written: Path, tmp_path: Path) -> None:
    made = imported(tmp_path, written, "--harness-version", "0.7.3").results()
    assert made is not None
    values = made.tasks["lmms:pope"].metrics["lmms-eval-0.7.3"]
    assert values["hit"].source == "lmms-eval 0.7.3"


def test_no_password_of_the_models_arguments_reaches_the_run(written: Path, tmp_path: Path) -> None:
    run = imported(tmp_path, written)
    for file in run.folder.iterdir():
        assert "secret" not in file.read_text()


def test_without_samples_the_figures_stand_alone(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (written / f"{STAMP}_samples_pope.jsonl").unlink()
    run = imported(tmp_path, written)
    assert list(run.records()) == []
    made = run.results()
    assert made is not None
    value = made.tasks["lmms:pope"].metrics["lmms-eval"]["pope_accuracy"]
    assert (value.value, value.n, value.ci95) == (pytest.approx(1 / 3), 6, None)
    assert "not kept" in (value.method or "")
    assert "--log_samples" in capsys.readouterr().err


def test_the_oldest_files_hold_figures_alone(tmp_path: Path) -> None:
    (tmp_path / "a_results.json").write_text('{"results": {"mme": {"perception,none": 1500.5}}}')
    made = imported(tmp_path, tmp_path / "a_results.json").results()
    assert made is not None
    value = made.tasks["lmms:mme"].metrics["lmms-eval"]["perception"]
    assert (value.value, value.unit, value.n) == (1500.5, "points", None)


def test_runs_lists_it(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(tmp_path, written)
    capsys.readouterr()
    assert main(["runs", "--out", str(run.folder.parent)]) == 0
    assert "lmms:pope 33.33 %" in capsys.readouterr().out


def pope_pack(folder: Path, questions: list[str]) -> Path:
    folder.mkdir()
    rows = [
        {
            "id": f"r{n}", "question_id": str(n), "category": ("popular", "random")[n % 2],
            "image": f"{n // 2}.png", "image_source": str(n // 2), "question": question,
            "answer": answer,
        }
        for n, (question, answer) in enumerate(zip(questions, ANSWERS, strict=True))
    ]  # fmt: skip
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "pack.toml").write_text(
        f'task = "pope"\nname = "made"\nrows = 6\nrows_sha256 = "{rows_hash([file])}"\n'
        'source = "a test"\nlicence = "none"\n'
    )
    return folder


def test_our_rules_read_the_replies_to_our_task(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = pope_pack(tmp_path / "pack", [f"Is there a cup {n} in the image?" for n in range(6)])
    run = imported(tmp_path, written, "--data", pack)
    made = run.results()
    assert made is not None
    metrics = made.tasks["pope"].metrics
    assert metrics["lmms-eval-0.7.3"]["accuracy/pooled"].value == pytest.approx(1 / 3)
    # the official rule reads "Yes." as yes
    assert metrics["official"]["accuracy/pooled"].value == pytest.approx(3 / 6)
    assert made.tasks["pope"].clusters == 3
    before = run.samples_path.read_bytes()
    capsys.readouterr()
    assert main(["score", str(run.folder)]) == 0
    assert run.samples_path.read_bytes() == before
    assert Run(run.folder).results() == made


def test_rows_that_were_not_asked_are_refused(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = pope_pack(tmp_path / "pack", [f"Is there a dog {n} in the image?" for n in range(6)])
    err = refused(capsys, written, "--data", pack, "--out", tmp_path / "runs")
    assert "document 0 asks" in err
    assert not (tmp_path / "runs").exists()


def test_a_pack_with_too_few_rows_is_refused(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = written / f"{STAMP}_samples_pope.jsonl"
    samples.write_text(samples.read_text().replace('"doc_id": 5', '"doc_id": 6'))
    pack = pope_pack(tmp_path / "pack", [f"Is there a cup {n} in the image?" for n in range(6)])
    assert "beyond the 6 rows" in refused(capsys, written, "--data", pack)
    samples.unlink()
    assert "leave --data out" in refused_after_a_note(capsys, written, "--data", pack)


def refused_after_a_note(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["import", "lmms", *map(str, words)]) == 2
    return capsys.readouterr().err


def test_a_task_that_is_not_ours_keeps_its_own_name_beside_ours(
    written: Path, tmp_path: Path
) -> None:
    (file,) = written.glob("*_results.json")
    found = results()
    found["results"]["mmstar"] = {"average,none": 0.4}
    found["configs"]["mmstar"] = {}
    file.write_text(json.dumps(found))
    pack = pope_pack(tmp_path / "pack", [f"Is there a cup {n} in the image?" for n in range(6)])
    made = imported(tmp_path, written, "--data", pack).results()
    assert made is not None
    assert list(made.tasks) == ["pope", "lmms:mmstar"]


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (f"{STAMP}_results.json", "{", "is no results file"),
        (f"{STAMP}_results.json", "[]", "is no results file"),
        (f"{STAMP}_results.json", '{"results": {}}', "holds no task"),
        (f"{STAMP}_results.json", '{"results": {"pope": {"alias": "x"}}}', "no figure of pope"),
        (f"{STAMP}_samples_pope.jsonl", '{"doc_id": 0}\n', "line 1 is damaged"),
        (f"{STAMP}_samples_pope.jsonl", json.dumps(line(0, "a", "b"))[:-9], "line 1 is damaged"),
        (f"{STAMP}_samples_pope.jsonl", json.dumps(line(0, "a", "b")), "has 1 documents where"),
        ("another_results.json", "{}", "holds 2 evaluations"),
    ],
)
def test_damaged_files_are_refused_in_a_line(
    written: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, words: str
) -> None:
    (written / file).write_text(text)
    assert words in refused(capsys, written)


def test_a_folder_without_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--output_path" in refused(capsys, tmp_path)


def test_the_example_of_the_evidence(evidence: Path, tmp_path: Path) -> None:
    made = imported(tmp_path, evidence / "lmms-eval-results-example.json").results()
    assert made is not None
    value = made.tasks["lmms:pope"].metrics["lmms-eval"]["pope_f1_score"]
    assert value.value == pytest.approx(0.8584860173577628)
    assert (value.n, value.ci95) == (9000, None)
