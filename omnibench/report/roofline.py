"""Where each phase stands under this machine's ceilings: work a byte, and work a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from omnibench.core import Provenance, Value
from omnibench.errors import OmnibenchError
from omnibench.profiles import load_profile
from omnibench.report.cells import Cell, cell_of
from omnibench.report.opened import OpenedPerf
from omnibench.report.speed import Subject, Timings


@dataclass(frozen=True, slots=True)
class _Phase:
    """The quantities of a phase. flops, moved: of one request, or of one token."""

    name: str
    flops: str
    moved: str
    speed: str
    share: str


_PHASES = (
    _Phase("vision", "flops_vision", "bytes_vision", "vision_s", "mfu_vision"),
    _Phase("prefill", "flops_prefill", "bytes_prefill", "prefill_s", ""),
    _Phase(
        "decode", "flops_decode_per_token", "bytes_decode_per_token", "decode_tok_per_s",
        "mbu_decode",
    ),
)  # fmt: skip
"""MFU of the prefill is of causal work alone, so that no ceiling is reckoned from it here."""


@dataclass(frozen=True, slots=True)
class Attained:
    """One phase of one subject. provenance: of the time behind flops_per_s.

    letter: by which the chart names the subject.
    """

    subject: Subject
    letter: str
    phase: str
    flops_per_byte: float
    flops_per_s: float
    provenance: Provenance

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """FLOP a byte and FLOP/s, as a reader sees them."""
        return (
            cell_of(Value(self.flops_per_byte, "FLOP/byte", "derived")),
            cell_of(Value(self.flops_per_s, "FLOP/s", "derived")),
        )


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a machine does a second. source: how it is known."""

    kind: str
    per_s: float
    source: str

    @property
    def cell(self) -> Cell:
        """The rate, as a reader sees it."""
        unit = "B/s" if self.kind == "bandwidth" else "FLOP/s"
        return cell_of(Value(self.per_s, unit, "derived"))


def attained(timings: Timings) -> list[Attained]:
    """Every phase of every subject whose work and time are both there."""
    return [
        point
        for number, subject in enumerate(timings.subjects)
        for phase in _PHASES
        for point in _of_phase(timings, subject, _letter(number), phase)
    ]


def ceilings(perfs: Sequence[OpenedPerf], timings: Timings) -> list[Ceiling]:
    """Those that MFU and MBU are shares of; else those of the one profile that was asked for."""
    found = {ceiling.kind: ceiling for ceiling in _calibrated(timings)}
    if found:
        return list(found.values())
    finished = [made.results for made in perfs if made.results is not None]
    asked = {(results.profile, results.dtype) for results in finished}
    return _stated(*asked.pop()) if len(asked) == 1 else []


def _letter(number: int) -> str:
    """a, b ... z, then a1, b1 ..."""
    turn, place = divmod(number, len(ascii_lowercase))
    return f"{ascii_lowercase[place]}{turn or ''}"


def _of_phase(timings: Timings, subject: Subject, letter: str, phase: _Phase) -> Iterator[Attained]:
    flops, moved = _derived(timings, subject, phase.flops), _derived(timings, subject, phase.moved)
    if not flops or not moved:
        return
    for speed in timings.figures(subject, phase.speed):
        if speed.sort and speed.provenance != "published":
            a_second = flops * speed.sort if phase.name == "decode" else flops / speed.sort
            yield Attained(subject, letter, phase.name, flops / moved, a_second, speed.provenance)


def _calibrated(timings: Timings) -> Iterator[Ceiling]:
    phases = {phase.name: phase for phase in _PHASES}
    for point in attained(timings):
        share = _derived(timings, point.subject, phases[point.phase].share)
        if point.provenance != "measured" or not share:
            continue
        quantity = phases[point.phase].share
        reached = point.flops_per_s / share
        if point.phase == "decode":
            yield Ceiling("bandwidth", reached / point.flops_per_byte, _calibration(quantity))
        else:
            yield Ceiling("compute", reached, _calibration(quantity))


def _calibration(quantity: str) -> str:
    return f"calibrated on the machine that measured; {quantity} is the share of it"


def _stated(profile_name: str, dtype: str) -> list[Ceiling]:
    try:
        profile = load_profile(profile_name)
    except OmnibenchError:
        return []  # the user's own file, which is not here any more
    places = profile.figures()
    processor = profile.runtime.processor if profile.runtime else "cpu"
    pairs = (
        ("compute", places.get(f"compute.{processor}.{dtype}_flops_per_s")),
        ("bandwidth", places.get("memory.bandwidth_bytes_per_s")),
    )
    return [
        Ceiling(kind, figure.value, f"profile {profile.id}, {figure.kind}: {figure.source}")
        for kind, figure in pairs
        if figure is not None
    ]


def _derived(timings: Timings, subject: Subject, quantity: str) -> float | None:
    return next((each.sort for each in timings.figures(subject, quantity)), None)
