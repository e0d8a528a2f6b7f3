"""The machine and the software that a run was made with."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
import subprocess
from pathlib import Path

import msgspec

from omnibench.core import FORMAT
from omnibench.resources import package_folders

PACKAGES = (
    "huggingface_hub", "msgspec", "numpy", "omnibench", "pandas", "pillow", "pyarrow",
    "safetensors", "tokenizers", "torch", "transformers",
)  # fmt: skip
"""Packages whose versions a host record keeps."""

_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"})


class Checkout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A git commit, and whether tracked files differ from it."""

    commit: str
    dirty: bool


class HostRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """host.json: what cannot be read is None.

    code_sha256: of omnibench's, its tasks' and omnivlm's source files.
    omnibench_checkout: the git state of omnibench itself, where it runs from a checkout.
    directory_checkout: the git state of the directory that the run was started in.
    """

    cpu: str | None
    cores: int | None
    threads: int | None
    memory_bytes: int
    bfloat16_in_hardware: bool
    os: str
    machine: str
    python: str
    packages: dict[str, str]
    code_sha256: str
    omnibench_checkout: Checkout | None
    directory_checkout: Checkout | None
    format: int = FORMAT

    def environment(self) -> dict[str, str | None]:
        """What must be the same for a run to be resumed: processor, system, software, code."""
        software = {f"package {name}": version for name, version in self.packages.items()}
        return {
            "cpu": self.cpu, "os": self.os, "machine": self.machine, "python": self.python,
            "code": self.code_sha256, **software,
        }  # fmt: skip


def host() -> HostRecord:
    """Look at this machine and this software."""
    import psutil

    model, flags = processor()
    package, _ = package_folders()
    in_checkout = (package.parent / "pyproject.toml").is_file()
    return HostRecord(
        cpu=model,
        cores=psutil.cpu_count(logical=False),
        threads=psutil.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        bfloat16_in_hardware=not _BF16_FLAGS.isdisjoint(flags),
        os=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        python=platform.python_version(),
        packages=_versions(),
        code_sha256=code_sha256(),
        omnibench_checkout=_checkout(package.parent) if in_checkout else None,
        directory_checkout=_checkout(Path.cwd()),
    )


def code_sha256() -> str:
    """SHA-256 over the names and contents of the source files that decide a result."""
    digest = hashlib.sha256()
    folders = [*package_folders()]
    model = importlib.util.find_spec("omnivlm")
    if model is not None and model.origin is not None:
        folders.append(Path(model.origin).parent)
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def processor() -> tuple[str | None, frozenset[str]]:
    """The processor's name and its feature flags, from /proc/cpuinfo where there is one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or None, frozenset()
    entries: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            entries.setdefault(key.strip(), value.strip())
    flags = entries.get("flags") or entries.get("Features") or ""
    return entries.get("model name") or platform.processor() or None, frozenset(flags.split())


def _checkout(folder: Path) -> Checkout | None:
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return Checkout(commit=commit, dirty=bool(changed))


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
