"""How far a model stands above its own blind control, task by task: the tables of model/README.md.

    omnibench eval --model omnivlm --tasks all --out sees
    omnibench eval --model omnivlm --tasks all --out blind --control blind
    python benchmarks/above_blind.py sees blind

The mean of the official scores of all rows, MME's and MMBench's counted one by one, and the paired
difference with its 95 % interval, clusters drawn together. What waits for a judge is left out.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from omnibench.core import Scored
from omnibench.scoring.difference import differences
from omnibench.scoring.metrics import mean_score
from omnibench.store import Run, find_runs


def main() -> None:
    """Read the two runs and print a line a task, the one with the most right answers first."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("sees", type=Path, help="the folder of one run")
    parser.add_argument("blind", type=Path, help="the folder of its blind control")
    folders = parser.parse_args()
    sees, blind = _rows(folders.sees), _rows(folders.blind)
    for task in sorted(sees, key=lambda each: -_share(sees[each])):
        if sees[task].keys() != blind.get(task, {}).keys():
            raise SystemExit(f"{task}: the two runs have different samples")
        arms = ([rows[each] for each in sees[task]] for rows in (blind[task], sees[task]))
        (found,) = differences(*arms, {"right": mean_score()}).values()
        low, high = (f"{100 * each:+.1f}" for each in found.value.ci95 or (math.nan, math.nan))
        shares = _share(sees[task]), _share(blind[task])
        print(
            f"{task:10}  {100 * shares[0]:5.1f} %  {100 * shares[1]:5.1f} %"
            f"  {100 * (shares[0] - shares[1]):+5.1f} [{low}, {high}]"
        )


def _rows(folder: Path) -> dict[str, dict[str, Scored]]:
    """Every graded sample of the one run in a folder, by its task and id."""
    (run,) = find_runs(folder)
    found: dict[str, dict[str, Scored]] = {}
    for record in Run(run).records():
        row = record.scored("official")
        if row is not None:
            found.setdefault(record.task, {})[record.id] = row
    return found


def _share(rows: dict[str, Scored]) -> float:
    return sum(row.score for row in rows.values()) / len(rows)


if __name__ == "__main__":
    main()
