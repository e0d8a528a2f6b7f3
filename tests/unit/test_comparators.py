"""The comparators' shapes, against the parameter counts of their published weights."""

from __future__ import annotations

import subprocess
import sys

import pytest

from omnivlm.comparators import COMPARATORS, on_meta


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("qwen2-vl-2b", 2_208_985_600),
        ("qwen2.5-vl-3b", 3_754_622_976),
        ("internvl2.5-2b", 2_205_754_368),
    ],
)
def test_a_comparator_has_the_parameters_of_its_namesake(name: str, params: int) -> None:
    model = on_meta(name)
    assert sum(parameter.numel() for parameter in model.parameters()) == params
    assert COMPARATORS[name].params == params
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


def test_towers_have_the_parameters_that_were_counted() -> None:
    towers = {
        "qwen2-vl-2b": 665_271_296, "qwen2.5-vl-3b": 668_684_288, "internvl2.5-2b": 304_012_288,
    }  # fmt: skip
    for name, params in towers.items():
        core = on_meta(name).model
        tower = core.vision_tower if name.startswith("internvl") else core.visual
        assert sum(parameter.numel() for parameter in tower.parameters()) == params


def test_naming_them_loads_no_torch() -> None:
    code = "import sys, omnivlm.comparators; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
