"""What the sdist and the wheel hold, against what the repository holds."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path, PurePosixPath

import pytest

import omnibench

SHIPPED = {
    "omnibench/": "omnibench/",
    "model/omnivlm/": "omnivlm/",
    "tasks/": "omnibench/tasks/",
    "hardware_profiles/": "omnibench/hardware_profiles/",
    "reports/": "omnibench/reports/",
}
"""Folder of the repository -> its place in the wheel."""


@dataclass(frozen=True)
class Wheel:
    """A wheel's files without its metadata, and that metadata by file name."""

    contents: dict[str, bytes]
    info: dict[str, bytes]

    @property
    def metadata(self) -> Message:
        return message_from_bytes(self.info["METADATA"])


def build(source: Path, kind: str, into: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)]
    done = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (made,) = into.iterdir()
    return made


def opened(file: Path) -> Wheel:
    contents, info = {}, {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            folder, _, rest = name.partition("/")
            if folder.endswith(".dist-info"):
                info[rest] = archive.read(name)
            else:
                contents[name] = archive.read(name)
    return Wheel(contents, info)


@pytest.fixture(scope="module")
def tracked(repository: Path) -> set[str]:
    """The repository's files, those not yet added among them, less those that it ignores."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout: there is no list of files to compare with")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return {name for name in listed if name and (repository / name).is_file()}


@pytest.fixture(scope="module")
def sdist(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    made = build(repository, "sdist", tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(made) as archive:
        # As its documentation says: Python 3.11 has filters from 3.11.4 on.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(folder)
    (only,) = folder.iterdir()
    return only


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return opened(build(repository, "wheel", tmp_path_factory.mktemp("wheel")))


def test_the_sdist_holds_the_repository(sdist: Path, tracked: set[str]) -> None:
    held = {str(file.relative_to(sdist).as_posix()) for file in sdist.rglob("*") if file.is_file()}
    assert held == tracked | {"PKG-INFO"}


def test_the_wheel_holds_the_shipped_folders_and_nothing_else(
    wheel: Wheel, tracked: set[str]
) -> None:
    expected = {
        place + name.removeprefix(folder)
        for folder, place in SHIPPED.items()
        for name in tracked
        if name.startswith(folder)
    }
    assert set(wheel.contents) == expected


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_repository(
    sdist: Path, wheel: Wheel, tmp_path: Path
) -> None:
    again = opened(build(sdist, "wheel", tmp_path))
    assert again.contents == wheel.contents
    assert again.info == wheel.info


def test_the_wheel_holds_what_a_run_needs(wheel: Wheel) -> None:
    held = wheel.contents
    assert {"omnibench/py.typed", "omnivlm/py.typed", "omnibench/__main__.py"} <= set(held)
    tasks = {
        PurePosixPath(name).stem
        for name in held
        if name.startswith("omnibench/tasks/") and name.count("/") == 2 and name.endswith(".py")
    }
    samples = {name.split("/")[3] for name in held if name.startswith("omnibench/tasks/samples/")}
    assert {"pope", "scienceqa", "mmmu", "mmvet", "chartqa"} <= tasks
    assert {"pope", "scienceqa", "mmmu", "mmvet", "chartqa"} <= samples


def test_the_wheel_holds_the_small_models_weights(wheel: Wheel) -> None:
    weights = {
        name: len(content)
        for name, content in wheel.contents.items()
        if name.startswith("omnivlm/weights/")
    }
    folder = "omnivlm/weights/omnivlm-tiny/"
    assert set(weights) == {
        folder + name for name in ("config.json", "model.safetensors", "tokenizer.json")
    }
    assert sum(weights.values()) < 12e6


def test_the_wheel_holds_no_tests_no_evidence_and_no_import_package_of_another_name(
    wheel: Wheel,
) -> None:
    assert {PurePosixPath(name).parts[0] for name in wheel.contents} == {"omnibench", "omnivlm"}
    for name in wheel.contents:
        parts = set(PurePosixPath(name).parts)
        assert not parts & {"tests", "evidence", "shared", "runs", "__pycache__"}, name


def test_the_shipped_folders_are_no_packages(wheel: Wheel) -> None:
    for folder in ("tasks", "hardware_profiles", "reports"):
        assert f"omnibench/{folder}/__init__.py" not in wheel.contents


def test_the_metadata_are_those_of_the_project(wheel: Wheel, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    metadata = wheel.metadata
    assert metadata["Name"] == "omnibench"
    assert metadata["Version"] == omnibench.__version__
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert b"Apache License" in wheel.info["licenses/LICENSE"]
    named = [need for need in metadata.get_all("Requires-Dist") or [] if "extra ==" not in need]
    assert len(named) == len(project["dependencies"])
    assert not any("torchvision" in need for need in named)


def test_both_commands_are_entry_points(wheel: Wheel) -> None:
    lines = wheel.info["entry_points.txt"].decode().splitlines()
    assert {"omnibench = omnibench.cli:main", "omnivlm = omnivlm.cli:main"} <= set(lines)


def test_the_installed_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert version("omnibench") == omnibench.__version__
