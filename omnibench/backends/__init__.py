"""Runtimes: one file each, imported only when a model of its kind is asked for."""

from collections.abc import Mapping

RUNTIMES: Mapping[str, str] = {
    "omnivlm": "omnibench.backends.omnivlm:open_backend",
    "fake": "omnibench.backends.fake:open_backend",
    "replay": "omnibench.backends.replay:open_backend",
}
"""Runtime -> "module:function"."""

MODELS: Mapping[str, tuple[str, str]] = {
    "omnivlm": (
        "omnivlm",
        "the OmniVLM family: full weights where pulled, else the bundled tiny ones",
    ),
    "omnivlm-968m": ("omnivlm", "OmniVLM-968M, the paper's model; needs --weights"),
    "omnivlm-tiny": ("omnivlm", "a true OmniVLM in small, bundled with the package"),
    "fake": ("fake", "answers at random from the question's id; for trying things out"),
}
"""Model name -> (runtime, what it is)."""

PREFIXES: Mapping[str, tuple[str, str]] = {
    "replay:": ("replay", "replay:FILE, or replay:DIR/NAME: recorded replies"),
}
"""Prefix of a model that is named by a path or an address -> (runtime, what it is)."""
