"""Models on the hub: where each comes from, and where it lies once pulled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from omnibench.errors import OmnibenchError
from omnibench.hub.locks import UNPINNED, LockedFile, whole
from omnibench.hub.pulling import Source
from omnibench.resources import cache

PREFIX = "hf:"

ALIASES: Mapping[str, str] = {"omnivlm": "omnivlm-968m"}

WANTED = frozenset({".safetensors", ".gguf", ".json", ".jinja", ".txt", ".model", ".tiktoken"})
"""Weights that are mere numbers, and text. Never .py, .bin, .pt: they can run code."""

_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of models.toml."""

    repo: str
    revision: str
    note: str = ""
    files: dict[str, LockedFile] = {}


def known_models() -> dict[str, Known]:
    """The models that can be pulled by name."""
    path = Path(__file__).with_name("models.toml")
    return msgspec.toml.decode(path.read_bytes(), type=dict[str, Known])


def source_of(name: str) -> Source:
    """Where a model is pulled from: a known name, or `hf:ID[@REVISION]`."""
    if name.startswith(PREFIX):
        repo, revision = split_id(name.removeprefix(PREFIX))
        return Source(repo, revision or UNPINNED, "model", is_wanted)
    known = known_models()
    entry = known.get(ALIASES.get(name, name))
    if entry is None:
        raise OmnibenchError(
            f"no model {name!r} to pull; known: {', '.join([*ALIASES, *known])}, hf:ID[@REVISION]"
        )
    return Source(entry.repo, entry.revision, "model", is_wanted, entry.files)


def split_id(words: str) -> tuple[str, str | None]:
    """`ID@REVISION` -> (ID, REVISION), `ID` -> (ID, None)."""
    repo, at, revision = words.partition("@")
    if not _ID.fullmatch(repo) or (at and not revision):
        raise OmnibenchError(f"{words!r} is no ID of the hub; write hf:OWNER/NAME[@REVISION]")
    return repo, revision or None


def is_wanted(path: str) -> bool:
    """Weights, configurations and tokenizers at the top of a repository."""
    return "/" not in path and not path.startswith(".") and Path(path).suffix in WANTED


def model_folder(name: str) -> Path:
    """Where a model lies once it has been pulled."""
    if name.startswith(PREFIX):
        split_id(name.removeprefix(PREFIX))
        slug = re.sub(r"[^\w.@-]", "--", name.removeprefix(PREFIX))
    else:
        slug = ALIASES.get(name, name)
    return cache() / "models" / slug


def pulled_model(name: str) -> Path | None:
    """The folder of a model that has been pulled whole, by name or as `hf:ID[@REVISION]`."""
    folder = model_folder(name)
    return folder if whole(folder) is not None else None


def pull_command(name: str) -> str:
    """The command that pulls a model."""
    return f"omnibench pull model {name}"
