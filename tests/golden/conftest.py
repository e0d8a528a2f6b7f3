from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def evidence() -> Callable[[str], Path]:
    """A folder of ../shared/evidence (or OMNIBENCH_EVIDENCE); skips where it is not there."""
    beside = Path(__file__).parents[3] / "shared" / "evidence"
    root = Path(os.environ.get("OMNIBENCH_EVIDENCE", beside))

    def folder(name: str) -> Path:
        if not (root / name).is_dir():
            pytest.skip(
                f"no evidence: {root / name} is not there; OMNIBENCH_EVIDENCE names its folder"
            )
        return root / name

    return folder
