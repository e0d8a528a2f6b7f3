"""Trials made into results: every quantity of every model and case, each with its provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from omnibench.core import FORMAT, PerfCase, PerfResults, TrialRecord, Value
from omnibench.core.calibration import Calibration, Projection
from omnibench.core.hardware import HardwareProfile
from omnibench.cost import ModelShape
from omnibench.engine.perf.analytic import analyse
from omnibench.engine.perf.answers import Correct, bought
from omnibench.engine.perf.doubts import doubts_of
from omnibench.engine.perf.energy import energies
from omnibench.engine.perf.timings import counted, timings
from omnibench.engine.perf.utilisation import utilisations
from omnibench.errors import OmnibenchError
from omnibench.plan import PerfPlan
from omnibench.profiles import HOST
from omnibench.published import Paper, as_value, published_values

Figures = dict[str, list[Value]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the trials of a run. Models are named as their cards are.

    shapes: those of the models that have one.
    calibration: of the machine that measured; None where there is none, why_none then says why.
    projections: (model, case) -> the asked profile's, where that is another machine.
    correct: model -> how often an eval's answers were right.
    doubts: what was known to be doubtful before the first trial.
    """

    profile: HardwareProfile
    shapes: Mapping[str, ModelShape]
    papers: Sequence[Paper]
    calibration: Calibration | None = None
    why_none: str = "this machine is not calibrated; `omnibench calibrate` does it"
    projections: Mapping[tuple[str, str], Projection] = field(default_factory=dict)
    correct: Mapping[str, Sequence[Correct]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def perf_results(plan: PerfPlan, trials: Iterable[TrialRecord], beside: Beside) -> PerfResults:
    """The view of a perf run. What has no figure is `missing` with its reason, never 0."""
    made = list(trials)
    names = [card.name for card in plan.cards]
    models = {
        name: {case.name: _figures(plan, name, case, made, beside) for case in plan.cases}
        for name in names
    }
    return PerfResults(
        format=FORMAT,
        profile=plan.profile,
        host_matches_profile=plan.host_matches_profile,
        contended=any(trial.contended for trial in counted(made, "timing")),
        threads=plan.threads,
        dtype=plan.dtype,
        fingerprints=plan.fingerprints(),
        cards={card.name: card for card in plan.cards},
        cases={case.name: case for case in plan.cases},
        models=models,
        doubts=(*beside.doubts, *doubts_of(plan, made, models)),
    )


def _figures(
    plan: PerfPlan, model: str, case: PerfCase, trials: Sequence[TrialRecord], beside: Beside
) -> Figures:
    own = [trial for trial in trials if trial.model == model]
    of_case = [trial for trial in own if trial.case == case.name]
    cold = [trial for trial in own if trial.kind in ("load", "first_image")]
    idle = [trial for trial in trials if trial.kind == "idle"]
    here = plan.profile if plan.host_matches_profile else HOST

    measured = timings(of_case, cold)
    analytic = _analytic(beside.shapes.get(model), case, plan.dtype, of_case)
    figures: Figures = {quantity: [value] for quantity, value in measured.items()}
    _add(figures, utilisations(measured, analytic, beside.calibration, beside.why_none))
    for quantity, values in energies(of_case, idle, case.new_tokens).items():
        figures.setdefault(quantity, []).extend(values)
    figures = {
        quantity: [msgspec.structs.replace(value, profile=here) for value in values]
        for quantity, values in figures.items()
    }
    _add(figures, analytic)
    projection = beside.projections.get((model, case.name))
    if projection is not None:
        projected = {
            quantity: msgspec.structs.replace(value, profile=plan.profile)
            for quantity, value in projection.figures.items()
        }
        _add(figures, projected)
    for quantity, values in published_values(
        beside.papers, model=model, profile=beside.profile.id, case=case.name
    ).items():
        figures.setdefault(quantity, []).extend(values)
    correct = beside.correct.get(model, ())
    bought_figures = bought(figures, correct, beside.profile, iphone_charge(beside.papers))
    for quantity, values in bought_figures.items():
        figures.setdefault(quantity, []).extend(values)
    return figures


def iphone_charge(papers: Iterable[Paper]) -> Value:
    """What the papers say an iPhone's battery holds, in joules."""
    for paper in papers:
        for figure in paper.figures:
            if figure.quantity == "iphone_charge_j":
                return as_value(paper, figure)
    return Value(None, "J", "missing", reason="no published figure of an iPhone's battery")


def _add(figures: Figures, more: Mapping[str, Value]) -> None:
    for quantity, value in more.items():
        figures.setdefault(quantity, []).append(value)


def _analytic(
    shape: ModelShape | None, case: PerfCase, dtype: str, trials: Sequence[TrialRecord]
) -> dict[str, Value]:
    """The closed forms, for the tokens that were read where a trial counted them."""
    if shape is None:
        return {}
    tokens = next(
        (
            trial.tokens_in - trial.visual_tokens
            for trial in trials
            if trial.tokens_in is not None and trial.visual_tokens is not None
        ),
        None,
    )
    try:
        return analyse(shape, case, dtype, tokens).figures
    except OmnibenchError:
        # Its text tokens are not known before a trial has counted them, and none has.
        return {}
