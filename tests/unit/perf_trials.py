"""Trials and plans made by hand, for tests of what is made of them."""

from omnibench.cases import CASES
from omnibench.core import Conditions, ModelCard, TrialRecord, Value
from omnibench.cost import SHAPES, params
from omnibench.plan import PerfPlan

QUIET = Conditions(1, 0.02, 0.0, None, None, None)
QUESTION = CASES["image-question"]
STAGES = {
    "preprocess": 0.01, "vision": 4.0, "projector": 0.04, "prefill": 0.5, "first_sample": 0.01,
}  # fmt: skip


def seconds(value):
    return Value(value, "s", "measured")


def joules(value, low=None, high=None, provenance="measured"):
    interval = None if low is None else (low, high)
    return Value(value, "J", provenance, interval=interval, source="a counter")


def timing(number=0, model="omnivlm-968m", *, stages=STAGES, gap=0.02, step=0.1, **more):
    """One timed request: its stages, and a token every `step` seconds."""
    ttft = sum(stages.values()) + gap
    times = tuple(ttft + step * token for token in range(QUESTION.new_tokens))
    readings = {f"{stage}.time_s": seconds(each) for stage, each in stages.items()}
    readings |= {
        "ttft.time_s": seconds(ttft),
        "gap.time_s": seconds(gap),
        "request.time_s": seconds(times[-1]),
        "vision.peak_rss_bytes": Value(4.0e9, "bytes", "measured"),
        "prefill.peak_rss_bytes": Value(4.2e9, "bytes", "measured"),
    }
    return record(
        "timing", number, model, readings | more.pop("readings", {}), token_times_s=times,
        tokens_in=101, visual_tokens=81, **more,
    )  # fmt: skip


def record(kind, number, model, readings, *, case=QUESTION.name, conditions=QUIET, **more):
    return TrialRecord(
        model=model, case=case, kind=kind, trial=number, order=number, readings=readings,
        conditions=conditions, **more,
    )  # fmt: skip


def card(model="omnivlm-968m", weights="random: drawn, not trained", dtype="float32"):
    return ModelCard(model, params(SHAPES[model]), weights, None, dtype)


def plan(*, models=("omnivlm-968m",), cases=(QUESTION,), profile="host", here=True, **more):
    fields = {
        "models": models, "cards": tuple(card(model) for model in models), "weights": None,
        "device": "cpu", "dtype": "float32", "threads": 1, "profile": profile,
        "profile_sha256": "0", "host_matches_profile": here, "cases": cases, "warmups": 3,
        "trials": 5, "budget_s": 180.0, "meters": ("clock", "memory"), "command": "omnibench perf",
        "machine": {"processor": "x"}, "environment": {"cpu": "x"},
    }  # fmt: skip
    return PerfPlan(**(fields | more))
