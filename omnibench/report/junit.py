"""JUnit XML, as CI systems read it: a testcase for a gate or a headline, never for a sample.

There is no formal standard; this keeps to what is widely parsed. failure: the gate fails. error:
nothing could be decided, since it was not measured or not well enough. skipped: no instrument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal
from xml.etree import ElementTree

from omnibench.core import Value
from omnibench.report import deltas
from omnibench.report.comparison import Comparison
from omnibench.report.headlines import PERF_HEADLINES, Headline
from omnibench.report.text import plain
from omnibench.report.verdict import GateResult, Verdict

MAX_CHARACTERS = 2_000
"""Of any one text; what is cut off says so."""

Status = Literal["passed", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """One testcase. about: its suite, a task or a perf case; kind: the `type` of what is wrong."""

    about: str
    name: str
    status: Status
    message: str = ""
    kind: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def junit_xml(cases: Iterable[Case]) -> bytes:
    """The document, UTF-8. Characters that XML cannot hold stand as escapes."""
    ordered = sorted(cases, key=lambda case: case.about)
    root = ElementTree.Element("testsuites", _counts("omnibench", ordered))
    for about, members in groupby(ordered, key=lambda case: case.about):
        suite = list(members)
        element = ElementTree.SubElement(root, "testsuite", _counts(about, suite))
        for case in suite:
            _add(element, case)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def cases_of_verdict(verdict: Verdict) -> list[Case]:
    """A testcase a gate."""
    return [_of_gate(gate) for gate in verdict.gates]


def cases_of_comparison(comparison: Comparison) -> list[Case]:
    """A testcase a headline, where there is no gate: nothing fails, but it can be missing."""
    cases = []
    for task in comparison.tasks:
        found = task.headline_difference
        properties = _figures(found.base, found.candidate, found.difference)
        extra = {"p": deltas.p_value(found.p), "mde": deltas.delta(found.mde), "n": str(task.n)}
        name = f"{task.task}.{task.headline}"
        cases.append(_measured(task.task, name, found.difference, properties | extra))
    for one in (each for each in comparison.perf if each.quantity in PERF_HEADLINES):
        name = f"{one.case}.{one.quantity}"
        properties = _figures(one.base, one.candidate, one.ratio)
        properties |= {"model": one.candidate_model, "contended": str(one.contended).lower()}
        cases.append(_measured(one.case, name, one.ratio, properties, one.no_sensor))
    return cases


def cases_of_headlines(headlines: Iterable[Headline]) -> list[Case]:
    """A testcase a headline of a run: it is there, or could not be measured."""
    cases = []
    for one in headlines:
        properties = {"model": one.model, "run": one.run} | _figure("value", one.value)
        name = f"{one.name} ({one.model})"
        cases.append(_measured(one.about, name, one.value, properties, one.no_sensor))
    return cases


def _of_gate(gate: GateResult) -> Case:
    statuses: Mapping[str, Status] = {"pass": "passed", "fail": "failure", "inconclusive": "error"}
    status: Status = "skipped" if gate.lacking == "no sensor" else statuses[gate.outcome]
    properties = {"kind": gate.kind, "margin": f"{gate.margin:g}", "outcome": gate.outcome}
    if gate.model:
        properties["model"] = gate.model
    return Case(
        about=gate.task or gate.case or "",
        name=f"{gate.name} ({gate.model})" if gate.model else gate.name,
        status=status,
        message="" if status == "passed" else gate.reason,
        kind=gate.lacking or (gate.kind if status == "failure" else gate.outcome),
        properties=properties | _figures(gate.base, gate.candidate, gate.difference),
    )


def _measured(
    about: str, name: str, value: Value, properties: Mapping[str, str], no_sensor: bool = False
) -> Case:
    if value.value is not None:
        return Case(about, name, "passed", properties=properties)
    status: Status = "skipped" if no_sensor else "error"
    kind = "no sensor" if no_sensor else "unmeasured"
    return Case(about, name, status, value.reason or kind, kind, properties)


def _figures(
    base: Value | None, candidate: Value | None, difference: Value | None
) -> dict[str, str]:
    named = (("base", base), ("candidate", candidate), ("difference", difference))
    properties: dict[str, str] = {}
    for name, value in named:
        if value is not None:
            properties |= _figure(name, value)
    return properties


def _figure(name: str, value: Value) -> dict[str, str]:
    if value.value is None:
        return {name: f"missing: {value.reason}"}
    properties = {name: f"{value.value:.10g}", f"{name}.unit": value.unit}
    properties[f"{name}.provenance"] = value.provenance
    if value.ci95 is not None:
        low, high = value.ci95
        properties |= {f"{name}.ci95_low": f"{low:.10g}", f"{name}.ci95_high": f"{high:.10g}"}
    return properties


def _counts(name: str, cases: Sequence[Case]) -> dict[str, str]:
    wrong = [case.status for case in cases]
    return {
        "name": _fit(name),
        "tests": str(len(cases)),
        "failures": str(wrong.count("failure")),
        "errors": str(wrong.count("error")),
        "skipped": str(wrong.count("skipped")),
    }


def _add(suite: ElementTree.Element, case: Case) -> None:
    names = {"classname": _fit(f"omnibench.{case.about}"), "name": _fit(case.name)}
    element = ElementTree.SubElement(suite, "testcase", names)
    if case.properties:
        properties = ElementTree.SubElement(element, "properties")
        for name, value in case.properties.items():
            ElementTree.SubElement(properties, "property", name=_fit(name), value=_fit(value))
    if case.status != "passed":
        words = {"message": _fit(case.message), "type": _fit(case.kind)}
        ElementTree.SubElement(element, case.status, words)


def _fit(text: str) -> str:
    """Text that XML can hold; the escapes that `plain` makes are printable ASCII."""
    shown = plain(text[:MAX_CHARACTERS])
    return shown if len(text) <= MAX_CHARACTERS else f"{shown} … (cut)"
