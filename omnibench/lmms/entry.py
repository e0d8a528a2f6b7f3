"""What lmms-eval finds under its entry point `lmms_eval.models`: one model id, `omnibench`."""

from __future__ import annotations

from typing import Any

MODEL_ID = "omnibench"


def manifests() -> list[Any]:
    """The manifests of our models; lmms-eval calls this when it looks for models."""
    from lmms_eval.models.registry_v2 import ModelManifest

    adapter = "omnibench.lmms.adapter.OmnibenchModel"
    return [ModelManifest(model_id=MODEL_ID, simple_class_path=adapter)]
