"""What changed between two runs, the worst first, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from omnibench.core import Value
from omnibench.quantities import words_of
from omnibench.report.cells import DASH, Cell, cell_of
from omnibench.report.comparison import Better, Comparison, MetricDifference, PerfDifference

_SYMBOLS = {"worse": "▼", "better": "▲", "no difference shown": "=", "cannot be told": "?"}


@dataclass(frozen=True, slots=True)
class Change:
    """One figure on both sides. word: what the interval of the difference says."""

    about: str
    metric: str
    base: Cell
    candidate: Cell
    difference: str
    interval: str
    note: str
    p: str
    mde: str
    word: str
    loss: float
    value: float | None
    low: float | None
    high: float | None

    @property
    def symbol(self) -> str:
        """The mark beside the word."""
        return _SYMBOLS[self.word]


@dataclass(frozen=True, slots=True)
class Changes:
    """Headlines and timings that changed, those that did not, and the metrics behind them."""

    base: str
    candidate: str
    changed: tuple[Change, ...]
    unchanged: tuple[Change, ...]
    metrics: tuple[Change, ...]
    better: int
    worse: int


def changes(comparison: Comparison) -> Changes:
    """The rows of the page; within a part, the greatest loss first."""
    rows = [_of_metric(task.task, task.headline_difference) for task in comparison.tasks]
    rows += [_of_perf(each) for each in comparison.perf]
    rows.sort(key=lambda row: row.loss, reverse=True)
    return Changes(
        base=" + ".join(card.name for card in comparison.base.models),
        candidate=" + ".join(card.name for card in comparison.candidate.models),
        changed=tuple(row for row in rows if row.word in ("worse", "better")),
        unchanged=tuple(row for row in rows if row.word not in ("worse", "better")),
        metrics=tuple(_behind(comparison)),
        better=sum(task.better for task in comparison.tasks),
        worse=sum(task.worse for task in comparison.tasks),
    )


def _behind(comparison: Comparison) -> Iterable[Change]:
    for task in comparison.tasks:
        headline = task.headline_difference
        for metrics in task.metrics.values():
            for difference in metrics.values():
                if difference is not headline:
                    yield _of_metric(f"{task.task}, {difference.rule}", difference)


def _of_metric(task: str, found: MetricDifference) -> Change:
    factor = 100.0 if found.difference.unit == "fraction" else 1.0
    text, interval = _signed(found.difference, factor)
    p = found.p if found.p_holm is None else found.p_holm
    mde = "" if found.mde.value is None else f"{found.mde.value * factor:.1f} pt"
    return Change(
        about=task,
        metric=found.metric,
        base=cell_of(found.base),
        candidate=cell_of(found.candidate),
        difference=text,
        interval=interval,
        note=_note(found.difference, found.p_method),
        p=_p(p),
        mde=mde,
        word=_word(found.difference, found.better, 0.0),
        loss=_loss(found.difference, found.better, 0.0),
        value=found.difference.value,
        low=_ends(found.difference)[0],
        high=_ends(found.difference)[1],
    )


def _of_perf(found: PerfDifference) -> Change:
    value, (low, high) = found.ratio.value, _ends(found.ratio)
    models = dict.fromkeys((found.base_model, found.candidate_model))
    contended = found.contended and value is not None
    return Change(
        about=f"{found.case}, {' / '.join(models)}",
        metric=words_of(found.quantity).title,
        base=cell_of(found.base),
        candidate=cell_of(found.candidate),
        difference=DASH if value is None else f"× {value:.3f}",
        interval="" if low is None or high is None else f"{low:.3f} – {high:.3f}",
        note="disturbed by other processes" if contended else _note(found.ratio, found.p_method),
        p=_p(found.p),
        mde="",
        word="cannot be told" if contended else _word(found.ratio, found.better, 1.0),
        loss=_loss(found.ratio, found.better, 1.0),
        value=None,
        low=None,
        high=None,
    )


def _word(value: Value, better: Better | None, none: float) -> str:
    """What the whole interval says; nothing is said where there is none."""
    low, high = _ends(value)
    if value.value is None or low is None or high is None or better is None:
        return "cannot be told"
    if low <= none <= high:
        return "no difference shown"
    return "better" if (low > none) == (better == "higher") else "worse"


def _loss(value: Value, better: Better | None, none: float) -> float:
    if value.value is None or better is None:
        return 0.0
    return (none - value.value) if better == "higher" else (value.value - none)


def _signed(value: Value, factor: float) -> tuple[str, str]:
    if value.value is None:
        return DASH, ""
    low, high = _ends(value)
    interval = "" if low is None or high is None else f"{low * factor:+.2f} – {high * factor:+.2f}"
    difference = f"{value.value * factor:+.2f} pt"
    return difference.replace("-", "−"), interval.replace("-", "−")


def _ends(value: Value) -> tuple[float, float] | tuple[None, None]:
    return value.ci95 or value.interval or (None, None)


def _note(value: Value, p_method: str | None) -> str:
    return (value.reason or "no reason was recorded") if value.value is None else (p_method or "")


def _p(p: float | None) -> str:
    return "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
