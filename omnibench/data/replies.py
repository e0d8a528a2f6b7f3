"""Recorded replies: {"id", "reply"} a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from omnibench.errors import OmnibenchError


class _Line(msgspec.Struct, frozen=True):
    id: str
    reply: str


def read_replies(path: Path) -> dict[str, str]:
    """One reply an id. Raises OmnibenchError for an unreadable line and an id that stands twice."""
    decoder = msgspec.json.Decoder(_Line)
    replies: dict[str, str] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    read = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise OmnibenchError(
                        f'{path} line {number}: {error}; a line is {{"id": ..., "reply": ...}}'
                    ) from None
                if read.id in replies:
                    raise OmnibenchError(f"{path} line {number}: the id {read.id!r} stands twice")
                replies[read.id] = read.reply
    except OSError as error:
        raise OmnibenchError(f"replies file {path} cannot be read: {error.strerror}") from None
    return replies


def check_replies(
    path: Path, replies: Iterable[str], asked: Iterable[str], known: Iterable[str]
) -> None:
    """Every row that is asked has a reply, and every reply belongs to a row of the pack."""
    there, wanted = set(replies), list(asked)
    lacking = [row_id for row_id in wanted if row_id not in there]
    if lacking:
        raise OmnibenchError(
            f"{path} lacks {len(lacking)} of {len(wanted)} ids (the first: {lacking[0]!r});"
            " give the replies file of this pack"
        )
    strange = sorted(there.difference(known))
    if strange:
        raise OmnibenchError(
            f"{path} has {len(strange)} ids that no row of the pack has (the first: {strange[0]!r})"
        )
