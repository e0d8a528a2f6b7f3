"""Wrong words and wrong files: one clear line on stderr, exit code 2, nothing lost."""

import json

import pytest

from tests.e2e.conftest import write_replies


def one_line(done):
    assert done.code == 2
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""
    return done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["eval", "--model", "fake", "--tasks", "nope"], "no task 'nope'; known: "),
        (["eval", "--model", "nope", "--tasks", "pope"], "no model 'nope'; known: "),
        (["eval", "--model", "fake", "--tasks", "pope:dev"], "no split 'dev'; known: test"),
        (["eval", "--model", "fake", "--tasks", "pope,pope"], "names pope twice"),
        (["eval", "--model", "fake", "--tasks", "./gone.py"], "no task file gone.py"),
        (["eval", "--model", "fake", "--tasks", "pope", "--data", "gone"], "not a folder"),
        (["eval", "--model", "fake", "--tasks", "pope", "--data", "."], "holds no pack"),
        (["eval", "--model", "fake", "--tasks", "pope", "--rule", "x"], "no rule 'x'; known: "),
        (["eval", "--model", "fake", "--tasks", "pope", "--judge", "replay:g"], "needs a judge"),
        (["eval", "--model", "fake", "--tasks", "mmvet", "--judge", "gpt"], "gpt"),
        (["eval", "--model", "fake", "--tasks", "mmvet", "--judge", "replay:gone"], "gone"),
        (["eval", "--model", "fake", "--tasks", "pope", "--limit", "0"], "--limit"),
        (["eval", "--model", "fake", "--tasks", "pope", "--batch-size", "x"], "--batch-size"),
        (["eval", "--model", "fake", "--tasks", "pope", "--max-errors", "2"], "--max-errors"),
        (["eval", "--model", "fake", "--tasks", "pope", "--control", "deaf"], "--control"),
        (["eval", "--model", "fake", "--tasks", "pope", "--dtype", "int3"], "--dtype"),
        (["eval", "--model", "fake", "--tasks", "pope", "--lim", "5"], "--lim"),
        (["eval", "--model", "fake", "--tasks", "pope", "--weights", "random"], "omnibench perf"),
        (["eval", "--model", "replay:gone.jsonl", "--tasks", "pope"], "gone.jsonl"),
        (["eval", "--model", "fake"], "needs --model and --tasks"),
        (["eval", "--resume", "gone"], "is not a run"),
        (["score", "gone"], "is not a run"),
        (["runs", "gone"], "is not a run"),
        (["tasks", "gone"], "no task 'gone'"),
        (["models", "gone"], "no model 'gone'"),
        (["data", "verify", "gone"], "no task 'gone'"),
        (["ask", "--model", "fake", "gone.png", "What is it?"], "gone.png is missing"),
        (["frobnicate"], "frobnicate"),
        ([], "COMMAND"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_words(omnibench, words, said):
    assert said in one_line(omnibench(*words))


def replay(omnibench, file, pack):
    return omnibench("eval", "--model", f"replay:{file}", "--tasks", "pope", "--data", pack)


def test_a_replies_file_that_lacks_ids(omnibench, pope_pack, tmp_path):
    file = write_replies(tmp_path / "m.jsonl", {f"r{i}": "yes" for i in range(17)})
    assert "lacks 1 of 18 ids (the first: 'r17')" in one_line(
        replay(omnibench, file, pope_pack(18))
    )


def test_a_replies_file_with_ids_that_no_row_has(omnibench, pope_pack, tmp_path):
    file = write_replies(tmp_path / "m.jsonl", {f"r{i}": "yes" for i in range(20)})
    assert "2 ids that no row of the pack has" in one_line(replay(omnibench, file, pope_pack(18)))


def test_a_replies_file_with_an_id_twice(omnibench, pope_pack, tmp_path):
    file = write_replies(tmp_path / "m.jsonl", {f"r{i}": "yes" for i in range(18)})
    file.write_text(file.read_text() * 2)
    assert "line 19: the id 'r0' stands twice" in one_line(replay(omnibench, file, pope_pack(18)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"answer": "yes"', '"answer": 1', "column `answer`"),
        (', "answer": "yes"', "", "has changed"),
        ('"answer": "yes"', '"answer": "maybe"', "maybe"),
    ],
)
def test_rows_that_are_off(omnibench, pope_pack, before, after, said):
    pack = pope_pack(18)
    rows = pack / "rows.jsonl"
    text = rows.read_text()
    old = text.splitlines()[1]
    rows.write_text(text.replace(old, old.replace(before, after)))
    if said != "has changed":
        from omnibench.data.pack import rows_hash

        header = (pack / "pack.toml").read_text().splitlines()
        header[3] = f'rows_sha256 = "{rows_hash([rows])}"'
        (pack / "pack.toml").write_text("\n".join(header))
    assert said in one_line(omnibench("eval", "--model", "fake", "--tasks", "pope", "--data", pack))


def test_a_count_that_is_off(omnibench, pope_pack):
    pack = pope_pack(18)
    with (pack / "rows.jsonl").open("a") as file:
        file.write("{}\n")
    said = one_line(omnibench("eval", "--model", "fake", "--tasks", "pope", "--data", pack))
    assert "has 19 rows where pack.toml says 18" in said


def test_two_packs_of_one_task_are_refused_with_their_names(omnibench, pope_pack, tmp_path):
    for name in ("first", "second"):
        pope_pack(18, name, tmp_path / "packs" / name)
    said = one_line(omnibench("eval", "--model", "fake", "--tasks", "pope", "--data", "packs"))
    assert "first, second" in said


def test_a_pack_of_another_task_is_refused(omnibench, pope_pack):
    said = one_line(
        omnibench("eval", "--model", "fake", "--tasks", "mmmu", "--data", pope_pack(18))
    )
    assert "is of pope, not of mmmu:val" in said


def test_a_task_file_that_cannot_be_loaded(omnibench, tmp_path):
    (tmp_path / "mine.py").write_text("def broken(:\n")
    assert "mine.py" in one_line(omnibench("eval", "--model", "fake", "--tasks", "./mine.py"))
    (tmp_path / "mine.py").write_text("TASK = 5\n")
    assert "defines no TASK" in one_line(
        omnibench("eval", "--model", "fake", "--tasks", "./mine.py")
    )


def test_a_folder_that_cannot_be_written(omnibench, tmp_path):
    (tmp_path / "runs").write_text("a file where a folder should be")
    done = omnibench("eval", "--model", "fake", "--tasks", "chartqa")
    assert done.code == 2
    assert "Traceback" not in done.err


def test_too_many_failed_samples_exit_with_1_and_are_listed(
    omnibench, pope_pack, monkeypatch, tmp_path
):
    from omnibench.backends import fake

    real = fake.FakeBackend.generate

    def failing(self, requests):
        if any(request.id == "r3" for request in requests):
            raise RuntimeError("out of memory\x1b[2J")
        return real(self, requests)

    monkeypatch.setattr(fake.FakeBackend, "generate", failing)
    words = ("eval", "--model", "fake", "--tasks", "pope", "--data", pope_pack(18), "--json")
    done = omnibench(*words)
    assert done.code == 1
    assert "pope: 1 of 18 samples failed, more than 1.00%; the first, r3: RuntimeError" in done.err
    assert "\x1b" not in done.err
    assert done.json()["results"]["tasks"]["pope"]["errors"] == 1
    assert omnibench(*words, "--max-errors", "0.1").code == 0


def test_a_damaged_record_is_named_and_kept(omnibench, tmp_path):
    run = omnibench("eval", "--model", "fake", "--tasks", "pope", "--json").json()["run"]
    path = tmp_path / run / "samples.jsonl"
    lines = path.read_text().splitlines()
    lines[4] = lines[4][:50]
    path.write_text("\n".join(lines) + "\n")
    for words in (["score", run], ["eval", "--resume", run]):
        done = omnibench(*words)
        assert done.code == 2
        assert "samples.jsonl line 5 is damaged" in done.err
    assert path.read_text().splitlines() == lines


def test_no_key_reaches_a_file_or_a_message(omnibench, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNIBENCH_API_KEY", "sk-very-secret")
    judge = "openai:judge@http://user:hunter2@127.0.0.1:9/v1?key=in-the-address"
    done = omnibench("eval", "--model", "fake", "--tasks", "mmvet", "--limit", 2, "--judge", judge)
    written = "".join(p.read_text() for p in (tmp_path / "runs").rglob("*.json*"))
    assert json.loads(next((tmp_path / "runs").rglob("plan.json")).read_text())["judge"]
    for secret in ("sk-very-secret", "hunter2", "in-the-address"):
        assert secret not in done.out + done.err + written
