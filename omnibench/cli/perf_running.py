"""A perf carried out: ceilings, trials onto the disk as they are made, results and page."""

from __future__ import annotations

import argparse
import dataclasses
import time

import msgspec

from omnibench.cases import text_tokens
from omnibench.cli import words
from omnibench.cli.perf_planning import Options
from omnibench.core import PerfResults, TrialRecord
from omnibench.core.calibration import Calibration, Projection
from omnibench.engine.calibration import calibrate, keep, load_calibration
from omnibench.engine.measure import measure
from omnibench.engine.perf.results import Beside, perf_results
from omnibench.engine.perf.timings import counted
from omnibench.engine.roofline import project_onto
from omnibench.errors import OmnibenchError
from omnibench.plan import PerfPlan
from omnibench.published import papers
from omnibench.store import PerfRun, create_perf_run

CALIBRATING_S = 40.0
"""What calibrating may take of the budget, beside starting its process."""
LEAST_S = 60.0
"""What is left for measuring, where so much was given, however long calibrating took."""


def carry_out(options: Options, plan: PerfPlan, arguments: argparse.Namespace) -> int:
    """Measure, write, show. 1 where a trial failed; what was measured is kept then, too."""
    began_s = time.monotonic()
    _announce(options)
    beside = _beside(options)
    spent_s = time.monotonic() - began_s
    least_s = min(LEAST_S, plan.budget_s)
    plan = msgspec.structs.replace(plan, budget_s=max(least_s, round(plan.budget_s - spent_s)))
    made = create_perf_run(arguments.out, plan, options.machine)
    made.keep_profile(options.profile)
    if beside.calibration is not None:
        made.keep_calibration(beside.calibration)
    words.note(f"run {made.folder}")
    try:
        _measure(made, options)
    except KeyboardInterrupt:
        _finish(made, beside)
        words.note(f"what was measured is kept in {made.folder}")
        raise
    results = _finish(made, beside)
    show(made, results, as_json=arguments.json, thop=arguments.convention == "thop")
    return _exit_code(made)


def show(made: PerfRun, results: PerfResults, *, as_json: bool, thop: bool = False) -> None:
    """The results on stdout: a page, or one JSON document."""
    if as_json:
        words.print_json({"run": str(made.folder), "results": results})
        return
    from omnibench.report.perf_terminal import perf_page

    conditions = [trial.conditions for trial in counted(made.trials(), "timing")]
    print(perf_page(results, made.folder, conditions, thop=thop))


def _announce(options: Options) -> None:
    for card in options.cards:
        words.note(f"model {card.name}, weights: {card.weights}, {card.dtype}")
    if not options.here:
        words.note(f"this machine is not a {options.profile.id}: measured here, projected for it")
    if not options.instruments.meters:
        reasons = "; ".join(options.instruments.why_not)
        kind = "estimated" if options.instruments.power is not None else "missing"
        words.note(f"joules will be {kind}: {reasons or 'no instrument was asked for'}")


def _beside(options: Options) -> Beside:
    """All but the trials: ceilings, projections, papers, an eval's answers."""
    calibration, why_none, doubts = _ceilings(options)
    beside = Beside(
        profile=options.profile,
        shapes=options.shapes(),
        papers=papers(),
        calibration=calibration,
        why_none=why_none,
        correct=options.correct,
        doubts=(*options.doubts, *doubts),
    )
    if calibration is None or options.here:
        return beside
    return dataclasses.replace(beside, projections=_projections(options, calibration))


def _ceilings(options: Options) -> tuple[Calibration | None, str, list[str]]:
    """(calibration of this machine, why there is none, doubts). A projection needs one."""
    if options.device != "cpu":
        return None, f"ceilings are calibrated for the processor, not for {options.device}", []
    calibration, why = None, "this machine is not calibrated for this; run `omnibench calibrate`"
    try:
        calibration = load_calibration(options.threads, options.dtype)
    except OmnibenchError as error:
        why = str(error)
    if calibration is None and not options.here:
        words.note(
            f"calibrating {options.dtype}, {options.threads} thread(s), once: about a minute"
        )
        budget_s = min(CALIBRATING_S, options.budget_s / 4)
        calibration = calibrate(options.threads, options.dtype, budget_s)
        words.note(f"calibration kept in {keep(calibration)}")
    if calibration is None:
        return None, why, []
    doubts = []
    if calibration.contended:
        others = calibration.conditions.others_cpu or 0.0
        doubts.append(
            f"calibration {calibration.id} was contended ({others:.2g} cores by others): its"
            " ceilings are too low, so that MFU and MBU are too high; `omnibench calibrate` anew"
        )
    return calibration, "", doubts


def _projections(options: Options, calibration: Calibration) -> dict[tuple[str, str], Projection]:
    found = {}
    for name, shape in options.shapes().items():
        for case in options.cases:
            tokens = text_tokens(case, shape.template_tokens)
            if tokens is not None:
                stated = msgspec.structs.replace(case, text_tokens=tokens)
                found[name, case.name] = project_onto(options.profile, shape, stated, calibration)
    return found


def _measure(made: PerfRun, options: Options) -> None:
    """Every trial is on disk before the next is made."""
    # The plan's names have no secrets of URLs; the engine opens what was asked for.
    plan = msgspec.structs.replace(made.plan, models=options.models)
    with made.writer() as writer:
        for record in measure(
            plan,
            meters=options.instruments.meters,
            power=options.instruments.power,
            tell=words.note,
        ):
            writer.append(record)


def _finish(made: PerfRun, beside: Beside) -> PerfResults:
    results = perf_results(made.plan, made.trials(), beside)
    made.write_results(results)
    return results


def _exit_code(made: PerfRun) -> int:
    failed: list[TrialRecord] = [trial for trial in made.trials() if trial.error is not None]
    for trial in failed:
        words.note(f"{trial.model}: a trial ({trial.kind}) failed: {trial.error}")
    return int(bool(failed))
