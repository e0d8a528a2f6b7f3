"""What each phase of a request takes on a machine, by its operations."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from omnibench.core.perf import PerfCase
from omnibench.cost import ModelShape, batched, prompt_operations, see, token_operations
from omnibench.engine.projection.efficiency import Machine, Time
from omnibench.errors import OmnibenchError


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """One request. token: of the decoding, on average; tokens_in: of the prompt, each image's too.

    Preprocessing and sampling are left out: milliseconds.
    """

    vision: Time
    projector: Time
    prefill: Time
    token: Time
    tokens_in: int

    @property
    def ttft(self) -> Time:
        """All that comes before the first token."""
        return total([self.vision, self.projector, self.prefill])


def phase_times(machine: Machine, shape: ModelShape, case: PerfCase) -> PhaseTimes:
    """The phases of a case. Raises OmnibenchError where it states no number of text tokens."""
    if case.text_tokens is None:
        raise OmnibenchError(
            f"the case {case.name} states no number of text tokens, which a projection needs"
        )
    seen = see(shape, case.width_px, case.height_px)
    tokens_in = seen.visual_tokens + case.text_tokens
    prompt = batched(prompt_operations(shape, seen, case.text_tokens), case.batch)

    def taken(*phases: str) -> Time:
        return total(machine.times(each for each in prompt if each.phase in phases))

    def token(past_tokens: int) -> Time:
        return total(machine.times(batched(token_operations(shape, past_tokens), case.batch)))

    # Attention grows evenly from the first new token to the last.
    first, last = token(tokens_in), token(tokens_in + case.new_tokens - 2)
    both = total([first, last])
    return PhaseTimes(
        vision=taken("vision"),
        projector=taken("projector"),
        # Words are fused with the picture as the prompt is read.
        prefill=taken("fusion", "prefill"),
        token=Time(both.seconds / 2, both.spread),
        tokens_in=tokens_in * case.batch,
    )


def total(times: Iterable[Time]) -> Time:
    """The sum; its spread is the mean of the parts', weighted by what they take."""
    parts = list(times)
    seconds = math.fsum(part.seconds for part in parts)
    spread = math.fsum(part.seconds * part.spread for part in parts)
    return Time(seconds, spread / seconds if seconds else 0.0)
