"""`perf --eval RUN`: how often the same models answered rightly, from an eval run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from omnibench.core import ModelCard
from omnibench.engine.perf.answers import Correct, correct_answers
from omnibench.errors import OmnibenchError
from omnibench.store import Run, open_run

RightAnswers = tuple[Mapping[str, Sequence[Correct]], tuple[str, ...]]


def right_answers(folder: Path | None, cards: Sequence[ModelCard]) -> RightAnswers:
    """(model -> how often its answers were right, what to doubt of that).

    An eval belongs to a model of the perf where name, parameters and dtype agree. Raises
    OmnibenchError, saying which does not, and for a run that is unfinished or a control.
    """
    if folder is None:
        return {}, ()
    run = open_run(folder)
    if not isinstance(run, Run):
        raise OmnibenchError(f"--eval {folder} is a run of perf; give one of eval")
    results = run.results()
    if results is None:
        raise OmnibenchError(
            f"--eval {folder} is unfinished; go on with `omnibench eval --resume {folder}`"
        )
    if results.control is not None:
        raise OmnibenchError(
            f"--eval {folder} is the control {results.control}: its answers are not the model's"
        )
    card = _matching(folder, results.model, cards)
    rules = {task.label: task.rules[0] for task in run.plan.tasks}
    correct = correct_answers(run.records(), rules, f"eval {folder.name}")
    doubts = [
        f"joules for a correct answer: joules of the case's request, accuracy of {folder.name},"
        " whose prompts and replies have other lengths"
    ]
    doubts += [
        f"{task.label} was asked of the bundled sample, not of the benchmark"
        for task in run.plan.tasks
        if task.kind == "sample"
    ]
    if card.weights != results.model.weights:
        doubts.append(f"scored with weights {results.model.weights!r}, timed with {card.weights!r}")
    return {card.name: correct}, tuple(doubts)


def _matching(folder: Path, scored: ModelCard, cards: Sequence[ModelCard]) -> ModelCard:
    """The model of this perf that the eval is of."""
    card = next((card for card in cards if card.name == scored.name), None)
    if card is None:
        names = ", ".join(card.name for card in cards)
        raise OmnibenchError(f"--eval {folder} is of {scored.name}, and this times {names}")
    for what, there, here in (
        ("parameters", scored.params, card.params), ("dtype", scored.dtype, card.dtype),
    ):  # fmt: skip
        if there is not None and here is not None and there != here:
            raise OmnibenchError(
                f"--eval {folder} does not belong to this: {what} {there} there, {here} here;"
                " ask and time the same model"
            )
    return card
