"""Whether a pack holds what it says: the hash of its rows, and the images that they name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from omnibench.core import Sample
from omnibench.data.pack import DiskPack, rows_hash
from omnibench.errors import ImageError, OmnibenchError
from omnibench.resources import cache


def check_hash(pack: DiskPack, *, again: bool = False) -> None:
    """Compare the rows with rows_sha256; raise OmnibenchError where they differ.

    A pack that has passed is not hashed again while path, size and mtime of its files stay the
    same, unless `again`.
    """
    state = [[str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns] for f in pack.files]
    remembered = cache() / "verified" / f"{pack.header.rows_sha256[:32]}.json"
    if not again and _read(remembered) == state:
        return
    found = rows_hash(pack.files)
    if found != pack.header.rows_sha256:
        raise OmnibenchError(
            f"pack {pack.folder} has changed: its rows hash to {found[:12]}..., pack.toml says"
            f" {pack.header.rows_sha256[:12]}...; fetch it again"
        )
    _write(remembered, state)


def broken_images(samples: Iterable[Sample]) -> list[str]:
    """What is wrong with the images of a pack, one line each; every distinct image is decoded."""
    problems: list[str] = []
    seen: set[str] = set()
    for sample in samples:
        for image in sample.images:
            if image.name in seen:
                continue
            seen.add(image.name)
            try:
                image.open()
            except ImageError as error:
                problems.append(f"row {sample.id}: {error}")
    return problems


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, state: object) -> None:
    """Remembering saves time only, so a cache that cannot be written is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(state))
    except OSError:
        return
