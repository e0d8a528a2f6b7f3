"""Pulling weights, against a hub on this machine."""

from __future__ import annotations

import functools
import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, file_download
from huggingface_hub.utils import close_session

from omnibench.backends.finding import find
from omnibench.errors import OmnibenchError
from omnibench.hub import pulling
from omnibench.hub.locks import LOCK_NAME, read_lock
from omnibench.hub.models import model_folder, pulled_model, source_of
from tests.e2e.conftest import Done
from tests.e2e.hub_server import COMMIT, Hub, Repository

WEIGHTS = random.Random(0).randbytes(300_000)
LONG = random.Random(1).randbytes(11_000_000)
"""Longer than the 10 MiB in which huggingface_hub writes."""

REPO, NAME = "Qwen/Qwen2-VL-2B-Instruct", "qwen2-vl-2b"
TOKEN = "a-secret-of-this-test"

Pull = Callable[..., Done]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with one repository, and what nobody should fetch in it."""
    served = Hub()
    served.repositories[REPO] = Repository(
        {
            "config.json": b'{"model_type": "qwen2_vl"}\n' * 3,
            "model.safetensors": WEIGHTS,
            "modeling.py": b"raise SystemExit\n",
            "pytorch_model.bin": b"a pickle",
            "README.md": b"words",
            "original/model.safetensors": b"again",
        },
        {"model.safetensors", "pytorch_model.bin"},
    )
    served.start()
    yield served
    served.stop()


@pytest.fixture
def pull(
    hub: Hub, omnibench: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pull]:
    """`omnibench pull model` in this process, from the hub of this machine."""
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 2)
    yield lambda *words: omnibench("pull", "model", *words)
    close_session()


@pytest.fixture
def process_pull(hub: Hub, tmp_path: Path) -> Pull:
    """The same in a process of its own, which is told of the hub by its environment."""

    def run(*words: object, prepare: str = "") -> Done:
        code = f"{prepare}\nimport sys\nfrom omnibench.cli import main\nsys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, "pull", "model", *map(str, words)],
            env=os.environ | {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"},
            capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def one_line(done: Done) -> str:
    """The line with which a command gave up."""
    assert done.code == 2, done
    assert "Traceback" not in done.err
    last = done.err.splitlines()[-1]
    assert last.startswith("omnibench: "), done.err
    return last


def test_weights_come_verified_and_locked(hub: Hub, pull: Pull) -> None:
    assert pulled_model(NAME) is None
    done = pull(NAME, "--json")
    assert done.code == 0, done.err
    folder = pulled_model(NAME)
    assert folder is not None
    assert done.json()["folder"] == str(folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "model.safetensors", LOCK_NAME}
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    lock = read_lock(folder)
    assert lock is not None
    assert (lock.repo, lock.revision) == (REPO, COMMIT)
    assert lock.files["model.safetensors"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    asked = len(hub.asked)
    again = pull(NAME)
    assert (again.code, len(hub.asked)) == (0, asked), "what is here is not asked for again"
    assert "here already" in again.err


def test_what_broke_off_is_gone_on_with(hub: Hub, process_pull: Pull) -> None:
    pull = process_pull
    hub.repositories[REPO].files["model.safetensors"] = LONG
    hub.cut["model.safetensors"] = 10_700_000
    assert "503" in one_line(pull(NAME))
    assert pulled_model(NAME) is None
    assert not (model_folder(NAME) / "model.safetensors").exists()
    hub.down = False
    hub.asked.clear()
    done = pull(NAME)
    assert done.code == 0, done.err
    assert "10,485,760 bytes of it here already" in done.err
    assert set(hub.fetched("model.safetensors")) == {"bytes=10485760-"}
    assert hub.fetched("config.json") == [], "a file that is here is not fetched again"
    folder = pulled_model(NAME)
    assert folder is not None
    assert (folder / "model.safetensors").read_bytes() == LONG
    assert not (folder / ".partial").exists()


def test_a_part_that_was_spoilt_is_refused_and_then_fetched_anew(hub: Hub, pull: Pull) -> None:
    hub.down = True
    assert "503" in one_line(pull(NAME))
    (part,) = (model_folder(NAME) / ".partial").glob("model.safetensors.*")
    part.write_bytes(bytes(1000))
    hub.down = False
    assert "refused and thrown away" in one_line(pull(NAME))
    assert pull(NAME).code == 0


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_a_wrong_hash_is_refused(hub: Hub, pull: Pull, path: str) -> None:
    right = hub.repositories[REPO].files[path]
    hub.lies[path] = right[:-1] + b"?"
    line = one_line(pull(NAME))
    assert path in line
    assert "refused" in line
    assert pulled_model(NAME) is None
    assert not (model_folder(NAME) / path).exists()


def test_a_changed_file_is_fetched_again_at_the_locked_revision(hub: Hub, pull: Pull) -> None:
    pull(NAME)
    folder = model_folder(NAME)
    weights = folder / "model.safetensors"
    weights.write_bytes(b"?" + WEIGHTS[1:])
    done = pull(NAME)
    assert done.code == 0
    assert "changed or missing since they were pulled: model.safetensors" in done.err
    assert weights.read_bytes() == WEIGHTS
    assert any(f"/revision/{COMMIT}" in ask.path for ask in hub.asked)
    weights.unlink()
    assert pulled_model(NAME) is None
    hub.repositories[REPO].files["model.safetensors"] = b"moved"
    assert "the lock's" in one_line(pull(NAME))


def test_a_hub_that_lists_no_hashes_is_asked_for_each(hub: Hub, pull: Pull) -> None:
    hub.hashes = False
    done = pull(f"hf:{REPO}@main")
    assert done.code == 0, done.err
    assert {ask.path.rpartition("/")[2] for ask in hub.asked if ask.method == "HEAD"} == {
        "config.json", "model.safetensors",
    }  # fmt: skip
    assert pulled_model(f"hf:{REPO}@main") is not None
    assert pulled_model(f"hf:{REPO}") is None


def test_the_token_goes_to_the_hub_alone_and_into_no_word(
    hub: Hub, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = TOKEN
    line = one_line(pull(NAME))
    assert "gated" in line
    assert "HF_TOKEN" in line
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    done = pull(NAME)
    assert done.code == 0, done.err
    assert TOKEN not in done.out + done.err
    on_cdn = [ask for ask in hub.asked if "/resolve/" not in ask.path and "/api/" not in ask.path]
    assert on_cdn
    assert all(ask.authorization is None for ask in on_cdn)
    monkeypatch.setenv("HF_TOKEN", f"not-{TOKEN}")
    wrong = pull(f"hf:{REPO}")
    assert "gated" in one_line(wrong)
    assert TOKEN not in wrong.err


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, None, "refuses it (401)"),
        (403, None, "refuses it (403)"),
        (404, "RepoNotFound", "check the name"),
        (500, None, "answered 500"),
        (200, None, "does not answer as a hub does"),
    ],
)
def test_a_refusal_says_what_to_do(
    hub: Hub, pull: Pull, status: int, code: str | None, said: str
) -> None:
    hub.refuse, hub.error_code = status, code
    assert said in one_line(pull(NAME))


def test_an_unknown_revision_is_said(pull: Pull) -> None:
    assert "no such revision" in one_line(pull(f"hf:{REPO}@nowhere"))


def test_a_hub_that_is_slow_or_away_says_what_to_do_offline(
    hub: Hub, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.slow_s = 2
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 1)
    slow = one_line(pull(NAME))
    assert "no answer in time from 127.0.0.1" in slow
    hub.stop()
    away = one_line(pull(NAME))
    assert "no connection to 127.0.0.1" in away
    assert "--from DIR" in away
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in one_line(pull(NAME))


def test_a_download_that_stalls_is_said(
    hub: Hub, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.stall_s = 2
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    once = functools.partial(file_download.http_get, _nb_retries=0)
    monkeypatch.setattr(file_download, "http_get", once)
    line = one_line(pull(NAME))
    assert "model.safetensors" in line
    assert "no answer in time" in line


def test_a_file_of_another_size_than_told_is_refused(hub: Hub, pull: Pull) -> None:
    hub.lies["model.safetensors"] = WEIGHTS + b"and more"
    assert "another size" in one_line(pull(NAME))
    hub.lies.clear()
    assert pull(NAME).code == 0


def test_a_damaged_lock_is_named(pull: Pull) -> None:
    pull(NAME)
    (model_folder(NAME) / LOCK_NAME).write_text("repo = 3")
    line = one_line(pull(NAME))
    assert LOCK_NAME in line
    assert "delete it" in line


def test_what_another_program_has_fetched_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snapshot = tmp_path / "hub" / "models--some--thing" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    found = find(f"hf:some/thing@{COMMIT}", None)
    assert found.folder == snapshot
    assert found.origin == f"some/thing@{COMMIT}, from the hub's cache"


def test_a_full_disk_leaves_nothing_half_as_whole(process_pull: Pull) -> None:
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    assert "the disk is full" in one_line(process_pull(NAME, prepare=limit))
    assert pulled_model(NAME) is None
    assert process_pull(NAME).code == 0


def test_too_little_room_is_said_before_anything_is_fetched(
    hub: Hub, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    assert "free" in one_line(pull(NAME))
    assert hub.fetched("model.safetensors") == []


def test_a_name_that_leads_out_of_its_folder_is_refused(hub: Hub, pull: Pull) -> None:
    hub.repositories[REPO].files["../../evil.json"] = b"{}"
    assert "leads out of its folder" in one_line(pull(NAME))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nothing", "no model 'nothing' to pull; known: omnivlm"),
        ("hf:just-a-name", "no ID of the hub"),
        ("hf:a/b@", "no ID of the hub"),
        ("hf:../..", "no ID of the hub"),
    ],
)
def test_a_name_that_is_none_is_said(pull: Pull, word: str, said: str) -> None:
    assert said in one_line(pull(word))


def test_files_carried_in_are_checked_by_the_lock_that_came_with_them(
    hub: Hub, pull: Pull, tmp_path: Path
) -> None:
    pull(NAME)
    stick = tmp_path / "stick"
    shutil.move(model_folder(NAME), stick)
    hub.stop()
    done = pull(NAME, "--from", stick)
    assert done.code == 0, done.err
    assert "unverified" not in done.err
    folder = pulled_model(NAME)
    assert folder is not None
    lock = read_lock(folder)
    assert lock == read_lock(stick)
    (stick / "model.safetensors").write_bytes(b"?" + WEIGHTS[1:])
    assert "refused" in one_line(pull(NAME, "--from", stick))
    assert (stick / "model.safetensors").exists()
    (stick / "model.safetensors").unlink()
    assert "lacks what its lock names: model.safetensors" in one_line(pull(NAME, "--from", stick))
    assert "not qnguyen3/nanoLLaVA" in one_line(pull("nanollava", "--from", stick))
    other = one_line(pull(f"hf:{REPO}@v2", "--from", stick))
    assert "holds revision 0123456789ab, not v2" in other
    assert "lie already" in one_line(pull(NAME, "--from", folder))


def test_files_without_a_lock_are_taken_and_called_unverified(pull: Pull, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    assert "no file" in one_line(pull("internvl2.5-2b", "--from", stick))
    assert "no folder" in one_line(pull("omnivlm", "--from", tmp_path / "nowhere"))
    (stick / "model.gguf").write_bytes(WEIGHTS)
    (stick / "run.py").write_text("raise SystemExit")
    done = pull("omnivlm", "--from", stick)
    assert done.code == 0, done.err
    assert "unverified" in done.err
    folder = pulled_model("omnivlm-968m")
    assert folder is not None
    assert {path.name for path in folder.iterdir()} == {"model.gguf", LOCK_NAME}


def test_a_new_pin_replaces_what_an_older_one_brought(hub: Hub, pull: Pull) -> None:
    pull(NAME)
    folder = model_folder(NAME)
    there = hub.repositories[REPO]
    there.commit = "f" * 40
    del there.files["config.json"]
    there.files["other.json"] = b"{}"
    source = source_of(NAME)
    assert pulling.pull(source, folder, print).revision == COMMIT, "what is here stays pinned"
    lock = pulling.pull(replace(source, revision=there.commit), folder, print)
    assert lock.revision == there.commit
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors", "other.json", LOCK_NAME,
    }  # fmt: skip
    assert len(hub.fetched("model.safetensors")) == 2, "hub and CDN once: the same file stays"


def test_a_dataset_takes_the_same_road(hub: Hub, pull: Pull, tmp_path: Path) -> None:
    shards = {f"data/test-{number}.parquet": bytes([number]) * 1000 for number in range(2)}
    hub.repositories["lmms-lab/POPE"] = Repository(
        {**shards, "README.md": b"words"}, set(list(shards)[:1])
    )
    wanted = pulling.Source("lmms-lab/POPE", COMMIT, "dataset", lambda path: path in shards)
    lock = pulling.pull(wanted, tmp_path / "pope", print)
    assert set(lock.files) == set(shards)
    assert {path: (tmp_path / "pope" / path).read_bytes() for path in shards} == shards
    (tmp_path / "pope" / "data" / "test-1.parquet").write_bytes(b"changed")
    pulling.pull(wanted, tmp_path / "pope", print)
    assert {path: (tmp_path / "pope" / path).read_bytes() for path in shards} == shards
    nothing = replace(wanted, wanted=lambda _: False, revision="main")
    with pytest.raises(OmnibenchError, match="holds no file that is wanted"):
        pulling.pull(nothing, tmp_path / "none", print)
    pinned = replace(wanted, pinned={"data/gone.parquet": next(iter(lock.files.values()))})
    with pytest.raises(OmnibenchError, match=r"lacks what its lock names: data/gone\.parquet"):
        pulling.pull(pinned, tmp_path / "gone", print)
