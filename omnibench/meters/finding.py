"""Which joules this machine can measure by itself."""

from __future__ import annotations

from pathlib import Path

from omnibench.core import Meter, Unavailable
from omnibench.meters import battery, nvml, powercap, pyrapl


def found(
    *, powercap_root: Path = powercap.ROOT, battery_root: Path = battery.ROOT
) -> dict[str, Meter | Unavailable]:
    """The instruments that need nothing but the machine, the more trusted ones first.

    They are not alternatives: nvml and powercap see different parts of the machine. powercap and
    pyrapl see the same, and battery takes in both. `external` needs a file, `tdp` watts.
    """
    own = powercap.find(powercap_root)
    return {
        "powercap": own,
        "nvml": nvml.find(),
        "battery": battery.find(battery_root),
        "pyrapl": pyrapl.find(own),
    }
