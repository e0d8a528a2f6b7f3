"""Whether lmms-eval is there, and keeping it off the network."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

from omnibench.errors import OmnibenchError


def version() -> str:
    """The installed version; OmnibenchError with the way to install it where there is none."""
    found = importlib.util.find_spec("lmms_eval") is not None
    try:
        number = importlib.metadata.version("lmms-eval") if found else None
    except importlib.metadata.PackageNotFoundError:
        number = None
    if number is None:
        raise OmnibenchError(
            "lmms: tasks need lmms-eval, which is not installed: `pip install"
            " omnibench[lmms-eval]` beside CUDA torch; beside CPU torch docs/lmms-eval.md says how"
        )
    return number


def stay_offline() -> None:
    """Let the hub's libraries read their caches alone: an eval never touches the network."""
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
    os.environ.update(dict.fromkeys(names, "1"))
    # Some tasks of lmms-eval read it as they are loaded.
    os.environ.setdefault("HF_HOME", str(Path.home() / ".cache" / "huggingface"))
    # They read the environment once, when they are imported, which may have been before.
    for module in ("huggingface_hub.constants", "datasets.config"):
        if module in sys.modules:
            vars(sys.modules[module])["HF_HUB_OFFLINE"] = True
