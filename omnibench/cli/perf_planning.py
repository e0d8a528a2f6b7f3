"""What a perf is going to do: the words of the command into options, options into a plan."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from omnibench.cases import DEFAULT_CASE, load_cases
from omnibench.cli.perf_machine import Instruments, free_cores, instruments
from omnibench.cli.perf_weights import card_of, check_folder, model_names
from omnibench.cli.right_answers import right_answers
from omnibench.core import ModelCard, PerfCase
from omnibench.core.hardware import HardwareProfile
from omnibench.cost import SHAPES, ModelShape
from omnibench.engine.measure import check_memory, check_threads
from omnibench.engine.perf.answers import Correct
from omnibench.hardware import HostRecord, host
from omnibench.loading import default_dtype
from omnibench.plan import PerfPlan, without_secrets
from omnibench.profiles import HOST, load_profile, matches, read_machine

WARMUPS, TRIALS = 3, 5


@dataclass(frozen=True, slots=True)
class Options:
    """The words of a perf, complete. models: as asked for, in the order of `cards`."""

    models: tuple[str, ...]
    cards: tuple[ModelCard, ...]
    weights: str | None
    profile: HardwareProfile
    here: bool
    cases: tuple[PerfCase, ...]
    trials: int
    threads: int
    dtype: str
    device: str
    budget_s: float
    instruments: Instruments
    correct: Mapping[str, Sequence[Correct]]
    doubts: tuple[str, ...]
    machine: HostRecord
    command: str

    def shapes(self) -> dict[str, ModelShape]:
        """The shapes of the models that have one."""
        return {card.name: SHAPES[card.name] for card in self.cards if card.name in SHAPES}


def options(arguments: argparse.Namespace) -> Options:
    """Complete the words. All that can be refused is refused here, before anything is loaded."""
    weights = arguments.weights
    models = model_names(arguments.model, weights)
    check_folder(models, weights)
    profile = load_profile(arguments.profile or HOST)
    here = profile.id == HOST or matches(profile, read_machine())
    cases = load_cases(arguments.case or DEFAULT_CASE)
    machine = host()
    dtype = arguments.dtype or _dtype(machine, profile, here=here, device=arguments.device)
    threads = arguments.threads or free_cores()
    check_threads(threads)
    cards = tuple(card_of(model, weights, dtype) for model in models)
    if arguments.device == "cpu":
        check_memory([card.name for card in cards], cases, dtype)
    correct, doubts = right_answers(arguments.eval, cards)
    return Options(
        models=models,
        cards=cards,
        weights=weights,
        profile=profile,
        here=here,
        cases=cases,
        trials=arguments.trials or TRIALS,
        threads=threads,
        dtype=dtype,
        device=arguments.device,
        budget_s=arguments.budget,
        instruments=instruments(arguments.meter, profile, here=here),
        correct=correct,
        doubts=doubts,
        machine=machine,
        command=without_secrets(arguments.command),
    )


def plan(options: Options) -> PerfPlan:
    """What is written before the first trial."""
    machine = options.machine
    return PerfPlan(
        models=tuple(without_secrets(model) for model in options.models),
        cards=options.cards,
        weights=options.weights,
        device=options.device,
        dtype=options.dtype,
        threads=options.threads,
        profile=options.profile.id,
        profile_sha256=hashlib.sha256(
            msgspec.json.encode(options.profile, order="deterministic")
        ).hexdigest(),
        host_matches_profile=options.here,
        cases=options.cases,
        warmups=WARMUPS,
        trials=options.trials,
        budget_s=options.budget_s,
        meters=options.instruments.names,
        command=options.command,
        machine={
            "processor": machine.cpu, "cores": machine.cores, "threads": machine.threads,
            "memory_bytes": machine.memory_bytes,
        },
        environment=machine.environment(),
    )  # fmt: skip


def _dtype(machine: HostRecord, profile: HardwareProfile, *, here: bool, device: str) -> str:
    """bfloat16 where the processor has it, and where the other device's rate in it is known."""
    if device != "cpu":
        return "bfloat16"
    name = profile.runtime.processor if profile.runtime else "cpu"
    processor = getattr(profile.compute, name)
    stated = processor is not None and any(
        figure is not None
        for figure in (processor.bfloat16_flops_per_s, processor.one_core_bfloat16_flops_per_s)
    )
    return default_dtype(machine) if here or stated else "float32"
