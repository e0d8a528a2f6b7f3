"""The reference models of the papers, and their training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from omnivlm.answering import LoadedModel

__all__ = ["load"]


def load(
    source: str | Path, *, dtype: str = "float32", device: str = "cpu", text: bool = True
) -> LoadedModel:
    """A model ready to answer; see `omnivlm.loading.load`. Imports torch only when called."""
    from omnivlm.loading import load as load_now

    return load_now(source, dtype=dtype, device=device, text=text)
