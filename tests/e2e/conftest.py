"""Commands as users give them: in this process, or in one of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from omnibench.cli import main
from omnibench.data.pack import rows_hash


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def omnibench(capfd, tmp_path, monkeypatch):
    """Run a command in this process, in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Done:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def process(tmp_path):
    """Start a command in a process of its own."""

    def start(*words: object, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "omnibench", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"OMNIBENCH_CACHE": str(tmp_path / "cache")},
            **options,
        )

    return start


@pytest.fixture
def pope_pack(tmp_path):
    """Write a pack of POPE's form without images: `count` rows, 18 to an image."""

    def write(count: int, name: str = "pope-made", folder: Path | None = None) -> Path:
        folder = folder or tmp_path / name
        folder.mkdir(parents=True)
        categories = ("adversarial", "popular", "random")
        lines = []
        for number in range(count):
            row = {
                "id": f"r{number}",
                "question_id": str(number),
                "category": categories[number % 3],
                "image": f"{number // 18}.png",
                "image_source": f"{number // 18}",
                "question": f"Is there a cup {number} in the image?",
                "answer": "yes" if number % 2 else "no",
            }
            lines.append(json.dumps(row))
        rows = folder / "rows.jsonl"
        rows.write_text("\n".join(lines) + "\n")
        (folder / "pack.toml").write_text(
            f'task = "pope"\nname = "{name}"\nrows = {count}\nrows_sha256 = "{rows_hash([rows])}"\n'
            'source = "a test"\nlicence = "none"\n'
        )
        return folder

    return write


def write_replies(path: Path, replies: dict[str, str]) -> Path:
    """A file of recorded replies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"id": row_id, "reply": reply}) for row_id, reply in replies.items()]
    path.write_text("".join(line + "\n" for line in lines))
    return path
