import json
import subprocess
import sys

import pytest


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom omnibench.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pandas', 'matplotlib', 'rich', 'PIL'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "words", [["tasks"], ["models"], ["runs"], ["eval", "--help"], ["data", "list"]]
)
def test_listings_load_no_torch(words, tmp_path):
    code = (
        f"import sys\nfrom omnibench.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'transformers', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_replayed_eval_loads_no_torch(repository, tmp_path):
    rows = (repository / "tasks/samples/pope/rows.jsonl").read_text().splitlines()
    file = tmp_path / "m.jsonl"
    lines = [json.dumps({"id": json.loads(row)["id"], "reply": "yes"}) + "\n" for row in rows]
    file.write_text("".join(lines))
    code = (
        "import sys\nfrom omnibench.cli import main\n"
        f"main(['eval', '--model', 'replay:{file}', '--tasks', 'pope'])\n"
        "print(sorted({'torch', 'transformers', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_packages(omnibench):
    from importlib.metadata import version

    assert omnibench("--version").out.strip() == f"omnibench {version('omnibench')}"


@pytest.mark.parametrize("words", [["tasks"], ["models"], ["runs"], ["data", "list"], ["doctor"]])
def test_every_listing_has_a_json_form(omnibench, words):
    done = omnibench(*words, "--json")
    assert done.code == 0
    assert isinstance(done.json(), list)
    plain = omnibench(*words)
    assert (plain.code, plain.out == "" and words != ["runs"]) == (0, False)


def test_every_task_describes_itself(omnibench):
    for task in omnibench("tasks", "--json").json():
        one = omnibench("tasks", task["name"], "--json").json()
        assert one == task
        assert one["decoding"]["max_new_tokens"] > 0
        assert one["citation"]
        for rule in one["rules"].values():
            assert rule["headline"] in rule["metrics"]
        page = omnibench("tasks", task["name"]).out
        assert task["citation"] in page


def test_runs_lists_the_finished_and_the_unfinished(omnibench, tmp_path):
    omnibench("eval", "--model", "fake", "--tasks", "chartqa")
    run = omnibench("eval", "--model", "fake", "--tasks", "pope", "--json").json()["run"]
    (tmp_path / run / "results.json").unlink()
    listing = omnibench("runs").out
    assert "chartqa" in listing
    assert f"omnibench eval --resume {run}" in listing
    done = omnibench("eval", "--resume", run)
    assert done.code == 0
    page = omnibench("runs", run).out
    assert "f1/adversarial" in page
    assert omnibench("runs", run, "--json").json()["plan"]["command"].startswith("omnibench eval")


def test_a_bundled_pack_verifies_and_a_broken_image_is_found(omnibench, repository, tmp_path):
    assert omnibench("data", "verify", "pope").code == 0
    import shutil

    pack = tmp_path / "pack"
    shutil.copytree(repository / "tasks/samples/pope", pack)
    image = sorted((pack / "images").iterdir())[0]
    image.write_bytes(image.read_bytes()[:100])
    done = omnibench("data", "verify", "pope", "--data", pack)
    assert done.code == 2
    assert image.name in done.err
