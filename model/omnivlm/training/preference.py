"""Direct preference optimisation: the better of two answers shall gain on the worse one."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid

from omnivlm.errors import TrainingError


def dpo_loss(
    chosen_logps: Tensor,
    rejected_logps: Tensor,
    reference_chosen_logps: Tensor,
    reference_rejected_logps: Tensor,
    beta: float,
) -> Tensor:
    """-> the mean loss over pairs, a scalar.

    Each argument is (B,): the log-probability of a whole answer, the sum over its tokens, under the
    model that learns and under the one it started from. beta, above 0: how firmly the model is held
    to where it started; the OmniVLM paper names none. Raises TrainingError for another beta.

    Source: Rafailov et al., Direct Preference Optimization, NeurIPS 2023, arXiv:2305.18290,
    equation 7.
    """
    if not 0 < beta < float("inf"):
        raise TrainingError(f"beta is {beta}; it must be above 0")
    gain = (chosen_logps - rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
    return -logsigmoid(beta * gain).mean()
