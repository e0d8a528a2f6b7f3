"""`omnibench profiles`: list the devices that are known, or show every number of one."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from omnibench.cli import words
from omnibench.report.text import plain

if TYPE_CHECKING:
    from omnibench.cli.words import Commands
    from omnibench.core.hardware import Figure, HardwareProfile

_UNITS = {
    "_bytes_per_s": "B/s",
    "_flops_per_s": "FLOP/s",
    "_ops_per_s": "op/s",
    "_bytes": "B",
    "_hz": "Hz",
    "_w": "W",
    "_mah": "mAh",
    "_j": "J",
}
_SCALED = ("B/s", "FLOP/s", "op/s", "B", "Hz", "J")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "profiles", help="list the hardware profiles, or show one with its sources"
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a profile's name, your own ./mine.toml, or host"
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the profiles, or show one."""
    from omnibench.profiles import load_profile, profile_names, read_machine, recognised

    if arguments.name is None:
        here = recognised(read_machine())
        profiles = [load_profile(name) for name in profile_names()]
        if arguments.json:
            words.print_json([_listed(profile, here) for profile in profiles])
        else:
            for profile in profiles:
                _print_line(_listed(profile, here))
        return 0
    described = _described(load_profile(arguments.name))
    if arguments.json:
        words.print_json(described)
    else:
        _print_profile(described)
    return 0


def _listed(profile: HardwareProfile, here: list[str]) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": profile.name,
        "processor": profile.runtime.processor if profile.runtime else None,
        "figures": len(profile.figures()),
        "this_machine": profile.id in here or profile.id == "host",
    }


def _described(profile: HardwareProfile) -> dict[str, Any]:
    from omnibench.profiles import HOST, matches, read_machine, recognised

    machine = read_machine()
    is_host = profile.id == HOST
    return {
        "profile": profile,
        "figures": profile.figures(),
        "unknown": profile.unknown(),
        "this_machine": is_host or matches(profile, machine),
        "recognised_as": recognised(machine) if is_host else None,
    }


def _say(line: str) -> None:
    """A line on stdout; one's own profile cannot steer the terminal with it."""
    print(plain(line))


def _print_line(listed: dict[str, Any]) -> None:
    mark = "*" if listed["this_machine"] else " "
    processor = listed["processor"] or "?"
    _say(f"{mark} {listed['id']:17} {processor:4} {listed['name']}")


def _print_profile(described: dict[str, Any]) -> None:
    profile: HardwareProfile = described["profile"]
    _say(f"{profile.id}: {profile.name}")
    if profile.note:
        _say(f"  {profile.note}")
    if profile.runtime is not None:
        note = f" ({profile.runtime.note})" if profile.runtime.note else ""
        _say(f"  stands for:   its {profile.runtime.processor}{note}")
    _say(f"  this machine: {'yes' if described['this_machine'] else 'no'}")
    if described["recognised_as"]:
        _say(f"  recognised:   {', '.join(described['recognised_as'])}")
    for place, figure in described["figures"].items():
        _print_figure(place, figure)
    for meter in profile.meters:
        note = f"; {meter.note}" if meter.note else ""
        _say(f"  meter {meter.name}: {meter.scope}{note}")
    _say("  left out, as not known or not there:")
    for section, fields in _by_section(described["unknown"]).items():
        _say(f"    {section}: {', '.join(fields)}")
    _say("  sources:")
    for key, source in profile.sources.items():
        _say(f"    {key}: {source}")


def _print_figure(place: str, figure: Figure) -> None:
    unit = next((unit for suffix, unit in _UNITS.items() if place.endswith(suffix)), "")
    number = _number(figure.value, unit)
    if figure.interval is not None:
        low, high = (_number(end, unit) for end in figure.interval)
        number = f"{number} ({low} to {high})"
    note = f": {figure.note}" if figure.note else ""
    _say(f"  {place:41} {number}  [{figure.kind}, {figure.source}{note}]")


def _number(value: float, unit: str) -> str:
    """1.2e11, "B/s" -> '120 GB/s'; memory in powers of 1024, rates of 1000."""
    if unit not in _SCALED:
        return f"{value:,.0f} {unit}".rstrip() if value >= 1000 else f"{value:.4g} {unit}".rstrip()
    base, mark = (1024, "i") if unit == "B" else (1000, "")
    power = min(int(math.log(value, base) + 1e-9), 4) if value >= base else 0
    prefix = ("", f"k{mark}", f"M{mark}", f"G{mark}", f"T{mark}")[power]
    return f"{value / base**power:.4g} {prefix}{unit}"


def _by_section(places: list[str]) -> dict[str, list[str]]:
    """The field of `power.idle_w` under `power`."""
    sections: dict[str, list[str]] = {}
    for place in places:
        section, _, field = place.rpartition(".")
        sections.setdefault(section, []).append(field)
    return sections
