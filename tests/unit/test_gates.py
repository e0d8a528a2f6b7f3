"""The one function that decides: gates and figures into a verdict."""

from __future__ import annotations

import pytest

from omnibench.core import Value
from omnibench.errors import OmnibenchError
from omnibench.report.comparison import (
    Comparison,
    MetricDifference,
    PerfDifference,
    Side,
    TaskComparison,
)
from omnibench.report.gates import Gate, check_gates, read_gates
from omnibench.report.judging import judge
from omnibench.report.verdict import GateResult, Verdict

NOTHING = Value(value=None, unit="fraction", provenance="missing", reason="nothing graded it")


def measured(value, ci95=None, unit="fraction"):
    return Value(value=value, unit=unit, provenance="measured", ci95=ci95)


def compared(*, tasks=(), perf=()):
    return Comparison(Side((), ()), Side((), ()), tuple(tasks), tuple(perf), (), (), ())


def pope(difference, *, candidate=None, base=None, better="higher", metric="mean_f1"):
    found = MetricDifference(
        rule="official", metric=metric, base=base or measured(0.8, (0.78, 0.82)),
        candidate=candidate or measured(0.8, (0.78, 0.82)), difference=difference, p=None,
        p_method=None, mde=NOTHING, better=better,
    )  # fmt: skip
    task = TaskComparison("pope", metric, 10, 10, 0, 0, 0, {"official": {metric: found}}, ())
    return compared(tasks=[task])


def perf(ratio, *, quantity="ttft_s", better="lower", unit="s", contended=False, **changes):
    fields = {
        "case": "image-question", "quantity": quantity, "base_model": "a", "candidate_model": "b",
        "base": measured(1.0, (0.9, 1.1), unit), "candidate": measured(1.0, (0.9, 1.1), unit),
        "ratio": ratio, "p": None, "p_method": None, "better": better, "contended": contended,
        "no_sensor": False,
    }  # fmt: skip
    return compared(perf=[PerfDifference(**fields | changes)])


def noninferior(margin, **about):
    return Gate("mean_f1", "noninferior", margin, **about or {"task": "pope"})


def outcome(gate, comparison):
    return judge([gate], comparison).outcome


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ((-0.009, 0.02), "pass"),
        ((-0.01, 0.02), "inconclusive"),
        ((-0.03, 0.02), "inconclusive"),
        ((-0.03, -0.01), "inconclusive"),
        ((-0.03, -0.011), "fail"),
        ((0.01, 0.02), "pass"),
    ],
)
def test_noninferior_goes_by_the_ends_of_the_interval(ends, verdict):
    comparison = pope(measured(sum(ends) / 2, ends))
    assert outcome(noninferior(0.01), comparison) == verdict


@pytest.mark.parametrize(
    ("kind", "number", "verdict"),
    [
        ("floor", 0.77, "pass"), ("floor", 0.80, "inconclusive"), ("floor", 0.83, "fail"),
        ("ceiling", 0.83, "pass"), ("ceiling", 0.80, "inconclusive"), ("ceiling", 0.77, "fail"),
    ],
)  # fmt: skip
def test_floor_and_ceiling_go_by_the_candidate_alone(kind, number, verdict):
    comparison = pope(NOTHING, base=NOTHING)
    assert outcome(Gate("mean_f1", kind, number, task="pope"), comparison) == verdict


@pytest.mark.parametrize(
    ("better", "ends", "verdict"),
    [
        ("lower", (0.9, 1.04), "pass"), ("lower", (0.9, 1.06), "inconclusive"),
        ("lower", (1.06, 1.2), "fail"), ("lower", (0.5, 0.6), "pass"),
        ("higher", (0.96, 1.2), "pass"), ("higher", (0.9, 1.2), "inconclusive"),
        ("higher", (0.8, 0.94), "fail"), ("higher", (1.5, 1.6), "pass"),
    ],
)  # fmt: skip
def test_timings_go_by_the_ratio_mirrored_where_less_is_better(better, ends, verdict):
    comparison = perf(measured(1.0, ends, "ratio"), better=better)
    gate = Gate("ttft_s", "noninferior", 0.05, case="image-question")
    assert outcome(gate, comparison) == verdict


def test_a_disturbed_timing_decides_nothing_however_clear_it_looks():
    comparison = perf(measured(0.5, (0.4, 0.6), "ratio"), contended=True)
    for gate in (
        Gate("ttft_s", "noninferior", 0.05, case="image-question"),
        Gate("ttft_s", "ceiling", 9, case="image-question"),
    ):
        found = judge([gate], comparison).gates[0]
        assert (found.outcome, found.lacking) == ("inconclusive", None)
        assert "other processes" in found.reason


@pytest.mark.parametrize(("candidate", "verdict"), [(100.0, "pass"), (101.0, "fail")])
def test_exact_is_exact(candidate, verdict):
    comparison = perf(
        measured(candidate / 100, (candidate / 100,) * 2, "ratio"), quantity="visual_tokens",
        base=Value(100.0, "tokens", "derived"), candidate=Value(candidate, "tokens", "derived"),
    )  # fmt: skip
    assert outcome(Gate("visual_tokens", "exact", case="image-question"), comparison) == verdict
    borne = Gate("visual_tokens", "exact", 1, case="image-question")
    assert outcome(borne, comparison) == "pass"
    # what is computed has no interval and needs none
    same = Gate("visual_tokens", "noninferior", 0.0, case="image-question")
    assert outcome(same, comparison) == verdict
    assert outcome(Gate("visual_tokens", "ceiling", 100, case="image-question"), comparison) == (
        verdict
    )


@pytest.mark.parametrize("kind", ["noninferior", "floor", "ceiling", "exact"])
def test_what_is_missing_never_passes(kind):
    missing = pope(NOTHING, candidate=NOTHING)
    found = judge([Gate("mean_f1", kind, 0.5, task="pope")], missing).gates[0]
    assert (found.outcome, found.lacking) == ("inconclusive", "unmeasured")
    assert "nothing graded it" in found.reason
    elsewhere = judge([Gate("accuracy", kind, 0.5, task="mmmu")], missing).gates[0]
    assert (elsewhere.outcome, elsewhere.lacking) == ("inconclusive", "unmeasured")


@pytest.mark.parametrize("provenance", ["projected", "estimated", "published"])
def test_what_was_not_measured_never_passes(provenance):
    comparison = perf(
        measured(0.5, (0.4, 0.6), "ratio"),
        candidate=Value(1.0, "s", provenance, ci95=(0.9, 1.1)),
    )
    found = judge([Gate("ttft_s", "ceiling", 9, case="image-question")], comparison).gates[0]
    assert (found.outcome, found.lacking) == ("inconclusive", "unmeasured")
    assert provenance in found.reason


def test_no_sensor_is_told_apart_from_a_measurement_that_failed():
    missing = Value(None, "J/token", "missing", reason="no powercap zone")
    for no_sensor, lacking in ((True, "no sensor"), (False, "unmeasured")):
        comparison = perf(
            Value(None, "ratio", "missing", reason="no powercap zone"),
            quantity="decode_j_per_token", candidate=missing, no_sensor=no_sensor,
        )  # fmt: skip
        gate = Gate("decode_j_per_token", "noninferior", 0.1, case="image-question")
        assert judge([gate], comparison).gates[0].lacking == lacking


def test_no_interval_is_no_decision():
    found = judge([noninferior(0.01)], pope(measured(0.05))).gates[0]
    assert (found.outcome, found.lacking) == ("inconclusive", None)


def test_one_failure_fails_the_whole_and_one_doubt_spoils_a_pass():
    def gates(*outcomes):
        return Verdict(
            tuple(GateResult("m", "floor", 0.0, each, "", task="t") for each in outcomes)
        )

    assert (gates("pass", "pass").outcome, gates("pass").exit_code) == ("pass", 0)
    assert (gates("pass", "inconclusive", "fail").outcome, gates("fail").exit_code) == ("fail", 1)
    assert gates("pass", "inconclusive").exit_code == 3
    assert gates().exit_code == 3
    assert gates("pass", "fail", "fail").counts == {"pass": 1, "fail": 2, "inconclusive": 0}


def test_gates_are_read_strictly(tmp_path):
    file = tmp_path / "gates.toml"
    good = '[[gate]]\ntask = "pope"\nmetric = "mean_f1"\nkind = "noninferior"\nmargin = 0.01\n'
    file.write_text(good)
    assert read_gates(file) == (noninferior(0.01),)
    for bad, says in {
        good + "margins = 1\n": "margins",
        good.replace("noninferior", "better"): "better",
        good.replace("task", "tusk"): "tusk",
        good + 'case = "x"\n': "a task or a case",
        good.replace('task = "pope"\n', ""): "a task or a case",
        good.replace("0.01", "-0.01"): "at least 0",
        good.replace("0.01", "nan"): "at least 0",
        good.replace("0.01", '"1 %"'): "margin",
        "gate = []": "nothing could fail",
        "": "gate",
        "[[gate": "gates.toml",
    }.items():
        file.write_text(bad)
        with pytest.raises(OmnibenchError, match=says) as error:
            read_gates(file)
        assert "\n" not in str(error.value)
    with pytest.raises(OmnibenchError, match="gate init"):
        read_gates(tmp_path / "absent.toml")


def test_names_that_nothing_has_are_refused_with_those_that_are_known():
    comparison = pope(measured(0.0, (-0.1, 0.1)))
    for gate, says in {
        Gate("mean_f2", "floor", 0.5, task="pope"): "'mean_f2' of pope; known: mean_f1",
        Gate("mean_f1", "floor", 0.5, task="popes"): "'popes'; known: pope",
        Gate("recall", "floor", 0.5, task="mmmu"): "'recall' of mmmu; known: accuracy",
        Gate("ttft", "ceiling", 0.5, case="x"): "'ttft'; known: ttft_s",
        Gate("ttft_s", "exact", 0.0, case="x"): "never exactly the same",
    }.items():
        with pytest.raises(OmnibenchError, match=says):
            check_gates([gate], comparison)
    with pytest.raises(OmnibenchError, match="known: image-question"):
        check_gates([Gate("ttft_s", "ceiling", 1, case="x")], perf(NOTHING))
    yes_ratio = pope(measured(0.0, (-0.1, 0.1)), better=None, metric="yes_ratio")
    with pytest.raises(OmnibenchError, match="neither better high nor low"):
        check_gates([Gate("yes_ratio", "noninferior", 0.1, task="pope")], yes_ratio)


def test_names_that_are_known_but_not_there_are_no_mistake():
    comparison = pope(measured(0.0, (-0.1, 0.1)))
    check_gates([Gate("accuracy", "floor", 0.5, task="mmmu:test")], comparison)
    check_gates([Gate("ttft_s", "ceiling", 0.5, case="image-question")], comparison)
