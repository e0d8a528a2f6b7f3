import json
import os
import subprocess
import sys

import pytest

from tests.report_runs import record, timed, write_eval, write_perf

IMPORTS = """
import sys
from omnibench.cli import main
code = main(sys.argv[1:])
heavy = {"torch", "transformers", "omnivlm"} & set(sys.modules)
assert not heavy, heavy
sys.exit(code)
"""


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "made"
    write_eval(folder, [record(n, right=n > 0) for n in range(6)])
    write_perf(folder, {"tiny": timed(1.9, 14.0)})
    return folder


def test_a_report_is_one_file_and_loads_no_torch(runs, tmp_path):
    page = tmp_path / "report.html"
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, "report", str(runs), "--html", str(page)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "report.html"]


def test_importing_omnibench_loads_nothing_heavy():
    code = "import omnibench, sys; assert not {'pandas', 'numpy', 'msgspec'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_output_of_one_call(omnibench, runs, tmp_path):
    files = {"--html": "r.html", "--csv": "tables", "--junit": "r.xml", "--summary": "r.md"}
    done = omnibench("report", runs, *(word for pair in files.items() for word in pair), "--json")
    assert done.code == 0
    assert all((tmp_path / name).exists() for name in files.values())
    document = done.json()
    assert [run["name"] for run in document["runs"]] == ["tiny", "tiny"]
    assert document["headlines"][0]["name"] == "pope.accuracy"
    assert any("random" in line for line in document["caveats"])


def test_every_bundled_task_can_be_reported_and_compared(omnibench, tmp_path):
    """MME's pack lacks subtasks, and MM-Vet's has no grades: headlines without any number."""
    assert omnibench("eval", "--model", "fake", "--tasks", "all").code == 0
    (run,) = (tmp_path / "runs").iterdir()
    for words in (["report", run], ["compare", run, run]):
        done = omnibench(*words, "--html", "page.html")
        assert done.code == 0, done.err
        page = (tmp_path / "page.html").read_text()
        assert all(task in page for task in ("mme", "mmvet", "pope"))
        assert "no rows with category" in page


def test_without_a_file_the_tables_are_printed(omnibench, runs):
    done = omnibench("report", runs)
    assert done.code == 0
    assert "83.33 %" in done.out
    assert "image-question" in done.out


def test_the_history_grows_once_a_run(omnibench, runs, tmp_path):
    for _ in range(2):
        assert omnibench("report", runs, "--history", "history.jsonl", "--html", "r.html").code == 0
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 2


def test_a_run_that_was_cut_off_is_shown_as_such_and_is_inconclusive(omnibench, tmp_path):
    run = write_eval(tmp_path / "made", [record(0)], finished=False)
    done = omnibench("report", run.folder, "--html", "r.html")
    assert done.code == 3
    assert done.err.count("\n") == 2
    assert "was cut off" in done.err
    assert "was cut off and has no figures" in (tmp_path / "r.html").read_text()


def test_a_run_without_records_is_refused(omnibench, tmp_path):
    run = write_eval(tmp_path / "made", [record(0)])
    run.samples_path.unlink()
    done = omnibench("report", run.folder, "--html", "r.html")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "samples.jsonl holds 0" in done.err
    assert not (tmp_path / "r.html").exists()


def test_a_run_that_is_damaged_in_one_line_is_refused(omnibench, tmp_path):
    run = write_eval(tmp_path / "made", [record(n) for n in range(3)])
    text = run.samples_path.read_text()
    run.samples_path.write_text(text.replace('"id":"q1"', '"id":1'))
    done = omnibench("report", run.folder, "--html", "r.html")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "line 2 is damaged" in done.err


@pytest.mark.parametrize("file", ["plan.json", "results.json"])
def test_a_run_of_a_newer_format_is_refused(omnibench, tmp_path, file):
    run = write_eval(tmp_path / "made", [record(0)])
    written = json.loads((run.folder / file).read_text())
    (run.folder / file).write_text(json.dumps(written | {"format": 2}))
    done = omnibench("report", run.folder, "--html", "r.html")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "has format 2" in done.err


@pytest.mark.parametrize("flag", ["--html", "--junit", "--summary", "--history"])
def test_an_output_that_cannot_be_written_is_refused_before_any_work(omnibench, tmp_path, flag):
    done = omnibench("report", tmp_path / "no-such-run", flag, "no-such-folder/report")
    assert done.code == 2
    assert done.err == (
        "omnibench: no-such-folder/report cannot be written: there is no folder no-such-folder\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_without_permission_is_refused(omnibench, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    done = omnibench("report", tmp_path, "--html", "locked/report.html")
    assert done.code == 2
    assert "permission denied" in done.err


def test_a_folder_is_no_page(omnibench, runs):
    done = omnibench("report", runs, "--html", runs)
    assert done.code == 2
    assert "is a folder" in done.err


def test_what_is_no_run_is_refused(omnibench, tmp_path):
    done = omnibench("report", tmp_path, "--html", "r.html")
    assert done.code == 2
    assert "is not a run" in done.err


def test_a_page_that_fails_leaves_the_old_one(omnibench, tmp_path):
    (tmp_path / "r.html").write_text("the old page")
    run = write_eval(tmp_path / "made", [record(0)])
    run.samples_path.unlink()
    omnibench("report", run.folder, "--html", "r.html")
    assert (tmp_path / "r.html").read_text() == "the old page"


def test_a_comparison_becomes_a_page(omnibench, tmp_path):
    for name, wrong in (("base", 5), ("candidate", 20)):
        write_eval(tmp_path / name, [record(n, right=n >= wrong) for n in range(90)], name=name)
    done = omnibench("compare", "base", "candidate", "--html", "r.html")
    assert done.code == 0
    page = (tmp_path / "r.html").read_text()
    assert "paired on the same samples: 15 samples got worse, 0 better" in page
