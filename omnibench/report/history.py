"""A small file that carries headlines from run to run: one JSON line a run, the oldest dropped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from omnibench.core import FORMAT, Value
from omnibench.errors import OmnibenchError
from omnibench.report.headlines import Headline

MOST_RUNS = 500


class Entry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=FORMAT, tag_field="format"
):
    """One model of one run. headlines: `pope.mean_f1` -> its figure."""

    run: str
    model: str
    headlines: dict[str, Value]


def read_history(path: Path) -> list[Entry]:
    """The entries, oldest first; none where there is no such file yet.

    Raises OmnibenchError for a line that is damaged.
    """
    if not path.exists():
        return []
    decoder = msgspec.json.Decoder(Entry)
    entries = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            entries.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OmnibenchError(f"{path} line {number} is damaged: {error}; delete it") from None
    return entries


def add_to_history(path: Path, headlines: Iterable[Headline]) -> list[Entry]:
    """Append what is not there yet, a run once; the file is replaced whole. The entries it has."""
    entries = read_history(path)
    known = {(entry.run, entry.model) for entry in entries}
    found: dict[tuple[str, str], dict[str, Value]] = {}
    for one in headlines:
        if (one.run, one.model) not in known:
            found.setdefault((one.run, one.model), {})[one.name] = one.value
    entries += [Entry(run, model, figures) for (run, model), figures in found.items()]
    entries = entries[-MOST_RUNS:]
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return entries
