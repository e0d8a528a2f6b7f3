"""The hub over HTTP, through huggingface_hub: what a repository holds, and the bytes of a file.

Every error becomes one line that says what to do. Bytes come over plain HTTP and not over xet, and
by `http_get` rather than `hf_hub_download`, which throws away what it has when it breaks off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from omnibench.errors import FULL_DISK, OmnibenchError

Kind = Literal["model", "dataset"]


class AbsentError(OmnibenchError):
    """The hub has no such repository or file, or does not show it to this reader."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. Large files have a SHA-256, small ones a git blob name."""

    path: str
    size_bytes: int | None
    sha256: str | None
    git_blob: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    repo: str
    kind: Kind
    commit: str
    files: tuple[RemoteFile, ...]


def listing(repo: str, revision: str | None, kind: Kind) -> Listing:
    """The files of a repository at a revision; None is the newest."""
    from huggingface_hub import HfApi, constants

    with _one_line_errors(f"{repo}{'' if revision is None else f' at {revision}'}"):
        hub = HfApi()
        ask = hub.dataset_info if kind == "dataset" else hub.model_info
        info = ask(
            repo,
            revision=revision,
            files_metadata=True,
            timeout=float(constants.HF_HUB_ETAG_TIMEOUT),
        )
        if not info.sha:
            raise OmnibenchError(f"the hub names no commit of {repo}; try again later")
        files = tuple(
            RemoteFile(
                _plain(repo, each.rfilename),
                each.size,
                None if each.lfs is None else each.lfs.sha256,
                each.blob_id,
            )
            for each in info.siblings or ()
        )
    return Listing(repo, kind, info.sha, files)


def described(source: Listing, file: RemoteFile) -> RemoteFile:
    """The file with a hash; where the listing has none, from the headers of the file itself."""
    if file.sha256 or file.git_blob:
        return file
    from huggingface_hub import get_hf_file_metadata

    with _one_line_errors(f"{file.path} of {source.repo}"):
        found = get_hf_file_metadata(_url(source, file))
    etag = found.etag or ""
    if len(etag) not in (40, 64):
        raise OmnibenchError(
            f"the hub gives no hash for {file.path} of {source.repo}; it cannot be verified"
        )
    is_sha256 = len(etag) == 64
    return RemoteFile(
        file.path,
        found.size if file.size_bytes is None else file.size_bytes,
        etag if is_sha256 else None,
        None if is_sha256 else etag,
    )


def fetch(source: Listing, file: RemoteFile, part: Path) -> None:
    """Append to `part` what is missing of the file. What has come stays there on an error."""
    from huggingface_hub import get_token
    from huggingface_hub.file_download import http_get

    part.parent.mkdir(parents=True, exist_ok=True)
    there_bytes = part.stat().st_size if part.exists() else 0
    if file.size_bytes is not None and there_bytes > file.size_bytes:
        part.unlink()
        there_bytes = 0
    # Else small files come compressed, and cannot be gone on with.
    headers = {"Accept-Encoding": "identity"}
    if token := get_token():
        headers["Authorization"] = f"Bearer {token}"
    what = f"{file.path} of {source.repo}"
    with full_disk_in_words(what), _one_line_errors(what), part.open("ab") as stream:
        http_get(
            _url(source, file),
            stream,
            resume_size=there_bytes,
            headers=headers,
            expected_size=file.size_bytes,
            displayed_filename=file.path,
        )


@contextmanager
def full_disk_in_words(what: str) -> Iterator[None]:
    """A full disk as one line that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        raise OmnibenchError(
            f"the disk is full; what has come of {what} is kept. Make room and pull again"
        ) from error


def _url(source: Listing, file: RemoteFile) -> str:
    from huggingface_hub import hf_hub_url

    return hf_hub_url(source.repo, file.path, repo_type=source.kind, revision=source.commit)


def _plain(repo: str, path: str) -> str:
    """The path, unless it leads out of the folder that it is written into."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or ":" in path or not pure.parts:
        raise OmnibenchError(f"{repo} names a file {path!r}, which leads out of its folder")
    return path


@contextmanager
def _one_line_errors(what: str) -> Iterator[None]:
    """Errors of the hub, of the way to it and of the disk as OmnibenchError."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    # httpx or httpx2, as the release of huggingface_hub has it.
    transport_error: type[Exception] = HfHubHTTPError.__bases__[0]
    try:
        yield
    except HfHubHTTPError as error:
        absent = _status(error) in (401, 403, 404)
        raise (AbsentError if absent else OmnibenchError)(_refusal(what, error)) from error
    except OfflineModeIsEnabled as error:
        raise OmnibenchError(
            f"{what} cannot be fetched: HF_HUB_OFFLINE is set. Unset it, or {_OFFLINE}"
        ) from error
    except transport_error as error:
        slow = "Timeout" in type(error).__name__
        raise OmnibenchError(
            f"{what}: {'no answer in time from' if slow else 'no connection to'} {_host()}."
            f" What has come is kept: pull again to go on; without a network {_OFFLINE}"
        ) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise OmnibenchError(f"{what}: it came with another size than told; pull again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise OmnibenchError(
            f"{what}: {_host()} does not answer as a hub does ({error})"
        ) from error


_OFFLINE = "carry the files in from a machine that has one and give their folder with --from DIR"


def _refusal(what: str, error: Exception) -> str:
    """What an answer other than 200 means."""
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, RevisionNotFoundError

    token = "set HF_TOKEN to a token that may read it, or run `hf auth login`"
    status = _status(error)
    if isinstance(error, GatedRepoError):
        return f"{what} is gated: accept its terms on the hub, then {token}"
    if isinstance(error, RevisionNotFoundError):
        return f"{what}: the hub has no such revision; give a branch, a tag or a commit"
    if status in (401, 403):
        return f"{what}: the hub refuses it ({status}): absent, private or gated; {token}"
    if isinstance(error, EntryNotFoundError) or status == 404:
        return f"{what}: not found on {_host()} (404); check the name"
    return (
        f"{what}: {_host()} answered {status}. What has come is kept: pull again later to go on,"
        f" or {_OFFLINE}"
    )


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _host() -> str:
    from huggingface_hub import constants

    return urlsplit(constants.ENDPOINT).hostname or "the hub"
