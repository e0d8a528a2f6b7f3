"""The DPO loss by hand; tests/parity holds it to TRL's trainer."""

from math import exp, log

import pytest
import torch

from omnivlm.errors import TrainingError
from omnivlm.training.preference import dpo_loss


def by_hand(rows, beta):
    """The paper's equation 7 in plain floats: rows of (chosen, rejected) for model, reference."""
    losses = []
    for chosen, rejected, reference_chosen, reference_rejected in rows:
        margin = beta * (chosen - reference_chosen) - beta * (rejected - reference_rejected)
        losses.append(-log(1 / (1 + exp(-margin))))
    return sum(losses) / len(losses)


ROWS = [(-3.5, -4.0, -3.0, -5.5), (-12.0, -9.25, -12.5, -8.0), (-1.0, -30.0, -2.0, -6.0)]


@pytest.mark.parametrize("beta", [0.05, 0.1, 1.0])
def test_the_loss_is_that_of_the_paper(beta):
    columns = torch.tensor(ROWS, dtype=torch.float64).unbind(dim=1)
    assert dpo_loss(*columns, beta).item() == pytest.approx(by_hand(ROWS, beta), rel=1e-12)


def test_a_model_that_has_not_moved_has_log_two():
    logps = torch.tensor([-5.0, -7.0]), torch.tensor([-6.0, -2.0])
    assert dpo_loss(*logps, *logps, 0.1).item() == pytest.approx(log(2), rel=1e-6)


def test_the_gradient_raises_the_chosen_and_lowers_the_rejected():
    chosen = torch.tensor([-4.0], requires_grad=True)
    rejected = torch.tensor([-5.0], requires_grad=True)
    dpo_loss(chosen, rejected, torch.tensor([-4.0]), torch.tensor([-5.0]), 0.1).backward()
    # where nothing has moved yet the slope is beta / 2
    assert chosen.grad.item() == pytest.approx(-0.05)
    assert rejected.grad.item() == pytest.approx(0.05)


def test_a_far_pair_neither_overflows_nor_vanishes_into_nan():
    far = torch.tensor([-1e4, 0.0])
    loss = dpo_loss(far, far.flip(0), torch.zeros(2), torch.zeros(2), 1.0)
    assert loss.item() == pytest.approx(5e3)


@pytest.mark.parametrize("beta", [0.0, -0.1, float("nan"), float("inf")])
def test_a_beta_that_holds_nothing_is_refused(beta):
    with pytest.raises(TrainingError, match="beta"):
        dpo_loss(*(torch.zeros(1),) * 4, beta)
