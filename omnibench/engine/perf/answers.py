"""What joules buy: correct answers, questions a charge, a share of an iPhone's battery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from omnibench.core import SampleRecord, Value
from omnibench.core.hardware import HardwareProfile
from omnibench.engine.perf.absent import missing
from omnibench.engine.perf.energy import joules_of

IPHONE_CHARGE_SHARE = "iphone_charge_share"


@dataclass(frozen=True, slots=True)
class Correct:
    """How often an eval's answers to a task were right. task: empty for all tasks together.

    share: mean score of its samples under the task's official rule; failed ones count as wrong.
    source: the run, the rule and the data.
    """

    task: str
    share: float
    n: int
    source: str


def correct_answers(
    records: Iterable[SampleRecord], rules: Mapping[str, str], source: str
) -> list[Correct]:
    """How often an eval's answers were right: over all tasks, then, of several, each by itself.

    rules: task -> the rule that counts. A sample that is not scored (no judge graded it, its
    answer is not public) is left out.
    """
    scores: dict[str, list[float]] = {}
    for record in records:
        rule = rules[record.task]
        if rule in record.scores:
            scores.setdefault(record.task, []).append(record.scores[rule])
        elif record.error is not None and record.reply is None:
            scores.setdefault(record.task, []).append(0.0)
    if not scores:
        return []
    by_task = [
        Correct(task, sum(found) / len(found), len(found), f"{source}: {task}, rule {rules[task]}")
        for task, found in scores.items()
    ]
    n = sum(each.n for each in by_task)
    share = sum(each.share * each.n for each in by_task) / n
    tasks = ", ".join(f"{task} by {rules[task]}" for task in scores)
    return [Correct("", share, n, f"{source}: {tasks}"), *(by_task if len(by_task) > 1 else ())]


def bought(
    figures: Mapping[str, Sequence[Value]],
    correct: Sequence[Correct],
    profile: HardwareProfile,
    iphone_charge: Value,
) -> dict[str, list[Value]]:
    """Figures that follow from the joules of a request; they inherit its mark.

    iphone_charge: joules, as published.
    """
    spent = joules_of(figures)
    why = _reason(figures)
    found: dict[str, list[Value]] = {}
    for each in correct:
        quantity = f"j_per_correct_answer/{each.task}".rstrip("/")
        found[quantity] = [_for_correct(spent, each, why)]
    charge = profile.battery.capacity_j
    if charge is not None:
        on_device = _on(figures, profile.id)
        questions = "questions/charge"
        if on_device is None:
            value = missing(questions, f"no joules of a request on {profile.id}: {why}")
        else:
            method = f"{charge.value:,.0f} J a charge ({charge.kind}) / joules of a request"
            value = _quotient(charge.value, on_device, questions, method)
        found["questions_per_charge"] = [value]
    if spent is None or iphone_charge.value is None:
        found[IPHONE_CHARGE_SHARE] = [missing("fraction", why)]
    else:
        method = f"joules of a request / {iphone_charge.value:,.0f} J ({iphone_charge.source})"
        found[IPHONE_CHARGE_SHARE] = [_scaled(spent, 1 / iphone_charge.value, "fraction", method)]
    return found


def _for_correct(spent: Value | None, correct: Correct, why: str) -> Value:
    if spent is None:
        return missing("J/correct answer", why)
    if correct.share == 0:
        return missing(
            "J/correct answer", f"none of the {correct.n} answers was right ({correct.source})"
        )
    method = (
        f"joules of this case's request / {correct.share:.4f} right of {correct.n}"
        f" ({correct.source})"
    )
    return _scaled(spent, 1 / correct.share, "J/correct answer", method)


def _on(figures: Mapping[str, Sequence[Value]], profile: str) -> Value | None:
    """The joules of a request on that very device."""
    return next(
        (
            value
            for value in figures.get("request_j", ())
            if value.value is not None and value.profile == profile
        ),
        None,
    )


def _reason(figures: Mapping[str, Sequence[Value]]) -> str:
    return next(
        (value.reason for value in figures.get("request_j", ()) if value.reason),
        "the joules of a request are not known",
    )


def _scaled(value: Value, factor: float, unit: str, method: str) -> Value:
    return msgspec.structs.replace(
        value,
        value=None if value.value is None else value.value * factor,
        unit=unit,
        provenance="derived" if value.provenance == "measured" else value.provenance,
        ci95=_times(value.ci95, factor),
        interval=_times(value.interval, factor),
        method=method,
    )


def _times(ends: tuple[float, float] | None, factor: float) -> tuple[float, float] | None:
    return None if ends is None else (ends[0] * factor, ends[1] * factor)


def _quotient(numerator: float, value: Value, unit: str, method: str) -> Value:
    """The number over the figure, its range turned round."""
    inverse = _scaled(value, 1.0, unit, method)

    def under(ends: tuple[float, float] | None) -> tuple[float, float] | None:
        if ends is None or ends[0] <= 0:
            return None
        return numerator / ends[1], numerator / ends[0]

    return msgspec.structs.replace(
        inverse,
        value=None if value.value is None else numerator / value.value,
        ci95=under(value.ci95),
        interval=under(value.interval),
    )
