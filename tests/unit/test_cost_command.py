"""`omnibench models`: the list, one model, and the count on the meta device."""

import json
import subprocess
import sys

import pytest

from omnibench.backends import MODELS
from omnibench.cli import main
from omnibench.cost import SHAPES


def test_the_list_has_every_model(capsys):
    assert main(["models", "--json"]) == 0
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert set(models) >= {*MODELS, "replay:"}
    # "omnivlm" is a family, whose weights decide which.
    assert set(MODELS) - set(SHAPES) == {"omnivlm", "fake"}
    assert set(SHAPES) <= set(MODELS)
    assert models["omnivlm-968m"]["params"] == 968_400_704
    assert models["fake"]["params"] is None
    assert main(["models"]) == 0
    assert "omnivlm-968m        968,400,704" in capsys.readouterr().out


@pytest.mark.parametrize("name", SHAPES)
def test_one_model_as_json(name, capsys):
    assert main(["models", name, "--json"]) == 0
    model = json.loads(capsys.readouterr().out)
    assert model["name"] == model["shape"]["name"] == name
    assert model["provenance"] == "derived"
    assert model["params"] == sum(model["params_by_module"].values())
    assert model["weights_bytes"]["bfloat16"] == 2 * model["params"]
    assert model["case"]["text_tokens"] == 20
    assert set(model["flops"]) >= {"vision", "projector", "prefill"}
    assert model["shape"]["vision"]["image"]["rule"]
    assert "params_meta" not in model


@pytest.mark.parametrize("name", ["omnivlm-tiny", "internvl2.5-2b"])
def test_modules_agree_with_arithmetic(name, capsys):
    assert main(["models", name, "--json", "--meta"]) == 0
    model = json.loads(capsys.readouterr().out)
    assert model["params_meta"] == model["params"]


def test_one_model_for_people(capsys):
    assert main(["models", "nanollava", "--meta"]) == 0
    page = capsys.readouterr().out
    assert "894,443,584 (863,963,424 of them are run; 1,050,026,048 with tied" in page
    assert "meta device: 894,443,584" in page
    assert "vision         641.80 GFLOP  (641.80)" in page
    assert main(["models", "internvl2.5-2b"]) == 0
    assert "13 tiles of 1024 patches, 3328 tokens" in capsys.readouterr().out


def test_a_model_without_a_shape(capsys):
    assert main(["models", "fake"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "  runtime:     fake"
    assert main(["models", "replay:", "--json"]) == 0
    assert "params" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone"], "no model 'gone'; known: omnivlm, omnivlm-968m, "),
        (["--meta"], "--meta counts one model; name it"),
        (["fake", "--meta"], "no modules to count behind 'fake'"),
    ],
)
def test_mistakes_are_one_line(words, said, capsys):
    assert main(["models", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert said in captured.err


def test_costs_load_no_torch():
    code = (
        "import sys; from omnibench.cli import main;"
        " main(['models', 'qwen2.5-vl-3b', '--json']);"
        " sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0
