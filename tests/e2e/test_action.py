"""action.yml: its shell steps run here, with recorded replies for a model."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.e2e.conftest import write_replies

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
GATE = '[[gate]]\ntask = "pope"\nmetric = "accuracy/pooled"\nkind = "noninferior"\nmargin = 0.2\n'
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.fixture
def action(repository):
    path = repository / "action.yml"
    if not path.exists():
        pytest.skip("no checkout: action.yml is not part of the wheel")
    return yaml.safe_load(path.read_text())


@pytest.fixture
def job(action, tmp_path):
    """Run the action's shell steps as a runner would: inputs -> (exit code of the job, outputs)."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    command = bin_folder / "omnibench"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m omnibench "$@"\n')
    command.chmod(0o755)
    steps = {step["id"]: step for step in action["runs"]["steps"] if "id" in step}

    def value(text, inputs, outputs):
        def resolve(match):
            kind, _, name = match[1].strip().partition(".")
            return inputs[name] if kind == "inputs" else outputs[name.rpartition(".")[2]]

        return EXPRESSION.sub(resolve, text)

    def run(**given):
        inputs = {name: each.get("default", "") for name, each in action["inputs"].items()}
        inputs |= {name.replace("_", "-"): text for name, text in given.items()}
        outputs = {}
        for name in ("measure", "compare", "promote", "verdict"):
            if name == "promote" and not (
                inputs["update-baseline"] == "true" and outputs["code"] == "0"
            ):
                continue
            out = tmp_path / "github_output"
            out.write_text("")
            step = steps[name]
            env = {key: value(text, inputs, outputs) for key, text in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=tmp_path,
                env=os.environ
                | env
                | {
                    "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
                    "GITHUB_OUTPUT": str(out),
                    "GITHUB_STEP_SUMMARY": str(tmp_path / "step_summary.md"),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            outputs |= dict(line.partition("=")[::2] for line in out.read_text().splitlines())
            if done.returncode:
                return done.returncode, outputs, done.stderr
        return 0, outputs, ""

    return run


@pytest.fixture
def model(pope_pack, tmp_path):
    """(how many are wrong) -> the inputs of a model that answers so."""
    pack = pope_pack(1080)

    def make(wrong):
        right = {f"r{i}": "yes" if i % 2 or i % 4 < wrong else "no" for i in range(1080)}
        file = write_replies(tmp_path / f"m{wrong}.jsonl", right)
        return {"model": f"replay:{file}", "tasks": "pope", "data": str(pack)}

    return make


def test_the_flow_of_a_baseline(job, model, tmp_path):
    (tmp_path / "gates.toml").write_text(GATE)
    summary = tmp_path / "step_summary.md"
    # a pull request before there is a baseline: nothing was compared, which is not green
    assert job(**model(0), gate="gates.toml")[0] == 3
    assert "no baseline yet" in summary.read_text()
    # the main branch makes one
    assert job(**model(0), gate="gates.toml", update_baseline="true")[0] == 0
    baseline = sorted(path.name for path in (tmp_path / "omnibench-ci" / "baseline").iterdir())
    assert len(baseline) == 2
    assert baseline[1] == "history.jsonl"
    # a pull request that changes nothing, and one that does harm
    code, outputs, _ = job(**model(0), gate="gates.toml")
    assert (code, outputs["outcome"]) == (0, "pass")
    code, outputs, _ = job(**model(3), gate="gates.toml", update_baseline="true")
    assert (code, outputs["outcome"]) == (1, "fail")
    assert "❌ fail" in summary.read_text()
    kept = sorted(path.name for path in (tmp_path / "omnibench-ci" / "baseline").iterdir())
    assert kept == baseline
    report = tmp_path / "omnibench-ci" / "report"
    assert {path.name for path in report.iterdir()} == {"report.html", "junit.xml", "summary.md"}
    # without a gate there is no verdict
    assert job(**model(3))[:2] == (0, {"code": "0", "outcome": "none"})
    # a baseline that cannot be compared is no pass
    code, outputs, _ = job(**model(0) | {"limit": "90"}, gate="gates.toml")
    assert (code, outputs["outcome"]) == (2, "refused")


def test_no_text_of_an_input_is_run(job, model, tmp_path):
    hostile = '"; touch pwned; echo "$(touch pwned)`touch pwned`'
    for name in ("model", "tasks", "data", "limit", "weights", "gate", "even_if", "perf_runs"):
        job(**model(0) | {name: hostile})
    assert job(**model(0) | {"tasks": hostile})[0] == 2
    assert not (tmp_path / "pwned").exists()


def test_shell_steps_hold_no_expression(action):
    for step in action["runs"]["steps"]:
        assert not EXPRESSION.search(step.get("run", ""))
        assert ("uses" in step) != ("run" in step)
        assert step.get("shell", "bash") == "bash"
    named = {
        name.strip()
        for step in action["runs"]["steps"]
        for text in [*step.get("env", {}).values(), *map(str, step.get("with", {}).values())]
        for name in re.findall(r"inputs\.([a-z-]+)", text)
    }
    assert named <= set(action["inputs"])
    assert all(each.get("description") for each in action["inputs"].values())
