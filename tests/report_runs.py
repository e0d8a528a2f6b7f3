"""Run folders as `eval` and `perf` leave them, made from a few figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from omnibench.core import (
    FORMAT,
    Conditions,
    DataUsed,
    Decoding,
    EvalResults,
    ModelCard,
    PerfCase,
    PerfResults,
    Reading,
    SampleRecord,
    TaskResult,
    TrialRecord,
    Value,
)
from omnibench.hardware import Checkout, HostRecord
from omnibench.plan import EvalPlan, PerfPlan, TaskPlan
from omnibench.store import PerfRun, Run, RunWriter, create_perf_run, create_run

HOST = HostRecord(
    cpu="A processor", cores=2, threads=4, memory_bytes=8 << 30, bfloat16_in_hardware=False,
    os="Linux 6", machine="x86_64", python="3.12", packages={"omnibench": "0.1.0"},
    code_sha256="c" * 64, omnibench_checkout=Checkout("f" * 40, False), directory_checkout=None,
)  # fmt: skip
RULE = "official"


def record(number: int, *, right: bool = True, **changes: object) -> SampleRecord:
    """A question of POPE's form."""
    reply = "Yes" if right else "No"
    fields: dict[str, object] = {
        "task": "pope", "id": f"q{number}", "prompt": f"Is there a cup {number} in the image?",
        "target": "yes", "reply": reply, "group": f"picture {number // 3}",
        "facets": {"category": "popular"}, "readings": {RULE: Reading(reply.lower())},
        "scores": {RULE: float(right)}, "seconds": 0.1,
    }  # fmt: skip
    return SampleRecord(**fields | changes)  # type: ignore[arg-type]


def eval_plan(n: int, *, name: str = "tiny", **changes: object) -> EvalPlan:
    """A plan of one task; changes to `task_*` are the task's."""
    task = TaskPlan(
        label="pope", name="pope", split="test", version=1, source=None, pack="pope-made",
        pack_folder="/packs/pope-made", kind="custom", rows_sha256="0" * 64, n=n, population=n,
        ids_sha256="1", prompts_sha256="2", decoding=Decoding(8), rules=(RULE,),
    )  # fmt: skip
    for key in [key for key in changes if key.startswith("task_")]:
        task = msgspec.structs.replace(task, **{key.removeprefix("task_"): changes.pop(key)})
    fields: dict[str, object] = {
        "model": name, "card": ModelCard(name, 5_000_000, "a folder", "a" * 64, "float32"),
        "weights": None, "device": "cpu", "dtype": None, "data": None, "tasks": (task,),
        "rule": None, "judge": None, "judge_runs": 5, "control": None, "limit": None, "seed": 0,
        "batch_size": 4, "max_errors": 0.01, "command": f"omnibench eval --model {name}",
        "environment": HOST.environment(),
    }  # fmt: skip
    return EvalPlan(**fields | changes)  # type: ignore[arg-type]


def write_eval(
    out: Path,
    records: Iterable[SampleRecord],
    *,
    finished: bool = True,
    score: Value | None = None,
    more: dict[str, Value] | None = None,
    **changes: object,
) -> Run:
    """A run with these records. score: of its headline; more: further metrics."""
    made = list(records)
    plan = eval_plan(len(made), **changes)
    run = create_run(out, plan, HOST)
    with RunWriter(run) as writer:
        for each in made:
            writer.append(each)
    if finished:
        run.write_results(_eval_results(plan, made, score, more or {}))
    return run


def _eval_results(
    plan: EvalPlan, made: list[SampleRecord], score: Value | None, more: dict[str, Value]
) -> EvalResults:
    n = len(made)
    share = sum(each.scores.get(RULE, 0.0) for each in made) / n if n else None
    value = score or Value(
        share, "fraction", "measured", n=n, ci95=(max(0.0, share - 0.1), min(1.0, share + 0.1)),
        method="cluster bootstrap",
    )  # fmt: skip
    task = plan.tasks[0]
    result = TaskResult(
        split=task.split, n=n, population=task.population,
        clusters=len({each.group for each in made}),
        data=DataUsed(task.pack, task.kind, task.rows_sha256),
        unread=sum(each.readings[RULE].unread for each in made if each.readings),
        errors=sum(each.error is not None for each in made), headline="accuracy",
        mde=Value(0.021, "fraction", "derived"), metrics={RULE: {"accuracy": value} | more},
    )  # fmt: skip
    return EvalResults(FORMAT, plan.card, plan.control, plan.fingerprints(), {task.label: result})


CASE = PerfCase("image-question", 640, 480, 32, "Describe this image", text_tokens=20)


def measured(value: float, unit: str, spread: float = 0.05) -> Value:
    """A measured figure with an interval of a relative half-width."""
    ends = (value * (1 - spread), value * (1 + spread))
    return Value(
        value, unit, "measured", n=10, ci95=ends, method="median of 10 trials", profile="host"
    )


def missing(unit: str, reason: str) -> Value:
    """No figure, and why."""
    return Value(None, unit, "missing", reason=reason)


def timed(ttft_s: float, rate: float) -> dict[str, list[Value]]:
    """What `perf` finds of a model: measured, projected, published, derived and missing figures."""
    shares = {"preprocess_s": 0.03, "vision_s": 0.52, "projector_s": 0.02, "prefill_s": 0.4}
    stages = {name: [measured(ttft_s * share, "s")] for name, share in shares.items()}
    stages |= {"first_sample_s": [measured(ttft_s * 0.01, "s")]}
    projected = Value(
        ttft_s * 0.4, "s", "projected", interval=(ttft_s * 0.2, ttft_s * 0.8),
        method="roofline, another machine", profile="ryzen-hx370",
    )  # fmt: skip
    published = Value(
        0.75, "s", "published", source="OmniVLM paper, Table 2", profile="ryzen-hx370"
    )
    estimated = Value(14.2 * ttft_s, "J", "estimated", interval=(9 * ttft_s, 20 * ttft_s),
        method="TDP of 28 W")  # fmt: skip
    return {
        "ttft_s": [measured(ttft_s, "s"), projected, published],
        **stages,
        "gap_s": [measured(ttft_s * 0.02, "s")],
        "decode_tok_per_s": [
            measured(rate, "tokens/s"),
            Value(rate * 2, "tokens/s", "projected", interval=(rate * 1.2, rate * 3.1)),
            Value(29.41, "tokens/s", "published", source="OmniVLM paper, Table 2"),
        ],
        "request_j": [estimated],
        "decode_j_per_token": [missing("J/token", "no powercap zone can be read")],
        "peak_rss_bytes": [measured(2.1e9, "bytes", 0.01)],
        "params": [Value(968_123_456, "params", "derived", method="closed form")],
        "flops_vision": [Value(6.7e11, "FLOP", "derived")],
        "bytes_vision": [Value(1.1e9, "bytes", "derived")],
        "flops_prefill": [Value(1.0e11, "FLOP", "derived")],
        "bytes_prefill": [Value(1.2e9, "bytes", "derived")],
        "flops_decode_per_token": [Value(9.9e8, "FLOP", "derived")],
        "bytes_decode_per_token": [Value(9.9e8, "bytes", "derived")],
        "mfu_vision": [Value(0.71, "fraction", "derived")],
        "mbu_decode": [Value(0.66, "fraction", "derived")],
        "visual_tokens": [Value(81, "tokens", "derived")],
    }


def perf_plan(names: Iterable[str], **changes: object) -> PerfPlan:
    """A plan of one case on this machine."""
    cards = tuple(ModelCard(name, 5_000_000, "random", None, "float32") for name in names)
    fields: dict[str, object] = {
        "models": tuple(card.name for card in cards), "cards": cards, "weights": None,
        "device": "cpu", "dtype": "float32", "threads": 2, "profile": "host",
        "profile_sha256": "b" * 64, "host_matches_profile": True, "cases": (CASE,), "warmups": 3,
        "trials": 10, "budget_s": 300.0, "meters": ("clock", "memory"),
        "command": "omnibench perf --model " + ",".join(card.name for card in cards),
        "machine": {"cpu": "A processor"}, "environment": HOST.environment(),
    }  # fmt: skip
    return PerfPlan(**fields | changes)  # type: ignore[arg-type]


def write_perf(
    out: Path, figures: dict[str, dict[str, list[Value]]], *, contended: bool = False,
    finished: bool = True, **changes: object,
) -> PerfRun:  # fmt: skip
    """A run with these figures of each model, and a trial of each."""
    plan = perf_plan(figures, **changes)
    run = create_perf_run(out, plan, HOST)
    conditions = Conditions(2, 0.01, 0.0, None, 41.5, None)
    with run.writer() as writer:
        for order, name in enumerate(figures):
            readings = {"ttft.time_s": measured(0.4, "s"), "decode.package_j": missing("J", "none")}
            writer.append(
                TrialRecord(name, CASE.name, "timing", 0, order, readings, conditions, (0.4, 0.5))
            )
    if finished:
        run.write_results(
            PerfResults(
                format=FORMAT, profile=plan.profile, host_matches_profile=plan.host_matches_profile,
                contended=contended, threads=plan.threads, dtype=plan.dtype,
                fingerprints=plan.fingerprints(), cards={card.name: card for card in plan.cards},
                cases={CASE.name: CASE},
                models={name: {CASE.name: found} for name, found in figures.items()},
                doubts=("unknown here: governor",),
            )
        )  # fmt: skip
    return run
