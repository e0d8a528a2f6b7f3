"""Rules that the repository keeps about itself."""

import re
from pathlib import Path

FOLDERS = ("omnibench", "model", "tasks", "benchmarks")
LONGEST_LINES = 300
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}


def sources(repository: Path) -> list[Path]:
    return sorted(file for name in FOLDERS for file in (repository / name).rglob("*.py"))


def test_there_are_sources_to_look_at(repository: Path) -> None:
    assert len(sources(repository)) > 20


def test_no_source_file_is_too_long_to_read(repository: Path) -> None:
    long = {
        str(file.relative_to(repository)): lines
        for file in sources(repository)
        if (lines := len(file.read_text().splitlines())) > LONGEST_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_for(repository: Path) -> None:
    vague = [
        str(path.relative_to(repository))
        for file in sources(repository)
        for path in (file, *file.parents)
        if path.is_relative_to(repository) and VAGUE & set(re.split(r"[_.]", path.name))
    ]
    assert vague == []


def test_ci_runs_the_test_command_of_the_readme(repository: Path) -> None:
    scripted = (repository / ".ci" / "run").read_text()
    (command,) = re.findall(r"^ +(python3 -m venv .*)$", scripted, re.MULTILINE)
    assert command in (repository / "README.md").read_text()
