"""Where the trained weights lie that come with the code."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

WEIGHTS = "weights"
"""In the package and beside it: the wheel holds the first alone, a checkout both."""
CONFIG = "config.json"


def bundled_folder(name: str) -> Path | None:
    """The checkpoint folder of a tiny model's trained weights; None where there are none."""
    package = Path(str(files("omnivlm")))
    folders = (package / WEIGHTS / name, package.parent / WEIGHTS / name)
    return next((folder for folder in folders if (folder / CONFIG).is_file()), None)
