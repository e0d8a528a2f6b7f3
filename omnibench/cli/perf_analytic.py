"""`omnibench perf --analytic`: arithmetic on shapes; no weights, no torch, no clock."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import msgspec

from omnibench.cases import DEFAULT_CASE, load_cases
from omnibench.cli import words
from omnibench.cli.perf_weights import model_names
from omnibench.core import FORMAT, PerfCase
from omnibench.core.analysis import Analysis, AnalyticResults, FittedThop
from omnibench.cost import shape_of
from omnibench.engine.perf.analytic import analyse, thop_value
from omnibench.engine.perf.image_tokens import image_token_example
from omnibench.hardware import host
from omnibench.loading import default_dtype
from omnibench.profiles import HOST, load_profile
from omnibench.published import Paper, as_value, papers, published_values


def run(arguments: argparse.Namespace) -> int:
    """Work out every model in every case."""
    models = model_names(arguments.model, arguments.weights)
    cases = load_cases(arguments.case or DEFAULT_CASE)
    profile = load_profile(arguments.profile or HOST)
    dtype = arguments.dtype or default_dtype(host())
    printed = papers()
    results = AnalyticResults(
        format=FORMAT,
        profile=profile.id,
        dtype=dtype,
        models={
            model: {case.name: _one(model, case, dtype, profile.id, printed) for case in cases}
            for model in models
        },
        image_tokens=image_token_example(printed),
    )
    if arguments.json:
        words.print_json(results)
        return 0
    from omnibench.report.analytic_terminal import analytic_page

    print(analytic_page(results, thop=arguments.convention == "thop"))
    return 0


def _one(model: str, case: PerfCase, dtype: str, profile: str, printed: list[Paper]) -> Analysis:
    return msgspec.structs.replace(
        analyse(shape_of(model), case, dtype),
        published=published_values(printed, model=model, profile=profile, case=case.name),
        thop_as_fitted=tuple(_fitted(model, case, printed)),
    )


def _fitted(model: str, case: PerfCase, printed: list[Paper]) -> Iterator[FittedThop]:
    """What papers print that counted with thop, with the text tokens that their figure implies."""
    for paper in printed:
        for figure in paper.figures:
            mine = figure.model == model and case.name in figure.cases
            if mine and figure.quantity == "thop_gmacs" and figure.text_tokens is not None:
                value = thop_value(
                    shape_of(model),
                    case,
                    figure.text_tokens,
                    image_in_prompt=figure.image_in_prompt,
                )
                yield FittedThop(figure.text_tokens, value, as_value(paper, figure))
