"""Which models are timed, with which weights, and what their cards say; nothing is loaded."""

from __future__ import annotations

from pathlib import Path

from omnibench.backends import BUNDLED, FAMILIES, MODELS, PREFIXES
from omnibench.core import ModelCard
from omnibench.cost import SHAPES, params
from omnibench.errors import OmnibenchError
from omnibench.hub.models import ALIASES, pulled_model
from omnibench.loading import RANDOM, weights_for_speed

BUNDLED_WORD = "bundled"
DEFAULT_MODEL = "omnivlm-968m"


def model_names(words: str | None, weights: str | None = None) -> tuple[str, ...]:
    """`omnivlm-968m,nanollava` -> names; a family's name becomes that of the model it means."""
    names = [word.strip() for word in (words or DEFAULT_MODEL).split(",") if word.strip()]
    for name in names:
        prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
        if prefix == "replay:":
            raise OmnibenchError(f"{name}: recorded replies have no speed; name a model")
        if prefix is None and name not in MODELS:
            raise OmnibenchError(f"no model {name!r}; known: {', '.join([*MODELS, *PREFIXES])}")
    models = tuple(model_name(name, weights) for name in names)
    for name in models:
        if models.count(name) > 1:
            raise OmnibenchError(f"--model names {name} twice")
    if not models:
        raise OmnibenchError(f"--model names no model; known: {', '.join(MODELS)}")
    return models


def model_name(name: str, weights: str | None) -> str:
    """The model that is meant: of a family the full one where it was pulled, else the tiny one."""
    if name not in FAMILIES:
        return name
    if weights == RANDOM:
        return ALIASES[name]
    if weights not in (None, BUNDLED_WORD):
        raise OmnibenchError(
            f"--model {name} is a family; with --weights {weights} name the model that they are of,"
            f" such as {ALIASES[name]}"
        )
    return ALIASES[name] if weights is None and pulled_model(name) is not None else f"{name}-tiny"


def card_of(model: str, weights: str | None, dtype: str) -> ModelCard:
    """What can be said of a model before its process has loaded it."""
    name, words = _held(model, weights)
    shape = SHAPES.get(name)
    return ModelCard(
        name=name,
        params=None if shape is None else params(shape),
        weights=words,
        weights_sha256=None,
        dtype=dtype,
    )


def check_folder(models: tuple[str, ...], weights: str | None) -> None:
    """Raise OmnibenchError for a folder that is not there, or that several models would share."""
    if weights in (None, RANDOM, BUNDLED_WORD):
        return
    if len(models) > 1:
        raise OmnibenchError(
            f"--weights {weights} is one checkpoint, and --model names {len(models)} models;"
            " name one"
        )
    if not Path(str(weights)).expanduser().is_dir():
        raise OmnibenchError(
            f"no folder {weights}; --weights takes one with a checkpoint, random or bundled"
        )


def _held(model: str, weights: str | None) -> tuple[str, str]:
    """(the name in records, its weights in words)."""
    opened = weights_for_speed(model, weights)
    if opened == RANDOM:
        return model, "random: drawn, not trained"
    if model.startswith("hf:"):
        from omnibench.backends.finding import find

        found = find(model, weights)
        return found.name, found.origin
    if opened is not None and opened != BUNDLED_WORD:
        return model, opened
    pulled = pulled_model(model)
    if opened is None and pulled is not None:
        return model, str(pulled)
    if model not in BUNDLED:
        raise OmnibenchError(
            f"{model} has no weights here, and random ones cannot be drawn for it;"
            " give a folder with --weights DIR"
        )
    return model, BUNDLED_WORD
