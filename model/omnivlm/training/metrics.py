"""What a run measures of itself: a JSON line a step, and the curve as SVG."""

from __future__ import annotations

from pathlib import Path

import msgspec

METRICS, CURVE = "metrics.jsonl", "curve.svg"


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. weight: how many answers' tokens, pairs or pictures the loss is the mean of."""

    step: int
    loss: float
    rate: float
    gradient: float
    weight: int
    seconds: float


class Metrics:
    """The file of metrics.jsonl, cut back to the step that a run goes on from."""

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / METRICS
        kept = [metric for metric in read_metrics(folder) if metric.step < step]
        self._path.write_bytes(b"".join(_line(metric) for metric in kept))

    def add(self, metric: Metric) -> None:
        """One more line, handed to the system at once."""
        with self._path.open("ab") as file:
            file.write(_line(metric))


def read_metrics(folder: Path) -> list[Metric]:
    """All steps so far; a torn last line, which a kill leaves, is dropped."""
    path = folder / METRICS
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    whole = (line for line in lines if line.endswith(b"\n"))
    return [msgspec.json.decode(line, type=Metric) for line in whole]


def draw_curve(folder: Path, title: str) -> None:
    """The loss over the steps as curve.svg, each step faint and their running mean over it."""
    from matplotlib.figure import Figure  # late: it takes a second to import

    metrics = read_metrics(folder)
    if not metrics:
        return
    steps, losses = [each.step + 1 for each in metrics], [each.loss for each in metrics]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, losses, color="#9db7d5", linewidth=0.6)
    axes.plot(steps, _running_mean(losses), color="#1f4e79", linewidth=1.5)
    axes.set(title=title, xlabel="step", ylabel="loss")
    axes.grid(alpha=0.3)
    figure.savefig(folder / CURVE, metadata={"Date": None})


def _running_mean(values: list[float], keep: float = 0.95) -> list[float]:
    means: list[float] = []
    for value in values:
        means.append(keep * means[-1] + (1 - keep) * value if means else value)
    return means


def _line(metric: Metric) -> bytes:
    return msgspec.json.encode(metric) + b"\n"
