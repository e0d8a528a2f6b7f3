import json

import pytest

from tests.e2e.conftest import write_replies


def replies_for(count):
    return {f"r{i}": "yes" if i % 3 else "No, there is none." for i in range(count)}


def test_a_replayed_run_is_self_contained_and_says_where_it_lies(omnibench, pope_pack, tmp_path):
    pack = pope_pack(36)
    file = write_replies(tmp_path / "m.jsonl", replies_for(36))
    done = omnibench(
        "eval", "--model", f"replay:{file}", "--tasks", "pope", "--data", pack, "--json"
    )
    assert done.code == 0
    folder = tmp_path / done.json()["run"]
    assert {path.name for path in folder.iterdir()} == {
        "plan.json",
        "host.json",
        "samples.jsonl",
        "results.json",
    }
    results = json.loads((folder / "results.json").read_text())
    assert results == done.json()["results"]
    assert (results["format"], results["kind"], results["control"]) == (1, "eval", None)
    assert set(results["fingerprints"]) == {"data", "prompt", "rule", "environment"}
    pope = results["tasks"]["pope"]
    assert (pope["n"], pope["clusters"], pope["headline"]) == (36, 2, "mean_f1")
    assert pope["data"]["kind"] == "custom"
    assert set(pope["metrics"]) == {"official", "lmms-eval-0.7.3"}
    for path in folder.iterdir():
        for line in (
            path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
        ):
            assert json.loads(line)["format"] == 1
    (pack / "rows.jsonl").unlink()
    again = omnibench("score", folder, "--json")
    assert again.json()["results"]["tasks"] == results["tasks"]


def test_the_table_shows_interval_n_unread_and_the_folder(omnibench, pope_pack, tmp_path):
    pack = pope_pack(36)
    file = write_replies(tmp_path / "m.jsonl", replies_for(36) | {"r0": "hm"})
    done = omnibench("eval", "--model", f"replay:{file}", "--tasks", "pope", "--data", pack)
    line = next(line for line in done.out.splitlines() if "mean_f1" in line)
    cells = line.split()
    assert cells[:4] == ["pope", "custom", "mean_f1", "official"]
    assert cells[-3:] == ["36", "1", "0"]
    assert "run: runs/" in done.out


def test_replies_of_several_packs_are_found_by_name(omnibench, pope_pack, tmp_path):
    pack = pope_pack(18, "one", tmp_path / "packs" / "one")
    write_replies(pack / "replies" / "m.jsonl", replies_for(18))
    done = omnibench("eval", "--model", f"replay:{tmp_path}/packs/m", "--tasks", "pope", "--json")
    assert done.json()["results"]["model"]["name"] == "m"


def test_the_bundled_samples_are_named_as_such(omnibench):
    done = omnibench("eval", "--model", "fake", "--tasks", "all", "--json")
    assert done.code == 0
    assert "the bundled sample pack" in done.err
    tasks = done.json()["results"]["tasks"]
    assert {"pope", "scienceqa", "mmmu", "mmvet", "chartqa"} <= set(tasks)
    assert {task["data"]["kind"] for task in tasks.values()} == {"sample"}
    total = tasks["mmvet"]["metrics"]["official"]["total"]
    assert (total["value"], total["provenance"]) == (None, "missing")
    assert "--judge" in total["reason"]
    assert tasks["mmvet"]["errors"] == 0


def test_full_refuses_the_sample_with_the_command_that_gets_the_data(omnibench):
    done = omnibench("eval", "--model", "fake", "--tasks", "pope", "--full")
    assert done.code == 2
    assert "omnibench pull data pope" in done.err


def test_a_limit_asks_that_many_and_a_control_is_recorded(omnibench):
    words = ("eval", "--model", "fake", "--tasks", "pope", "--limit", 36, "--json")
    plain = omnibench(*words).json()["results"]
    blind = omnibench(*words, "--control", "blind").json()["results"]
    assert plain["tasks"]["pope"]["n"] == 36
    assert (plain["control"], blind["control"]) == (None, "blind")
    differing = {k for k, v in plain["fingerprints"].items() if blind["fingerprints"][k] != v}
    assert differing == {"prompt"}


def test_rules_can_be_chosen(omnibench):
    words = ("eval", "--model", "fake", "--tasks", "pope", "--json", "--rule", "lmms-eval-0.7.3")
    assert set(omnibench(*words).json()["results"]["tasks"]["pope"]["metrics"]) == {
        "lmms-eval-0.7.3"
    }


def test_a_dry_run_prints_the_plan_and_writes_nothing(omnibench, tmp_path):
    done = omnibench("eval", "--model", "omnivlm-968m", "--tasks", "pope,mmmu", "--dry-run")
    plan = done.json()
    assert [task["name"] for task in plan["tasks"]] == ["pope", "mmmu"]
    assert not (tmp_path / "runs").exists()


def test_several_models_make_several_runs(omnibench, tmp_path):
    done = omnibench("eval", "--model", "fake,fake", "--tasks", "chartqa", "--json")
    assert len(done.json()) == len(list((tmp_path / "runs").iterdir())) == 2


def test_a_users_task_file_takes_the_same_road_and_is_said_to_be_code(
    omnibench, repository, tmp_path
):
    source = (repository / "tasks" / "pope.py").read_text()
    (tmp_path / "mine.py").write_text(source.replace('name="pope"', 'name="mine"'))
    pack = tmp_path / "pack"
    pack.mkdir()
    for name in ("rows.jsonl", "pack.toml"):
        text = (repository / "tasks" / "samples" / "pope" / name).read_text()
        (pack / name).write_text(text.replace('task = "pope"', 'task = "mine"'))
    done = omnibench("eval", "--model", "fake", "--tasks", "./mine.py", "--data", pack, "--json")
    assert done.code == 0
    assert "your own file" in done.err
    run = tmp_path / done.json()["run"]
    assert omnibench("score", run, "--json").json()["results"]["tasks"]["mine"]["n"] == 360


def test_grades_can_come_later(omnibench, repository, tmp_path):
    run = omnibench("eval", "--model", "fake", "--tasks", "mmvet", "--json").json()["run"]
    rows = (repository / "tasks" / "samples" / "mmvet" / "rows.jsonl").read_text().splitlines()
    grades = [{"id": json.loads(row)["id"], "grades": [0.5, 0.3]} for row in rows]
    file = tmp_path / "grades.jsonl"
    file.write_text("".join(json.dumps(grade) + "\n" for grade in grades[:-1]))
    done = omnibench("score", run, "--judge", f"replay:{file}", "--json")
    task = done.json()["results"]["tasks"]["mmvet"]
    total = task["metrics"]["official"]["total"]
    assert task["errors"] == 1
    assert total["n"] == len(rows) - 1
    assert total["value"] == pytest.approx(40.0)
    plan = json.loads((tmp_path / run / "plan.json").read_text())
    assert plan["judge"] == f"replay:{file}"


def test_the_test_split_of_mmmu_writes_its_submission(omnibench, repository, tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    source = repository / "tasks" / "samples" / "mmmu"
    lines = []
    for line in (source / "rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        row["id"], row["answer"] = row["id"].replace("validation_", "test_"), "?"
        lines.append(json.dumps(row))
    (pack / "rows.jsonl").write_text("\n".join(lines) + "\n")
    from omnibench.data.pack import rows_hash

    digest = rows_hash([pack / "rows.jsonl"])
    (pack / "pack.toml").write_text(
        f'task = "mmmu"\nname = "t"\nrows = {len(lines)}\nrows_sha256 = "{digest}"\n'
        'source = "a test"\nlicence = "none"\nsplit = "test"\n'
    )
    words = ("eval", "--model", "fake", "--tasks", "mmmu:test", "--data", pack, "--json")
    done = omnibench(*words)
    assert done.code == 0
    task = done.json()["results"]["tasks"]["mmmu:test"]
    accuracy = task["metrics"]["official"]["accuracy"]
    assert accuracy["provenance"] == "missing"
    assert "not public" in accuracy["reason"]
    (file,) = (tmp_path / done.json()["run"]).glob("*_submission.json")
    submission = json.loads(file.read_text())
    assert set(submission) == {json.loads(line)["id"] for line in lines}


@pytest.mark.parametrize(
    ("word", "label"), [("mmmu_val", "mmmu"), ("mmbench_en_dev", "mmbench_en")]
)
def test_lmms_evals_names_mean_the_same_tasks(omnibench, word, label):
    done = omnibench("eval", "--model", "fake", "--tasks", word, "--dry-run")
    assert [task["label"] for task in done.json()["tasks"]] == [label]


def test_an_alias_may_mean_a_split(omnibench):
    words = ("eval", "--model", "fake", "--tasks", "scienceqa_img,scienceqa", "--json")
    tasks = omnibench(*words).json()["results"]["tasks"]
    assert tasks["scienceqa:image"]["n"] < tasks["scienceqa"]["n"]
    assert tasks["scienceqa:image"]["split"] == "image"
