"""The few figures by which a run is known: the headlines of its tasks and of its timings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from omnibench.core import Value
from omnibench.quantities import words_of
from omnibench.report.comparing_perfs import lacks_sensor
from omnibench.report.opened import Opened, OpenedEval, OpenedPerf

PERF_HEADLINES = ("ttft_s", "decode_tok_per_s", "decode_j_per_token", "peak_rss_bytes")
_SHOWN = ("measured", "derived")
_CUT_OFF = "the run was cut off before it had results"


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of one model. about: its task or case; run: the folder's name.

    no_sensor: what is missing could not have been measured on that machine.
    """

    run: str
    model: str
    about: str
    metric: str
    value: Value
    no_sensor: bool = False

    @property
    def name(self) -> str:
        """`pope.mean_f1`: the same from run to run."""
        return f"{self.about}.{self.metric}"


def headlines(opened: Opened) -> list[Headline]:
    """The headlines of all runs; what a run that was cut off owes is missing."""
    found = [headline for run in opened.evals for headline in _of_eval(run)]
    return found + [headline for run in opened.perfs for headline in _of_perf(run)]


def _of_eval(made: OpenedEval) -> Iterator[Headline]:
    run, model = made.run.folder.name, made.run.plan.card.name
    if made.results is None:
        for plan in made.run.plan.tasks:
            missing = Value(value=None, unit="fraction", provenance="missing", reason=_CUT_OFF)
            yield Headline(run, model, plan.label, "headline", missing)
        return
    for label, task in made.results.tasks.items():
        value = next(iter(task.metrics.values()))[task.headline]
        yield Headline(run, model, label, task.headline, value)


def _of_perf(made: OpenedPerf) -> Iterator[Headline]:
    run, plan = made.run.folder.name, made.run.plan
    for card in plan.cards:
        for case in plan.cases:
            found = made.results.models.get(card.name, {}) if made.results else {}
            reason = "not in its results" if made.results else _CUT_OFF
            for quantity in PERF_HEADLINES:
                unit = words_of(quantity).unit
                missing = Value(value=None, unit=unit, provenance="missing", reason=reason)
                values = found.get(case.name, {}).get(quantity) or [missing]
                value = next((one for one in values if one.provenance in _SHOWN), values[0])
                lacking = made.results is not None and lacks_sensor(quantity, [value], [made])
                yield Headline(run, card.name, case.name, quantity, value, lacking)
