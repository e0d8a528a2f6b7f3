"""Calibration: what is timed and how, on a clock of our own; what is kept, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from omnibench.cli import main
from omnibench.core.calibration import Calibration
from omnibench.core.perf import Conditions
from omnibench.cost import shape_of
from omnibench.engine.calibration import load_calibration, measuring
from omnibench.engine.calibration.asked import Asked
from omnibench.engine.calibration.child import assembled, calibrated
from omnibench.engine.calibration.kept import Here, here, keep
from omnibench.engine.calibration.kernels import (
    NARROW_LAYERS,
    Attention,
    Elements,
    Kernel,
    Layer,
    Product,
    Stream,
    kernels_of,
)
from omnibench.engine.calibration.timing import LEAST_PASSES, median_and_spread, timed
from omnibench.errors import OmnibenchError

QUIET = Conditions(1, 0.01, 0.0, None, None, None)
KERNELS: list[Kernel] = [
    Product(128, 8, 16),
    Product(1, 8, 16),
    Attention(4, 4, 2, 1, 8, True),
    Elements("add", 2048),
    Stream("copy", 4096),
    Layer("decoder"),
]


class Simulated:
    """A machine on which every kernel takes just as long as it is told, and its clock."""

    def __init__(self, costs_s: dict[Kernel, list[float]]) -> None:
        self.now = 0.0
        self.ran: list[Kernel] = []
        self._costs_s = {kernel: iter(costs) for kernel, costs in costs_s.items()}

    def clock(self) -> float:
        return self.now

    def prepared(self, kernel: Kernel) -> Callable[[], object]:
        def work() -> None:
            self.ran.append(kernel)
            self.now += next(self._costs_s[kernel])

        return work


def made(kernels: list[Kernel] = KERNELS, **changes: Any) -> Calibration:
    place = here()
    times = {kernel: [0.5, 0.5, 0.5] for kernel in kernels}
    calibration = assembled(
        Asked(1, "float32", 0), place, times, date="2026-11-21T10:00:00Z", conditions=QUIET,
        took_s=3.0, bytes_per_element=4,
    )  # fmt: skip
    return msgspec.structs.replace(calibration, **changes)


def test_every_matrix_of_the_models_is_timed_for_one_row_and_each_kernel_once() -> None:
    kernels = kernels_of()
    assert len(kernels) == len(set(kernels))
    rows = {(each.inner, each.columns): set() for each in kernels if isinstance(each, Product)}
    for each in kernels:
        if isinstance(each, Product):
            rows[each.inner, each.columns].add(each.rows)
    assert all(1 in found for found in rows.values())
    assert rows[1152, 4304] == {1, 8, 32, 96, 256, 768}
    assert rows[896, 151_936] == {1}
    assert (93_312, 4096) not in rows  # 1.5 GB in float32
    assert Product(1024, 1024, 1024) in kernels


def test_the_kernels_of_one_model_are_those_of_its_shape() -> None:
    attention = [
        each for each in kernels_of([shape_of("nanollava")]) if isinstance(each, Attention)
    ]
    assert Attention(729, 729, 16, 16, 72, False) in attention
    assert Attention(1, 768, 16, 16, 64, False) in attention
    assert {each.head_dim for each in attention} == {72, 64}


def test_a_kernel_takes_the_median_of_its_passes_and_a_short_one_is_run_more_often() -> None:
    long, short = Product(1, 8, 8), Product(1, 4, 4)
    machine = Simulated({
        # One long enough to tell, then the passes.
        long: [9.0, 1.0, 4.0],
        # Just under the 2 ms that a timing must last: two runs reach them.
        short: [2**-9] * 100,
    })  # fmt: skip
    times = timed([long, short], machine, machine.clock, budget_s=0)
    assert times[long] == [1.0, 4.0]
    assert len(times[short]) == LEAST_PASSES
    assert times[short] == [2**-9] * LEAST_PASSES
    # Passes go forwards and backwards in turn.
    assert machine.ran[-6:] == [long, short, short, short, short, long]


def test_passes_go_on_while_the_budget_lasts_for_one_more() -> None:
    kernel = Product(1, 8, 8)
    machine = Simulated({kernel: [1.0] * 100})
    # One before the passes; the last that fits ends at 7.
    assert len(timed([kernel], machine, machine.clock, budget_s=7.5)[kernel]) == 6


def test_the_spread_is_half_the_distance_of_the_quartiles_over_the_median() -> None:
    assert median_and_spread([1.0, 2.0, 3.0, 4.0, 5.0]) == (3.0, 1 / 3)
    assert median_and_spread([2.0, 2.0, 2.0]) == (2.0, 0.0)


def test_rates_and_ceilings_follow_from_the_times() -> None:
    calibration = made()
    large, row = calibration.products
    assert large.flops_per_s == 2 * 128 * 8 * 16 / 0.5
    assert row.weight_bytes_per_s == 8 * 16 * 4 / 0.5
    assert calibration.gemm_flops_per_s == large.flops_per_s
    assert calibration.gemv_bytes_per_s == row.weight_bytes_per_s
    assert calibration.stream_bytes_per_s == 4096 / 0.5
    assert calibration.attention[0].flops_per_s == 4 * 4 * 4 * 2 * 8 / 0.5
    assert calibration.elements[0].elements_per_s == 2048 / 0.5
    assert calibration.layers[0].time_s == 0.5 / NARROW_LAYERS
    assert not calibration.contended
    assert len(calibration.id) == 12
    assert calibration.id != msgspec.structs.replace(calibration, took_s=4.0).id


def test_others_above_a_share_of_a_core_mark_it() -> None:
    busy = msgspec.structs.replace(QUIET, others_cpu=0.2)
    times = {kernel: [1.0, 1.0, 1.0] for kernel in KERNELS}
    calibration = assembled(
        Asked(1, "float32", 0), here(), times, date="", conditions=busy, took_s=1.0,
        bytes_per_element=4,
    )  # fmt: skip
    assert calibration.contended


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_torch_runs_every_kind_of_kernel(dtype: str) -> None:
    ticks = iter(range(10**6))
    kernels = [
        *KERNELS,
        *(Elements(kind, 2048) for kind in ("layer_norm", "rms_norm", "gelu", "gated", "rotary")),
        *(Stream(kind, 4096) for kind in ("read", "triad")),
        Layer("encoder"),
    ]
    found = calibrated(Asked(1, dtype, 0), kernels, lambda: float(next(ticks)))
    assert (found.threads, found.dtype) == (1, dtype)
    assert {each.kind for each in found.elements} == {
        "layer_norm", "rms_norm", "gelu", "gated", "rotary", "add",
    }  # fmt: skip
    assert {each.kind for each in found.layers} == {"decoder", "encoder"}
    assert found.products[0].bytes_per_element == {"float32": 4, "bfloat16": 2}[dtype]
    # Our clock ticks once between two looks at it.
    assert found.products[0].time_s == 1.0


def test_what_torch_multiplies_comes_from_a_new_place_every_time() -> None:
    import torch

    from omnibench.engine.calibration.runner import TorchRunner

    runner = TorchRunner([Product(2, 64, 32)], torch.float32)
    work = runner.prepared(Product(2, 64, 32))
    first, second = work(), work()
    assert isinstance(first, torch.Tensor)
    assert isinstance(second, torch.Tensor)
    assert first.shape == (2, 32)
    assert not torch.equal(first, second)


def test_a_calibration_is_kept_and_found_again() -> None:
    assert load_calibration(1, "float32") is None
    calibration = made()
    path = keep(calibration)
    assert path.name == "threads-1-float32.json"
    assert load_calibration(1, "float32") == calibration
    assert load_calibration(1, "bfloat16") is None
    assert load_calibration(2, "float32") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cpu": "A Machine From Elsewhere"}, "processor A Machine From Elsewhere then"),
        ({"machine": "riscv64"}, "architecture riscv64 then"),
        ({"processors": 4096}, "processors 4096 then"),
        ({"versions": {"torch": "1.0", "transformers": "1.0"}}, "torch 1.0 then"),
    ],
)
def test_one_that_does_not_hold_here_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    calibration = made(**change)
    keep(calibration)
    with pytest.raises(OmnibenchError, match="omnibench calibrate --threads 1") as caught:
        load_calibration(1, "float32")
    assert said in str(caught.value)
    assert calibration.id in str(caught.value)


def test_one_of_other_threads_under_this_name_is_refused() -> None:
    path = keep(made(threads=2))
    path.rename(path.with_name("threads-1-float32.json"))
    with pytest.raises(OmnibenchError, match="2 threads"):
        load_calibration(1, "float32")


def test_a_damaged_one_is_named() -> None:
    path = keep(made())
    path.write_text(path.read_text()[:100])
    with pytest.raises(OmnibenchError, match=r"threads-1-float32\.json is damaged"):
        load_calibration(1, "float32")


def test_the_child_is_told_its_threads_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    answer = made()

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        seen.update(options, command=command)
        return SimpleNamespace(returncode=0, stdout=msgspec.json.encode(answer), stderr=b"")

    monkeypatch.setattr(measuring.subprocess, "run", run)
    assert measuring.calibrate(3, "float32", 1.0) == answer
    assert seen["env"]["OMP_NUM_THREADS"] == "3"
    assert seen["command"][:3] == [sys.executable, "-m", "omnibench.engine.calibration.child"]
    assert msgspec.json.decode(seen["command"][3], type=Asked) == Asked(3, "float32", 1.0)


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(OmnibenchError, match="has no attribute 'decimal5'"):
        measuring.calibrate(1, "decimal5", 0.0)


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """A measuring process that answers at once, and what it was asked."""
    asked: list[tuple[int, str]] = []

    def calibrate(threads: int, dtype: str, budget_s: float) -> Calibration:
        asked.append((threads, dtype))
        return made(threads=threads, dtype=dtype, contended=True)

    monkeypatch.setattr("omnibench.engine.calibration.calibrate", calibrate)
    return asked


def test_the_command_measures_keeps_and_shows(
    child: list[tuple[int, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "--threads", "1", "--dtype", "float32,bfloat16"]) == 0
    assert child == [(1, "float32"), (1, "bfloat16")]
    out = capsys.readouterr().out
    assert "CONTENDED" in out
    assert "others kept 0.01 cores busy" in out
    assert main(["calibrate", "--show", "--dtype", "bfloat16", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert shown["holds_here"]
    assert shown["gemm_flops_per_s"] == 2 * 128 * 8 * 16 / 0.5
    assert shown["calibration"]["dtype"] == "bfloat16"
    assert child == [(1, "float32"), (1, "bfloat16")]


def test_show_says_what_no_longer_holds(capsys: pytest.CaptureFixture[str]) -> None:
    keep(made(versions={"torch": "1.0"}))
    assert main(["calibrate", "--show"]) == 0
    assert "does not hold here: torch 1.0 then" in capsys.readouterr().out


def test_show_of_nothing_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--show"]) == 0
    assert "run `omnibench calibrate`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--threads", "5000"], "--threads is 5000 and there are"),
        (["--threads", "0"], "whole number of at least 1"),
        (["--dtype", "int3"], "'int3' is none of float32, bfloat16"),
    ],
)
def test_what_cannot_be_calibrated_is_said_in_one_line(
    flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["calibrate", *flags])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    err = capsys.readouterr().err
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_place_without_a_known_processor_is_a_place_too(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Here(None, "m68k", 1, {})
    monkeypatch.setattr("omnibench.engine.calibration.kept.here", lambda: place)
    keep(made(cpu=None, machine="m68k", processors=1, versions={}))
    assert load_calibration(1, "float32") is not None
