"""Runs of perf among the runs: a line each, or all figures of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.core import Value
    from omnibench.store import PerfRun

HEADLINES = ("ttft_s", "decode_tok_per_s")


def summary(made: PerfRun) -> dict[str, Any]:
    """A run of perf in the list of runs. Raises OmnibenchError where it is damaged."""
    models = [card.name for card in made.plan.cards]
    about: dict[str, Any] = {"folder": str(made.folder), "profile": made.plan.profile}
    results = made.results()
    if results is None:
        state = f"perf of {', '.join(models)}, cut off; measure again"
        return {**about, "state": state, "models": models}
    headlines = {
        model: {case: _headlines(figures) for case, figures in cases.items()}
        for model, cases in results.models.items()
    }
    state = "; ".join(
        f"{model} {case}: {', '.join(shown.values())}"
        for model, cases in headlines.items()
        for case, shown in cases.items()
    )
    contended = " (contended)" if results.contended else ""
    return {
        **about,
        "state": f"perf {state}{contended}",
        "models": models,
        "headlines": headlines,
    }


def describe(made: PerfRun, as_json: bool) -> None:
    """Every figure of a run of perf."""
    results = made.results()
    if results is None:
        raise OmnibenchError(
            f"{made.folder} was cut off before its results were written; measure again"
        )
    if as_json:
        document = {"run": str(made.folder), "plan": made.plan, "host": made.host()}
        words.print_json({**document, "results": results})
        return
    from omnibench.engine.perf.timings import counted
    from omnibench.report.perf_terminal import perf_page

    conditions = [trial.conditions for trial in counted(made.trials(), "timing")]
    print(perf_page(results, made.folder, conditions, thop=True))


def _headlines(figures: dict[str, list[Value]]) -> dict[str, str]:
    from omnibench.report.perf_figures import first, marked

    return {
        quantity: marked(first(figures.get(quantity, ()), ("measured", "derived")))
        for quantity in HEADLINES
    }
