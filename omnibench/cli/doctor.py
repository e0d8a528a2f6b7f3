"""`omnibench doctor`: what is here, and why the rest is not."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING

from omnibench.cli import words
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    from omnibench.cli.words import Commands

Finding = tuple[str, bool, str]
"""(what, whether it is there, which or why not)."""


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    parser = commands.add_parser(
        "doctor", help="devices, backends, packs, weights: there, or why not"
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the findings. Nothing that is missing is an error here."""
    findings = [*_machine(), *_devices(), *_meters(), *_backends(), *_packs()]
    if arguments.json:
        words.print_json(
            [{"what": what, "there": there, "detail": detail} for what, there, detail in findings]
        )
        return 0
    for what, there, detail in findings:
        print(f"{'ok' if there else '--'}  {what:22} {detail}")
    return 0


def _machine() -> Iterator[Finding]:
    from omnibench.hardware import host

    record = host()
    memory = record.memory_bytes / 1e9
    yield (
        "processor",
        record.cpu is not None,
        f"{record.cpu}, {record.threads} threads, {memory:.1f} GB",
    )
    yield "system", True, f"{record.os}, Python {record.python}"
    bfloat16 = (
        "in hardware" if record.bfloat16_in_hardware else "not in hardware: float32 is the default"
    )
    yield "bfloat16", record.bfloat16_in_hardware, bfloat16


def _devices() -> Iterator[Finding]:
    if importlib.util.find_spec("torch") is None:
        yield "torch", False, "not installed: pip install 'torch>=2.6,<2.14'"
        return
    import torch

    yield "torch", True, str(torch.__version__)
    cuda = torch.cuda.is_available()
    yield "cuda", cuda, torch.cuda.get_device_name(0) if cuda else "torch sees no CUDA device"
    mps = torch.backends.mps.is_available()
    yield "mps", mps, "Apple GPU" if mps else "torch sees no Apple GPU"


def _meters() -> Iterator[Finding]:
    from omnibench.core import Unavailable
    from omnibench.meters.finding import found

    for name, meter in found().items():
        if isinstance(meter, Unavailable):
            yield f"meter {name}", False, str(meter)
        else:
            yield f"meter {name}", True, meter.source


def _backends() -> Iterator[Finding]:
    from omnibench.backends import RUNTIMES
    from omnivlm.bundled import bundled_folder

    for runtime, place in RUNTIMES.items():
        module = place.partition(":")[0]
        there = importlib.util.find_spec(module) is not None
        yield f"backend {runtime}", there, module
    folder = bundled_folder("omnivlm-tiny")
    absent = "not in this installation: made from a seed when asked for, untrained"
    yield "weights omnivlm-tiny", folder is not None, absent if folder is None else str(folder)


def _packs() -> Iterator[Finding]:
    from omnibench.data.find import find_pack
    from omnibench.loading import load_task, task_names

    for name in task_names():
        task = load_task(name).task
        try:
            found = find_pack(task, task.splits[0], None)
        except OmnibenchError as error:
            yield f"data {name}", False, str(error)
            continue
        detail = f"{found.kind}: {found.pack.header.name}, {found.pack.header.rows} rows"
        yield f"data {name}", True, detail
