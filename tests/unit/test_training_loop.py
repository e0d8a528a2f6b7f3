"""The loop: what a step learns, what survives a kill, a full disk and a loss that is no number."""

import errno
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from omnivlm.errors import TrainingError
from omnivlm.training import durable
from omnivlm.training.metrics import CURVE, draw_curve, read_metrics
from omnivlm.training.optimiser import SHARE, adamw
from omnivlm.training.schedule import Order, rate
from omnivlm.training.state import STATE, read_progress
from tests.unit.training_toy import Line, run, stage

REPOSITORY = Path(__file__).resolve().parents[2]


def losses(folder: Path) -> list[float]:
    return [metric.loss for metric in read_metrics(folder)]


def script(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more, "OMP_NUM_THREADS": "1"}
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [environment.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "tests.unit.training_toy", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**environment, "PYTHONPATH": path},
        cwd=REPOSITORY, check=False,
    )  # fmt: skip


def test_the_rate_by_hand() -> None:
    assert [rate(step, 10, 1.0, 0.2) for step in (0, 1, 2)] == [0.5, 1.0, 1.0]
    assert rate(6, 10, 1.0, 0.2) == pytest.approx(0.5)
    assert rate(9, 10, 1.0, 0.2) == pytest.approx(0.5 * (1 + math.cos(math.pi * 7 / 8)))
    assert rate(0, 10, 2.0, 0.0) == 2.0
    assert rate(9, 10, 1.0, 0.2, last=0.5) == pytest.approx(0.5 + 0.5 * rate(9, 10, 1.0, 0.2))
    assert rate(0, 10, 1.0, 0.2, last=0.5) == 0.5


def test_an_epoch_has_every_sample_once_and_the_next_another_order() -> None:
    order = Order(samples=10, batch=4, seed=1)
    drawn = [index for step in range(5) for index in order.of(step)]
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]
    assert Order(10, 4, 1).of(3) == drawn[12:16]
    assert Order(10, 4, 2).of(0) != drawn[:4]
    assert Order(10, 4, 2, in_order=True).of(2) == [8, 9, 0, 1]


def test_weights_decay_and_gains_and_biases_do_not() -> None:
    parts = {"weight": nn.Parameter(torch.ones(2, 2)), "gain": nn.Parameter(torch.ones(2))}
    optimiser = adamw(parts, stage(weight_decay=0.5, learning_rate=0.1))
    for each in parts.values():
        each.grad = torch.zeros_like(each)
    optimiser.step()
    assert parts["weight"].unique().tolist() == [pytest.approx(1 - 0.1 * 0.5)]
    assert parts["gain"].tolist() == [1, 1]


def test_what_joins_tower_and_language_model_has_its_share_of_the_rate() -> None:
    names = ("projector.linear_1.weight", "compressor.conv.bias", "language_model.norm.weight")
    parts = {name: nn.Parameter(torch.ones(2)) for name in names}
    shares = {
        id(each): group[SHARE]
        for group in adamw(parts, stage(projector=0.1)).param_groups
        for each in group["params"]
    }
    assert [shares[id(each)] for each in parts.values()] == [0.1, 0.1, 1.0]


def test_the_first_loss_is_the_weighted_mean_over_the_step(tmp_path: Path) -> None:
    run(tmp_path, steps=1)
    terms = []
    for i in Order(20, 6, 3).of(0):
        sign = 1 if i % 2 else -1
        terms.append((i % 3 + 1, (0.5 * i / 20 - 0.25 * sign - 3 * i / 20 - sign) ** 2))
    weight = sum(each for each, _ in terms)
    expected = sum(each * error for each, error in terms) / weight
    assert losses(tmp_path) == [pytest.approx(expected, rel=1e-5)]
    assert read_metrics(tmp_path)[0].weight == weight


def test_passes_of_any_size_give_the_same_losses(tmp_path: Path) -> None:
    run(tmp_path / "two")
    run(tmp_path / "six", at_once=6)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "six"), rel=1e-5)
    assert losses(tmp_path / "two")[-1] < losses(tmp_path / "two")[0]


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    run(tmp_path / "whole")
    killed = script(tmp_path / "killed", 7)
    assert killed.returncode == -9, killed.stderr
    assert read_progress(tmp_path / "killed" / STATE).step == 5
    assert len(losses(tmp_path / "killed")) == 8
    run(tmp_path / "killed")
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    found, wanted = (load_file(tmp_path / name / STATE) for name in ("killed", "whole"))
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_torn_last_line_of_the_metrics_is_dropped(tmp_path: Path) -> None:
    run(tmp_path)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 12, "lo')
    assert len(read_metrics(tmp_path)) == 12


def test_a_full_disk_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []

    def full(path: Path) -> None:
        calls.append(path)
        if len(calls) == 3:  # the first checkpoint's file and folder, then the second's file
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(durable, "_sync", full)
    with pytest.raises(TrainingError, match=r"No space left on device.*one before it is still"):
        run(tmp_path)
    assert read_progress(tmp_path / STATE).step == 5
    assert sorted(each.name for each in tmp_path.iterdir()) == ["metrics.jsonl", STATE]


def test_a_loss_that_is_no_number_stops_and_says_where(tmp_path: Path) -> None:
    step = next(step for step in range(5, 12) if 4 in Order(20, 6, 3).of(step))
    with pytest.raises(TrainingError) as caught:
        run(tmp_path, job=Line(infinite=[4]), checkpoint_steps=1)
    first = next(step for step in range(12) if 4 in Order(20, 6, 3).of(step))
    assert f"step {first + 1} is nan" in str(caught.value) or "inf" in str(caught.value)
    assert "point-4" in str(caught.value)
    kept = load_file(tmp_path / STATE) if first else {}
    assert all(bool(each.isfinite().all()) for each in kept.values())
    assert step >= first


def test_broken_samples_are_skipped_and_counted(tmp_path: Path) -> None:
    loop = run(tmp_path, job=Line(broken=[3, 5]))
    assert loop.broken == 2
    assert read_progress(tmp_path / STATE).broken in (
        ("point-3", "point-5"),
        ("point-5", "point-3"),
    )
    with pytest.raises(TrainingError, match=r"3 samples .* broken_share allows \(2\).* is broken"):
        run(tmp_path / "more", job=Line(broken=[3, 5, 7]))


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    path = tmp_path / STATE
    path.write_bytes(path.read_bytes().replace(b"recipe", b"others"))
    with pytest.raises(TrainingError, match="another recipe"):
        run(tmp_path)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="is damaged"):
        run(tmp_path)


def test_the_curve_is_drawn(tmp_path: Path) -> None:
    draw_curve(tmp_path, "nothing yet")
    assert not (tmp_path / CURVE).exists()
    run(tmp_path)
    draw_curve(tmp_path, "a line")
    assert "<svg" in (tmp_path / CURVE).read_text()
