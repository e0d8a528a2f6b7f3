"""The verdict of a gate: the one object that feeds pages, JUnit, Markdown and the exit code."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from omnibench.core import Value

Outcome = Literal["pass", "fail", "inconclusive"]
GateKind = Literal["noninferior", "floor", "ceiling", "exact"]
Lacking = Literal["unmeasured", "no sensor"]

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "inconclusive": 3}


class GateResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What became of one gate.

    task or case: which of the two the gate is about; model: whose case, where several were timed.
    margin: the loss that is borne (noninferior), the number itself (floor, ceiling), the deviation
        that is borne (exact); a fraction, points or, for timings, a share of the base's figure.
    difference: candidate - base with its interval; for timings the ratio candidate / base; None for
        a gate that needs no base.
    reason: why it ended so, in words, with the figures.
    lacking: why there is nothing to decide on: it was not measured although it could have been, or
        this machine has no instrument for it. Never together with "pass".
    """

    metric: str
    kind: GateKind
    margin: float
    outcome: Outcome
    reason: str
    task: str | None = None
    case: str | None = None
    model: str | None = None
    base: Value | None = None
    candidate: Value | None = None
    difference: Value | None = None
    lacking: Lacking | None = None

    @property
    def name(self) -> str:
        """`pope.mean_f1`, `photo-448px.ttft_s`: the same from run to run."""
        return f"{self.task or self.case}.{self.metric}"


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of all gates of a file."""

    gates: tuple[GateResult, ...]

    @property
    def outcome(self) -> Outcome:
        """Fails where one gate fails; passes where there are gates and all pass."""
        found = {gate.outcome for gate in self.gates}
        if "fail" in found:
            return "fail"
        return "pass" if found == {"pass"} else "inconclusive"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return EXIT_CODES[self.outcome]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many gates ended how; outcomes that did not occur stand with 0."""
        counted = Counter(gate.outcome for gate in self.gates)
        return {outcome: counted[outcome] for outcome in EXIT_CODES}
