"""The models of a run, resident together, and single trials of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from msgspec.structs import replace

from omnibench.cases import text_tokens
from omnibench.core import PerfCase, TrialKind, TrialRecord, Value
from omnibench.cost import SHAPES
from omnibench.engine.measure.messages import (
    Ask,
    Command,
    Failed,
    Open,
    Opened,
    Reply,
    stamp,
)
from omnibench.engine.measure.process import ModelProcess, ProcessEnded
from omnibench.engine.measure.readings import Request, Watts, load_readings, request_readings
from omnibench.engine.measure.schedule import Budget
from omnibench.engine.measure.surroundings import Surroundings, contended
from omnibench.loading import RANDOM, weights_for_speed
from omnibench.meters.tdp import PowerModel
from omnibench.plan import PerfPlan

LOOK_S = 1.0
"""How often meters are read while something goes on, so that no wrap-around goes unseen."""


@dataclass(slots=True)
class Bench:
    """Processes by the place of their model in the plan, as long as they live."""

    plan: PerfPlan
    power: PowerModel | None
    root: Path
    budget: Budget
    processes: dict[int, ModelProcess] = field(default_factory=dict)
    surroundings: Surroundings = field(init=False)
    _order: int = 0

    def __post_init__(self) -> None:
        self.surroundings = Surroundings(self.root, self.plan.threads, self._pids)

    def close(self) -> None:
        """End every process."""
        for model in self.living:
            self.drop(model)

    @property
    def living(self) -> list[int]:
        """The models that can still be asked."""
        return sorted(self.processes)

    @property
    def overspent(self) -> str:
        """Why something is left out. What calibrating took is not in the plan's budget any more."""
        return f"the {self.plan.budget_s:g} s for measuring are spent (--budget, less calibrating)"

    def name(self, model: int) -> str:
        """The model's name in records."""
        return self.plan.cards[model].name

    def weights(self, model: int) -> str | None:
        """What the model is opened with; RANDOM where they are drawn."""
        return weights_for_speed(self.plan.models[model], self.plan.weights)

    def stated(self, model: int, case: PerfCase) -> PerfCase:
        """The case, its text counted by the model's shape where drawn weights have no tokenizer."""
        shape = SHAPES.get(self.plan.models[model])
        if shape is None or self.weights(model) != RANDOM:
            return case
        return replace(case, text_tokens=text_tokens(case, shape.template_tokens))

    def load(self, model: int) -> TrialRecord:
        """Start the process of a model and load it; its name is known even where that fails."""
        plan = self.plan
        weights = self.weights(model)
        command = Open(plan.models[model], weights, plan.device, plan.dtype, plan.threads)
        began_s, started = self.surroundings.look(), stamp()
        process = self.processes[model] = ModelProcess(self.name(model), plan.threads)
        said, error = self.attempt(model, command)
        readings: dict[str, Value] = {}
        for opened in said:
            if isinstance(opened, Opened):
                drawn = weights == RANDOM
                readings = load_readings(opened, started, process.pid, drawn=drawn)
        if error is not None:
            self.drop(model)
        return self.record(model, plan.cases[0], "load", 0, began_s, readings, error=error)

    def ask(
        self, model: int, case: PerfCase, kind: TrialKind, trial: int, new_tokens: int
    ) -> TrialRecord:
        """One request on the clock. Each trial of a kind has a picture of its own."""
        pid = self.processes[model].pid
        began_s = self.surroundings.look()
        said, error = self.attempt(
            model, Ask(self.stated(model, case), picture_number(kind, trial), new_tokens)
        )
        request = Request.of(said)
        watts = Watts(self.power, os.cpu_count() or 1) if self.power and kind == "timing" else None
        readings = request_readings(request, pid, watts=watts, cut=error)
        self.budget.spent((model, case.name, kind), self.surroundings.clock() - began_s)
        return self.record(
            model, case, kind, trial, began_s, readings, request=request, error=error
        )

    def attempt(
        self, model: int, command: Command, waiting: Callable[[], object] | None = None
    ) -> tuple[list[Reply], str | None]:
        """Have a model's process carry out a command: what it says, and why it failed, if it did.

        waiting: is called about once a second meanwhile. A process that has ended is taken out.
        """
        process = self.processes[model]
        wait_s = None if waiting is None else LOOK_S
        try:
            process.send(command)
            while (said := process.receive(wait_s)) is None:
                if waiting is not None:
                    waiting()
        except ProcessEnded as ended:
            self.drop(model)
            return ended.said, str(ended)
        last = said[-1]
        return said, last.error if isinstance(last, Failed) else None

    def drop(self, model: int) -> None:
        """End a model's process, if it has not been ended yet."""
        process = self.processes.pop(model, None)
        if process is not None:
            process.close()

    def record(
        self,
        model: int,
        case: PerfCase,
        kind: TrialKind,
        trial: int,
        began_s: float,
        readings: dict[str, Value],
        *,
        request: Request | None = None,
        repeats: int = 1,
        error: str | None = None,
        left_out: str | None = None,
    ) -> TrialRecord:
        """The record of what began at `began_s` and has just ended."""
        conditions = self.surroundings.since(began_s)
        self._order += 1
        return TrialRecord(
            model=self.name(model),
            case=case.name,
            kind=kind,
            trial=trial,
            order=self._order - 1,
            readings=readings,
            conditions=conditions,
            token_times_s=request.token_times_s if request else (),
            tokens_in=request.tokens_in if request else None,
            visual_tokens=request.visual_tokens if request else None,
            repeats=repeats,
            contended=contended(conditions),
            error=error,
            left_out=left_out,
        )

    def left_out(
        self, model: int, case: PerfCase, kind: TrialKind, trial: int, why: str
    ) -> TrialRecord:
        """The record of a trial that is not made."""
        return self.record(
            model, case, kind, trial, self.surroundings.look(), {}, left_out=why
        )  # fmt: skip

    def _pids(self) -> list[int]:
        return [process.pid for process in self.processes.values()]


def picture_number(kind: TrialKind, trial: int) -> int:
    """The same for all models in one round, and another in every other trial."""
    return 1000 * get_args(TrialKind).index(kind) + trial
