"""Pairs go to a folder: pairs.jsonl, a pair a line, and summary.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from omnivlm.errors import OmniVLMError
from omnivlm.training.pairs import PairMaker, PairRow
from omnivlm.training.preference_rows import PAIRS

FORMAT = 1
SUMMARY = "summary.json"


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """summary.json: how the pairs came about. dropped: why -> how many.

    images: the folder of picture files, None where all pictures are drawn.
    """

    format: int
    teacher: str
    model: str
    model_sha256: str
    least_ratio: float
    most_ratio: float
    temperature: float
    images: str | None
    asked: int
    kept: int
    dropped: dict[str, int]


def write_pairs(
    folder: Path, outcomes: Iterable[PairRow | str], maker: PairMaker, temperature: float
) -> Summary:
    """Write each pair as it comes, then the summary.

    Raises OmniVLMError where the folder holds anything, or cannot be written.
    """
    dropped: Counter[str] = Counter()
    kept = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OmniVLMError(f"{folder} is not empty; name a new folder in --out")
        with (folder / PAIRS).open("wb") as file:
            for outcome in outcomes:
                if isinstance(outcome, str):
                    dropped[outcome] += 1
                    continue
                kept += 1
                file.write(msgspec.json.encode(outcome) + b"\n")
                file.flush()
        summary = Summary(
            FORMAT, maker.teacher.name, maker.model.origin, maker.model.sha256,
            maker.bounds.least, maker.bounds.most, temperature,
            None if maker.images is None else str(maker.images),
            kept + dropped.total(), kept, dict(sorted(dropped.items())),
        )  # fmt: skip
        (folder / SUMMARY).write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    except OSError as error:
        raise OmniVLMError(f"{folder} cannot be written ({error.strerror or error})") from None
    return summary
