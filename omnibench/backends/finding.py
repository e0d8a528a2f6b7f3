"""Where a model's checkpoint lies on this disk. Nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnibench.errors import OmnibenchError
from omnibench.hub.locks import read_lock
from omnibench.hub.models import PREFIX, pull_command, pulled_model, split_id


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with weights. origin: where they come from, in words."""

    folder: Path
    name: str
    origin: str


def find(name: str, weights: str | None) -> Checkpoint:
    """The folder behind a named model and --weights, or behind `hf:PATH_OR_ID[@REVISION]`."""
    if not name.startswith(PREFIX):
        if weights not in (None, "bundled"):
            return Checkpoint(_folder(str(weights)), name, str(weights))
        pulled = pulled_model(name)
        if pulled is None:
            raise OmnibenchError(
                f"{name} has no weights here: `{pull_command(name)}` fetches them,"
                " or give a folder with --weights DIR"
            )
        return Checkpoint(pulled, name, _lock_words(pulled))
    words = name.removeprefix(PREFIX)
    if weights is not None:
        raise OmnibenchError(f"{name} names its weights itself; leave --weights out")
    path = Path(words).expanduser()
    if path.is_dir():
        return Checkpoint(path, path.resolve().name, words)
    if words.startswith((".", "/", "~")) or words.count("/") != 1:
        raise OmnibenchError(f"no folder {words}; hf: takes one with a checkpoint, or OWNER/NAME")
    pulled = pulled_model(name)
    if pulled is not None:
        return Checkpoint(pulled, words, _lock_words(pulled))
    return Checkpoint(_in_hub_cache(name, words), words, f"{words}, from the hub's cache")


def _folder(words: str) -> Path:
    path = Path(words).expanduser()
    if not path.is_dir():
        raise OmnibenchError(f"no folder {words}; --weights takes one with a checkpoint")
    return path


def _lock_words(folder: Path) -> str:
    lock = read_lock(folder)
    return str(folder) if lock is None else lock.words


def _in_hub_cache(name: str, words: str) -> Path:
    """The snapshot that another program has left in the cache of huggingface_hub."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repo, revision = split_id(words)
    try:
        return Path(snapshot_download(repo, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise OmnibenchError(
            f"no folder {words}, nor has it been pulled: `{pull_command(name)}` fetches it"
        ) from None
