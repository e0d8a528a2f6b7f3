"""From the hub to a table: a checkpoint is pulled, and answers without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from os import environ
from pathlib import Path

import pytest
import torch

from tests.e2e.hub_server import COMMIT, Hub, Repository
from tests.unit.tiny_checkpoints import write_checkpoint

NAME = "hf:someone/tiny-llava@main"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint("llava", tmp_path_factory.mktemp("checkpoint") / "tiny")


def test_a_pulled_checkpoint_answers_offline(checkpoint, omnibench):
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    hub = Hub({"someone/tiny-llava": Repository(files, {"model.safetensors"})})
    missing = omnibench("eval", "--model", NAME, "--tasks", "pope", "--limit", "4")
    assert missing.code == 2
    assert f"`omnibench pull model {NAME}`" in missing.err
    hub.start()
    try:
        pulled = subprocess.run(
            [sys.executable, "-m", "omnibench", "pull", "model", NAME],
            env=environ | {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        hub.stop()
    assert pulled.returncode == 0, pulled.stderr
    done = omnibench(
        "eval", "--model", NAME, "--tasks", "pope,mmmu", "--limit", "6", "--batch-size", "4",
        "--dtype", "float32", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    results = done.json()["results"]
    assert results["model"]["weights"] == f"someone/tiny-llava at {COMMIT[:12]}"
    assert {task["errors"] for task in results["tasks"].values()} == {0}
    assert "Traceback" not in done.err
    assert "%|" not in done.err, "no bars of other libraries"


def test_ask_streams_an_answer(checkpoint, omnibench, repository):
    image = sorted((repository / "tasks/samples/pope/images").iterdir())[0]
    words = ("ask", "--model", f"hf:{checkpoint}", "--dtype", "float32", "--max-new-tokens", 5)
    done = omnibench(*words, "--json", image, "What is it?")
    assert done.code == 0, done.err
    answer = done.json()
    assert answer["reply"]
    assert answer["ttft_s"] > 0
    assert answer["model"]["name"] == "tiny"


def test_a_broken_checkpoint_is_one_line(checkpoint, omnibench, tmp_path):
    copy = Path(shutil.copytree(checkpoint, tmp_path / "copy"))
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    done = omnibench("eval", "--model", f"hf:{copy}", "--tasks", "pope", "--limit", "4")
    assert done.code == 2
    assert done.out == ""
    assert done.err.splitlines()[-1].startswith(f"omnibench: {weights} is cut off")
