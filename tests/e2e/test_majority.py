"""`omnibench eval --control majority`: no model, one answer, a run like any other."""

import json


def test_it_needs_no_model_and_asks_none(omnibench, pope_pack):
    pack = pope_pack(36)
    words = ("eval", "--tasks", "pope", "--data", pack, "--control", "majority", "--json")
    done = omnibench(*words)
    assert done.code == 0
    results = done.json()["results"]
    assert (results["control"], results["model"]["name"]) == ("majority", "majority")
    assert results["model"]["weights"].startswith("none: the most frequent right answer")
    figures = results["tasks"]["pope"]["metrics"]["official"]
    assert figures["accuracy"]["value"] == 0.5
    assert figures["yes_ratio/pooled"]["value"] in (0.0, 1.0)
    named = omnibench(*words, "--model", "omnivlm-968m").json()["results"]
    assert named == results


def test_packs_beside_recorded_replies_are_found_though_the_replies_are_not_read(
    omnibench, pope_pack, tmp_path
):
    pope_pack(18, "one", tmp_path / "packs" / "one")
    words = ("eval", "--model", f"replay:{tmp_path}/packs/m", "--tasks", "pope", "--json")
    results = omnibench(*words, "--control", "majority").json()["results"]
    assert results["model"]["name"] == "majority"
    assert results["tasks"]["pope"]["data"]["pack"] == "one"


def test_the_answer_is_that_of_the_rows_that_are_asked_and_a_run_can_be_resumed(
    omnibench, pope_pack, tmp_path
):
    pack = pope_pack(36)
    words = ("eval", "--tasks", "pope", "--data", pack, "--control", "majority", "--limit", 18)
    first = omnibench(*words, "--json").json()
    (run,) = (tmp_path / "runs").iterdir()
    records = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    assert {record["reply"] for record in records} == {records[0]["target"]}
    kept = (run / "samples.jsonl").read_bytes()
    (run / "samples.jsonl").write_bytes(kept[: len(kept) // 2])
    again = omnibench("eval", "--resume", run, "--json")
    assert again.code == 0
    assert again.json()["results"] == first["results"]
    assert (run / "samples.jsonl").read_bytes().count(b"\n") == 18


def test_answers_that_are_not_public_have_no_majority(omnibench, tmp_path):
    row = {
        "id": "test_Art_1",
        "question": "Which?",
        "options": "['a', 'b']",
        "question_type": "multiple-choice",
    }
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "rows.jsonl").write_text(json.dumps(row) + "\n")
    from omnibench.data.pack import rows_hash

    digest = rows_hash([pack / "rows.jsonl"])
    (pack / "pack.toml").write_text(
        f'task = "mmmu"\nname = "t"\nrows = 1\nrows_sha256 = "{digest}"\nsplit = "test"\n'
        'source = "a test"\nlicence = "none"\n'
    )
    done = omnibench("eval", "--tasks", "mmmu:test", "--data", pack, "--control", "majority")
    assert done.code == 2
    assert "answers, and those of mmmu:test are not public; leave it out" in done.err
