"""Pulling benchmarks, against a hub on this machine that serves parquet in each one's schema."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnibench.data.pulling import task_lock
from omnibench.loading import load_task, task_names
from tests.e2e.conftest import Done
from tests.e2e.hub_server import Hub, Repository

PULLED = [name for name in task_names() if name != "ocrvqa"]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def hub_rows(name: str, samples: Path) -> tuple[list[dict[str, object]], dict[str, bytes]]:
    """The bundled sample's rows as the hub has them: no id of ours, pictures in the cells."""
    rows, pictures = [], {}
    for line in (samples / name / "rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        if name != "mmmu":
            made = row.pop("id")
            if name == "gqa":
                row["id"] = made
        for column in [key for key in row if key == "image" or key.startswith("image_")]:
            value = row[column]
            file = samples / name / "images" / str(value)
            if isinstance(value, str) and file.is_file():
                data = file.read_bytes()
                pictures[str(row.get("imageId"))] = data
                row[column] = {"bytes": data, "path": None}
        if name == "gqa":
            del row["image"]
        rows.append(row)
    return rows, pictures


def table(rows: list[dict[str, object]]) -> bytes:
    """Rows as parquet, in small row groups."""
    columns = {key: None for row in rows for key in row}
    fields = []
    for column in columns:
        values = [row.get(column) for row in rows]
        is_image = any(isinstance(v, dict) and "bytes" in v for v in values)
        fields.append((column, IMAGE if is_image else pa.array(values).type))
    buffer = io.BytesIO()
    made = pa.Table.from_pylist(rows, pa.schema(fields))
    pq.write_table(made, buffer, row_group_size=50)
    return buffer.getvalue()


def served(name: str, samples: Path) -> dict[str, bytes]:
    """A dataset's files: two shards of its default split, and what nobody asked for."""
    task = load_task(name).task
    files = task_lock(task).splits[task.splits[0]]
    rows, pictures = hub_rows(name, samples)
    half = len(rows) // 2
    made = {"README.md": b"words", "data/train-00000-of-00001.parquet": b"not this one"}
    for number, part in enumerate((rows[:half], rows[half:])):
        made[files.rows.replace("*", f"{number:05d}-of-00002")] = table(part)
    if files.images:
        cells = [{"id": k, "image": {"bytes": v, "path": None}} for k, v in pictures.items()]
        made[files.images.replace("*", "testdev-00000-of-00001")] = table(cells)
    return made


@pytest.fixture
def hub():
    made = Hub()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def command(hub, tmp_path, monkeypatch):
    """A command in a process of its own, which may reach the hub of this machine."""
    monkeypatch.setenv("OMNIBENCH_CACHE", str(tmp_path / "cache"))

    def run(*words: object, **variables: str) -> Done:
        environment = os.environ | {
            "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_ETAG_TIMEOUT": "2",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "omnibench", *map(str, words)],
            capture_output=True, text=True, env=environment | variables, cwd=tmp_path, check=False,
            timeout=120,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def serve(hub, name, samples, home="lmms-lab-encoder"):
    repo = next(r for r in task_lock(load_task(name).task).repos if r.startswith(f"{home}/"))
    files = served(name, samples)
    hub.repositories[repo] = Repository(files, {p for p in files if p.endswith(".parquet")})
    return repo


@pytest.fixture
def samples(repository):
    return repository / "tasks" / "samples"


@pytest.mark.parametrize("name", PULLED)
def test_a_pulled_benchmark_is_what_eval_runs_on(name, hub, command, samples, omnibench):
    repo = serve(hub, name, samples)
    done = command("pull", "data", name, "--json")
    assert done.code == 0, done.err
    header = done.json()["pack"]
    expected = len((samples / name / "rows.jsonl").read_text().splitlines())
    assert (header["task"], header["rows"]) == (name, expected)
    assert header["source"].startswith(f"{repo} at ")
    assert not hub.fetched("data/train-00000-of-00001.parquet")
    run = omnibench("eval", "--model", "fake", "--tasks", name, "--full", "--json")
    assert run.code == 0, run.err
    task = run.json()["results"]["tasks"][name]
    assert task["data"]["kind"] == "full"
    assert (task["n"], task["errors"]) == (expected, 0)
    verified = omnibench("data", "verify", name, "--json")
    assert verified.code == 0, verified.err
    assert verified.json()["images"] > 0


def test_the_old_home_serves_where_the_new_one_has_nothing(hub, command, samples):
    repo = serve(hub, "chartqa", samples, home="lmms-lab")
    done = command("pull", "data", "chartqa", "--json")
    assert done.code == 0, done.err
    assert done.json()["lock"]["repo"] == repo
    assert "lmms-lab-encoder/ChartQA" in done.err


def test_a_pull_that_broke_off_goes_on_and_is_no_pack_before(hub, command, samples, omnibench):
    serve(hub, "chartqa", samples)
    second = "data/test-00001-of-00002.parquet"
    hub.cut[second] = 5_000
    broken = command("pull", "data", "chartqa", HF_HUB_DOWNLOAD_TIMEOUT="1")
    assert broken.code == 2
    assert "pull again later to go on" in broken.err.splitlines()[-1]
    hub.down = False
    sample = omnibench("eval", "--model", "fake", "--tasks", "chartqa", "--full")
    assert sample.code == 2
    resumed = command("pull", "data", "chartqa")
    assert resumed.code == 0, resumed.err
    assert resumed.err.splitlines()[0].startswith(f"1/1 {second}"), "the whole shard stayed"
    assert omnibench("eval", "--model", "fake", "--tasks", "chartqa", "--full").code == 0


def test_a_changed_byte_is_found(hub, command, samples, omnibench, tmp_path):
    serve(hub, "chartqa", samples)
    assert command("pull", "data", "chartqa").code == 0
    (shard,) = (tmp_path / "cache").rglob("rows-00001.parquet")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(bytes(data))
    done = omnibench("data", "verify", "chartqa")
    assert done.code == 2
    assert "has changed" in done.err
    assert command("pull", "data", "chartqa").code == 0
    assert omnibench("data", "verify", "chartqa").code == 0


def test_wrong_bytes_are_refused_and_no_pack_is_made(hub, command, samples, tmp_path):
    serve(hub, "chartqa", samples)
    path = "data/test-00000-of-00002.parquet"
    (repo,) = hub.repositories.values()
    hub.lies[path] = bytes(len(repo.files[path]))
    done = command("pull", "data", "chartqa")
    assert done.code == 2
    assert "refused" in done.err.splitlines()[-1]
    assert not list((tmp_path / "cache").rglob("pack.toml"))


@pytest.mark.parametrize(
    ("status", "words"), [(401, "token"), (404, "404"), (500, "pull again later")]
)
def test_a_hub_that_refuses_gives_one_line(hub, command, samples, status, words):
    serve(hub, "chartqa", samples)
    hub.refuse = status
    done = command("pull", "data", "chartqa")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert words in done.err.splitlines()[-1]


def test_a_hub_out_of_reach_says_what_to_do_offline(command):
    done = command("pull", "data", "chartqa", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.code == 2
    assert "--from DIR" in done.err.splitlines()[-1]


def test_files_that_someone_carried_in(samples, omnibench, tmp_path, monkeypatch):
    monkeypatch.setenv("OMNIBENCH_CACHE", str(tmp_path / "cache"))
    for path, data in served("gqa", samples).items():
        (tmp_path / "usb" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "usb" / path).write_bytes(data)
    done = omnibench("pull", "data", "gqa", "--from", tmp_path / "usb", "--json")
    assert done.code == 0, done.err
    assert omnibench("data", "verify", "gqa").code == 0


def test_what_cannot_be_pulled_says_so(omnibench):
    done = omnibench("pull", "data", "ocrvqa")
    assert done.code == 2
    assert "--data" in done.err
    assert omnibench("pull", "data", "nope").code == 2


def test_every_lock_file_is_of_a_task_and_pins_nothing_made_up(repository):
    for path in (repository / "tasks").glob("*.lock.toml"):
        task = load_task(path.name.removesuffix(".lock.toml")).task
        lock = task_lock(task)
        assert set(lock.splits) <= set(task.splits)
        assert task.splits[0] in lock.splits
        assert lock.revision == "unpinned" or len(lock.revision) == 40
        assert task.dataset.hub in lock.repos
