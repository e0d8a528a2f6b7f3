"""Runtimes: one file each, imported only when a model of its kind is asked for."""

from collections.abc import Mapping

RUNTIMES: Mapping[str, str] = {
    "omnivlm": "omnibench.backends.omnivlm:open_backend",
    "transformers": "omnibench.backends.transformers:open_backend",
    "fake": "omnibench.backends.fake:open_backend",
    "replay": "omnibench.backends.replay:open_backend",
}
"""Runtime -> "module:function"."""

LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "omnivlm": ("omnibench.backends.omnivlm", "omnivlm.loading"),
    "transformers": ("omnibench.backends.transformers",),
}
"""Runtime -> modules that take long to import."""

UNTRAINED: Mapping[str, str] = {"omnivlm": "omnibench.backends.omnivlm:open_untrained"}
"""Runtime -> the "module:function" that draws weights for a named model of it, to see its speed."""

FAMILIES = frozenset({"omnivlm"})
"""Names of several models: which one it is depends on what has been pulled."""

BUNDLED = frozenset({"omnivlm", "omnivlm-tiny", "nanollava-tiny", "aurora-tiny", "fake"})
"""Models that are there without anything being pulled."""

MODELS: Mapping[str, tuple[str, str]] = {
    "omnivlm": (
        "omnivlm",
        "the OmniVLM family: full weights where pulled, else the bundled tiny ones",
    ),
    "omnivlm-968m": ("omnivlm", "OmniVLM-968M, the paper's model; needs --weights"),
    "omnivlm-729": ("omnivlm", "OmniVLM's ablation: 729 visual tokens; needs --weights"),
    "omnivlm-243": ("omnivlm", "OmniVLM's ablation: 243 visual tokens; needs --weights"),
    "omnivlm-9": ("omnivlm", "OmniVLM's ablation: 9 visual tokens; needs --weights"),
    "omnivlm-tiny": ("omnivlm", "a true OmniVLM in small, bundled with the package"),
    "nanollava": ("omnivlm", "nanoLLaVA, the baseline of OmniVLM's paper; pull it, or --weights"),
    "nanollava-tiny": ("omnivlm", "a true nanoLLaVA in small, bundled with the package"),
    "aurora-edge-v-2b": ("omnivlm", "AuroraEdge-V-2B, both kinds of fusion; needs --weights"),
    "aurora-compress": ("omnivlm", "AuroraEdge's ablation: no fusion; needs --weights"),
    "aurora-cross": ("omnivlm", "AuroraEdge's ablation: cross-attention; needs --weights"),
    "aurora-decoder": ("omnivlm", "AuroraEdge's ablation: decoder layer; needs --weights"),
    "aurora-tiny": ("omnivlm", "a true AuroraEdge-V in small, bundled with the package"),
    "qwen2-vl-2b": ("transformers", "Qwen2-VL-2B-Instruct; pull it, or --weights"),
    "qwen2.5-vl-3b": ("transformers", "Qwen2.5-VL-3B-Instruct; pull it, or --weights"),
    "internvl2.5-2b": ("transformers", "InternVL2.5-2B; pull it, or --weights"),
    "fake": ("fake", "answers at random from the question's id; for trying things out"),
}
"""Model name -> (runtime, what it is)."""

PREFIXES: Mapping[str, tuple[str, str]] = {
    "hf:": (
        "transformers",
        "hf:PATH_OR_ID[@REVISION], any image-text-to-text checkpoint on this disk",
    ),
    "replay:": ("replay", "replay:FILE, or replay:DIR/NAME: recorded replies"),
}
"""Prefix of a model that is named by a path or an address -> (runtime, what it is)."""
