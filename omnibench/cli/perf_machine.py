"""What this machine lends to a perf: free cores, instruments, and watts to estimate by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from omnibench.core import Meter, Unavailable
from omnibench.core.hardware import HardwareProfile
from omnibench.engine.measure.limits import usable_processors
from omnibench.engine.measure.surroundings import Surroundings
from omnibench.errors import OmnibenchError
from omnibench.meters import external, found
from omnibench.meters.tdp import PowerModel
from omnibench.profiles import load_profile, read_machine, recognised

LOOKED_S = 0.5
DEFAULT_METERS = ("powercap", "nvml")
"""They see different parts of the machine. A battery needs ten minutes and is asked for by name."""
ESTIMATE = "tdp"
EXTERNAL = "external:"
ALWAYS = ("clock", "memory")


@dataclass(frozen=True, slots=True)
class Instruments:
    """Meters of joules, and the watts of an estimate. why_not: what is not here, in words."""

    meters: tuple[Meter, ...]
    power: PowerModel | None
    why_not: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """For the plan."""
        estimate = (ESTIMATE,) if self.power is not None else ()
        return (*ALWAYS, *(meter.name for meter in self.meters), *estimate)


def free_cores() -> int:
    """Processors that this process may use, less those that others keep busy now; at least 1."""
    surroundings = Surroundings(Path("/"), threads=1, pids=tuple)
    began_s = surroundings.look()
    time.sleep(LOOKED_S)
    others = surroundings.since(began_s).others_cpu or 0.0
    return max(1, usable_processors() - round(others))


def instruments(words: str | None, profile: HardwareProfile, *, here: bool) -> Instruments:
    """Open what is asked for.

    Raises OmnibenchError for an instrument that was named and is not here; of those that nobody
    named it is said why.
    """
    power = _watts(profile, here=here)
    there = found()
    if words is None:
        asked = [there[name] for name in DEFAULT_METERS]
        why_not = [
            f"{name}: {meter.reason}"
            for name, meter in zip(DEFAULT_METERS, asked, strict=True)
            if isinstance(meter, Unavailable)
        ]
        meters = tuple(meter for meter in asked if not isinstance(meter, Unavailable))
        return Instruments(meters, power, tuple(why_not))
    names = [word.strip() for word in words.split(",") if word.strip()]
    if names == ["none"]:
        return Instruments((), None, ("--meter none: no joules were asked for",))
    known = (*there, f"{EXTERNAL}FILE", ESTIMATE, "none")
    opened = tuple(_named(name, there, known) for name in names if name != ESTIMATE)
    if ESTIMATE in names and power is None:
        raise OmnibenchError(
            f"--meter {ESTIMATE} estimates by a profile's watts, and no profile of this machine"
            " states any; name one with --profile, or your own by its path"
        )
    return Instruments(opened, power if ESTIMATE in names else None, ())


def _named(name: str, there: dict[str, Meter | Unavailable], known: tuple[str, ...]) -> Meter:
    meter: Meter | Unavailable
    if name.startswith(EXTERNAL):
        meter = external.find(Path(name.removeprefix(EXTERNAL)).expanduser())
    elif name in there:
        meter = there[name]
    else:
        raise OmnibenchError(f"no meter {name!r}; known: {', '.join(known)}")
    if isinstance(meter, Unavailable):
        raise OmnibenchError(f"--meter {name}: {meter}")
    return meter


def _watts(profile: HardwareProfile, *, here: bool) -> PowerModel | None:
    """Of this machine: the asked profile's where it is this one, else a recognised one's."""
    candidates = [profile] if here else []
    candidates += [load_profile(name) for name in recognised(read_machine())]
    for candidate in candidates:
        power = candidate.power
        if power.sustained_w is not None:
            sustained_w = power.sustained_w.value
            idle = power.idle_w
            source = f"profile {candidate.id}, power.sustained_w ({power.sustained_w.kind})"
            if idle is None:
                source = f"{source}; idle power not known and taken as 0 W"
            return PowerModel(
                0.0 if idle is None else idle.value,
                sustained_w,
                sustained_w if power.maximum_w is None else power.maximum_w.value,
                source,
            )
    return None
