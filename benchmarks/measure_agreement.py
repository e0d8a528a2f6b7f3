"""Two runs of the same measurement: how far their medians are apart.

    python benchmarks/measure_agreement.py [--models M[,M]] [--trials 5] [--new-tokens 16]

One thread, float32, random weights, a picture of 640 x 480 px and 20 text tokens; each run has
fresh processes. Prints the ratio of the second run's median to the first's for each stage and for
decoding (at most 3 % apart wanted), by the wall clock and by the model's own CPU time, and the
conditions of both: on a machine that others use, wall clocks do not agree.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict

from omnibench.core import ModelCard, PerfCase, TrialRecord
from omnibench.engine.measure import measure
from omnibench.plan import PerfPlan

SHOWN = ("preprocess", "vision", "projector", "prefill", "ttft", "decode", "request")
WATCHED = ("vision", "prefill", "ttft", "decode", "request")
WANTED = 0.03

Readings = dict[tuple[str, str], list[float]]
"""(model, stage) -> seconds, one a trial."""


def main() -> None:
    """Measure twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="omnivlm-968m")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--new-tokens", type=int, default=16)
    parser.add_argument("--budget", type=float, default=180.0)
    arguments = parser.parse_args()
    plan = _plan(arguments)
    runs = [list(measure(plan, tell=print)) for _ in range(2)]
    for run in runs:
        _conditions(run)
    for clock in ("time_s", "cpu_s"):
        _compare(clock, *(_readings(run, clock) for run in runs))


def _compare(clock: str, first: Readings, second: Readings) -> None:
    for (model, stage), read in first.items():
        again = second[model, stage]
        one, other = statistics.median(read), statistics.median(again)
        print(
            f"{model} {stage}.{clock}: {one:.4f} (n {len(read)}) and {other:.4f} (n {len(again)}),"
            f" {other / one - 1:+.1%}{_verdict(stage, other / one)}"
        )


def _plan(arguments: argparse.Namespace) -> PerfPlan:
    models = tuple(arguments.models.split(","))
    return PerfPlan(
        models=models,
        cards=tuple(ModelCard(name, None, "random", None, "float32") for name in models),
        weights="random",
        device="cpu",
        dtype="float32",
        threads=1,
        profile="host",
        profile_sha256="",
        host_matches_profile=True,
        cases=(PerfCase("agreement", 640, 480, arguments.new_tokens, "", 20),),
        warmups=3,
        trials=arguments.trials,
        budget_s=arguments.budget,
        meters=(),
        command="",
        machine={},
        environment={},
    )


def _readings(run: list[TrialRecord], clock: str) -> Readings:
    found: Readings = defaultdict(list)
    for record in run:
        for stage in SHOWN:
            value = record.readings.get(f"{stage}.{clock}")
            if record.kind == "timing" and value is not None and value.value is not None:
                found[record.model, stage].append(value.value)
    return found


def _conditions(run: list[TrialRecord]) -> None:
    timing = [record for record in run if record.kind == "timing" and not record.left_out]
    others = [r.conditions.others_cpu for r in timing if r.conditions.others_cpu is not None]
    marked = sum(record.contended for record in timing)
    taken = f"{statistics.median(others):.2f} cores in the median" if others else "unknown"
    print(f"{marked} of {len(timing)} trials contended, others took {taken}")
    for record in run:
        if record.left_out or record.error:
            print(f"{record.model} {record.kind}: {record.left_out or record.error}")


def _verdict(stage: str, ratio: float) -> str:
    if stage not in WATCHED:
        return ""
    return f" ({'met' if abs(ratio - 1) <= WANTED else 'missed'})"


if __name__ == "__main__":
    main()
