import errno
import json
import os

import pytest

from omnibench.core import Decoding, ModelCard, Reading, SampleRecord
from omnibench.errors import OmnibenchError
from omnibench.hardware import host
from omnibench.plan import EvalPlan, TaskPlan, differences, without_secrets
from omnibench.store import Run, RunWriter, create_run, find_runs, slug


def plan(**changes):
    task = TaskPlan(
        label="pope", name="pope", split="test", version=1, source=None, pack="p", pack_folder="/p",
        kind="custom", rows_sha256="0" * 64, n=3, population=3, ids_sha256="1", prompts_sha256="2",
        decoding=Decoding(8), rules=("official",),
    )  # fmt: skip
    fields = {
        "model": "fake", "card": ModelCard("fake", None, "none", None, None), "weights": None,
        "device": "cpu", "dtype": None, "data": None, "tasks": (task,), "rule": None, "judge": None,
        "judge_runs": 5, "control": None, "limit": None, "seed": 0, "batch_size": 4,
        "max_errors": 0.01, "command": "omnibench eval", "environment": {"cpu": "x"},
    }  # fmt: skip
    return EvalPlan(**fields | changes)


def record(number):
    return SampleRecord(
        task="pope", id=str(number), prompt="Is there a cup?", target="yes", reply="yes\n✓",
        readings={"official": Reading("yes")}, scores={"official": 1.0},
    )  # fmt: skip


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path, plan(), host())


def test_records_come_back_as_they_were_written(run):
    with RunWriter(run) as writer:
        for number in range(3):
            writer.append(record(number))
    assert list(Run(run.folder).records()) == [record(0), record(1), record(2)]
    assert all(
        json.loads(line)["format"] == 1 for line in run.samples_path.read_text().splitlines()
    )


@pytest.mark.parametrize("torn", [b'{"format":1,"ta', b"\xff\xfe", b'{"format":1}'])
def test_a_torn_last_line_is_dropped_on_resume_and_nothing_else(run, torn):
    with RunWriter(run) as writer:
        writer.append(record(0))
    with run.samples_path.open("ab") as file:
        file.write(torn)
    assert list(run.records()) == [record(0)]
    with RunWriter(run) as writer:
        writer.append(record(1))
    assert list(run.records()) == [record(0), record(1)]


def test_a_file_that_is_one_long_torn_line_becomes_empty(run):
    run.samples_path.write_bytes(b"x" * 200_000)
    with RunWriter(run):
        assert run.samples_path.stat().st_size == 0


@pytest.mark.parametrize("damage", ['{"format":1,"task":5}', '{"format":2,"task":"pope"}', "{", ""])
def test_a_damaged_line_is_named_and_kept(run, damage):
    with RunWriter(run) as writer:
        writer.append(record(0))
    with run.samples_path.open("a") as file:
        file.write(damage + "\n")
    with pytest.raises(OmnibenchError, match="line 2 is damaged"):
        list(run.records())
    assert damage in run.samples_path.read_text()


def test_a_record_that_stands_twice_is_damage(run):
    with RunWriter(run) as writer:
        writer.append(record(0))
        writer.append(record(0))
    with pytest.raises(OmnibenchError, match="line 2 is damaged"):
        list(run.records())


def test_two_processes_do_not_write_to_one_run(run):
    with RunWriter(run), pytest.raises(OmnibenchError, match="another process"):
        RunWriter(run)


def test_a_full_disk_leaves_whole_lines(run, monkeypatch):
    with RunWriter(run) as writer:
        writer.append(record(0))
        real = os.write

        def short(file, data):
            if len(data) > 20:
                return real(file, data[:20])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("omnibench.store.files.os.write", short)
        with pytest.raises(OSError, match="No space"):
            writer.append(record(1))
        monkeypatch.undo()
    assert run.samples_path.read_bytes().endswith(b"}\n")
    assert list(run.records()) == [record(0)]


def test_a_rewrite_that_fails_leaves_the_run_as_it_was(run):
    with RunWriter(run) as writer:
        writer.append(record(0))
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}

    def failing():
        yield record(5)
        raise OmnibenchError("the judge is gone")

    with pytest.raises(OmnibenchError, match="judge is gone"):
        run.rewrite(plan(seed=9), failing())
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before


def test_runs_made_in_the_same_second_do_not_meet(tmp_path):
    folders = {create_run(tmp_path, plan(), host()).folder for _ in range(3)}
    assert set(find_runs(tmp_path)) == folders
    assert len(folders) == 3


def test_what_is_no_run_says_so(tmp_path):
    with pytest.raises(OmnibenchError, match=r"is not a run: it has no plan\.json"):
        Run(tmp_path)
    (tmp_path / "plan.json").write_text('{"format": 7}')
    with pytest.raises(OmnibenchError, match=r"plan\.json cannot be read"):
        Run(tmp_path)


def test_a_newer_format_is_refused_by_its_number(run):
    path = run.folder / "plan.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(OmnibenchError, match="format 2; this omnibench reads up to 1"):
        Run(run.folder)


def test_each_fingerprint_covers_its_own_part():
    base = plan()
    task = base.tasks[0]

    def changed(**fields):
        import msgspec

        other = plan(tasks=(msgspec.structs.replace(task, **fields),))
        before, after = base.fingerprints(), other.fingerprints()
        return [name for name in before if before[name] != after[name]]

    assert changed(rows_sha256="f") == ["data"]
    assert changed(prompts_sha256="f") == ["prompt"]
    assert changed(decoding=Decoding(9)) == ["prompt"]
    assert changed(version=2) == ["rule"]
    assert changed(pack_folder="/elsewhere") == []
    assert plan(control="blind").fingerprints()["prompt"] != base.fingerprints()["prompt"]
    assert (
        plan(environment={"cpu": "y"}).fingerprints()["environment"]
        != base.fingerprints()["environment"]
    )


def test_differences_say_what_differs():
    assert differences(plan(), plan()) == []
    words = "; ".join(differences(plan(), plan(seed=3, environment={"cpu": "x", "code": "new"})))
    assert "seed (0 -> 3)" in words
    assert "environment fingerprint (code)" in words


@pytest.mark.parametrize("secret", ["user:pass", "u:p@ss", "u%40:p", "user"])
def test_no_secret_of_a_url_reaches_a_file(secret):
    text = f"openai:m@https://{secret}@host/v1?key=abc#frag --tasks pope"
    assert without_secrets(text) == "openai:m@https://host/v1 --tasks pope"


@pytest.mark.parametrize(
    ("text", "safe"), [("a/b c", "a-b-c"), ("../..", "model"), ("x" * 99, "x" * 48), ("é", "model")]
)
def test_a_slug_is_safe_in_a_path(text, safe):
    assert slug(text) == safe
