"""What cannot be measured here, said before anything is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from omnibench.cases import text_tokens
from omnibench.core import PerfCase
from omnibench.cost import (
    SHAPES,
    ModelShape,
    kv_bytes_per_token,
    prompt_operations,
    see,
    weights_bytes,
)
from omnibench.cost.operations import BYTES_PER_ELEMENT
from omnibench.errors import OmnibenchError

PROCESS_BYTES = 400_000_000
"""Interpreter, torch and transformers: 0.33 GB resident were seen (benchmarks/speed.md)."""
OWN_TEXT_TOKENS = 64
"""Where neither the case nor the shape states a number: more than the papers' prompts have."""


def check_threads(threads: int) -> None:
    """Raise OmnibenchError where the processors that may be used are fewer than the threads."""
    if threads < 1:
        raise OmnibenchError(f"--threads is {threads}; it must be 1 or more")
    usable = usable_processors()
    if threads > usable:
        raise OmnibenchError(
            f"--threads is {threads} and there are {usable} processors to run on; threads that wait"
            f" for a processor are several times slower: use at most {usable}"
        )


def check_memory(
    models: Sequence[str], cases: Sequence[PerfCase], dtype: str, *, root: Path = Path("/")
) -> None:
    """Raise OmnibenchError where the models, all resident at once, need more than is free.

    A model whose shape is not known (`hf:`) is taken as nothing: its process then fails by itself.
    """
    needed = {name: needed_bytes(SHAPES[name], cases, dtype) for name in models if name in SHAPES}
    free, total = available_bytes(root), sum(needed.values())
    if total > free:
        each = ", ".join(f"{name} {count / 1e9:.2f} GB" for name, count in needed.items())
        what = "models that are compared stay in memory together; " if len(needed) > 1 else ""
        raise OmnibenchError(
            f"{each} in {dtype}, {total / 1e9:.2f} GB in all, do not fit: {free / 1e9:.2f} GB of"
            f" memory are free; {what}use bfloat16, a smaller model, or one at a time"
        )


def needed_bytes(shape: ModelShape, cases: Sequence[PerfCase], dtype: str) -> int:
    """What the process of a model takes at its peak, by arithmetic on its shape.

    Weights, the KV cache of the longest case, the activations of its largest operation (what it
    reads and what it writes), float32 logits, and the interpreter with its libraries.
    """
    element_bytes = BYTES_PER_ELEMENT[dtype]
    most = 0.0
    for case in cases:
        seen = see(shape, case.width_px, case.height_px)
        text = text_tokens(case, shape.template_tokens) or OWN_TEXT_TOKENS
        operations = prompt_operations(shape, seen, text)
        tokens = seen.visual_tokens + text + case.new_tokens
        activations = max(operation.activations for operation in operations) * element_bytes
        most = max(most, tokens * kv_bytes_per_token(shape, dtype) + activations)
    logits = 4 * shape.text.vocab
    return round(weights_bytes(shape, dtype) + most + logits) + PROCESS_BYTES


def available_bytes(root: Path = Path("/")) -> int:
    """Memory that a new process can have: the system's, or what a container's limit leaves."""
    free = int(psutil.virtual_memory().available)
    group = root / "sys/fs/cgroup"
    limit, used = _number(group / "memory.max"), _number(group / "memory.current")
    return free if limit is None or used is None else min(free, max(0, limit - used))


def usable_processors() -> int:
    """The processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
