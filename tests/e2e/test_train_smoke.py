"""`omnivlm train smoke`: every stage runs, and twice gives the same bytes."""

import json
from pathlib import Path

import pytest
import torch

import omnivlm
from omnivlm.cli import main
from omnivlm.questions import Question
from omnivlm.training.recipe import STAGES


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def smoke(out: Path, *more: str) -> int:
    words = ["train", "smoke", "--out", str(out), "--device", "cpu", "--threads", "1"]
    return main([*words, *more])


@pytest.mark.usefixtures("one_thread")
def test_the_smoke_recipe_runs_every_stage_and_twice_gives_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke(tmp_path / "one") == 0
    told = capsys.readouterr()
    assert [line.partition(":")[0] for line in told.out.splitlines()] == list(STAGES)
    assert "sft 3/3  loss " in told.err
    model = omnivlm.load(tmp_path / "one" / "dpo" / "model")
    assert model.origin.endswith("(trained, dpo)")
    (answer,) = model.generate([Question("Is there a cup?", (), 3, whole_length=True)])
    assert answer.tokens_out == 3
    assert "<svg" in (tmp_path / "one" / "sft" / "curve.svg").read_text()

    assert smoke(tmp_path / "one") == 2
    assert "is done already; name another --out, or --resume" in capsys.readouterr().err
    assert smoke(tmp_path / "one", "--resume") == 0

    assert smoke(tmp_path / "two") == 0
    for stage in STAGES:
        for name in ("model/model.safetensors", "state.safetensors"):
            one, two = ((tmp_path / each / stage / name).read_bytes() for each in ("one", "two"))
            assert one == two, f"{stage}/{name}"
    lines = (tmp_path / "two/sft/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 1, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sft"], "--recipe FILE says how to train"),
        (["sft", "--recipe", "none.toml"], "none.toml cannot be read: No such file"),
        (["sft", "--recipe", "smoke"], "`omnivlm train pretrain` comes before sft"),
    ],
)
def test_what_cannot_begin_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.nightly
@pytest.mark.usefixtures("one_thread")
def test_every_compressor_is_trained_from_one_tower(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ablate", "--recipe", "smoke", "--out", str(tmp_path), "--steps", "1", "--val", "2"]
    assert main(words) == 2
    assert "stage 0 comes first, `omnivlm train tower` to `language`" in capsys.readouterr().err
    for stage in ("tower", "alignment", "language"):
        assert main(["train", stage, "--recipe", "smoke", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(words) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    tokens = [row.split()[1] for row in rows]
    assert tokens == ["729", "243", "81", "9", "81", "81"]
    assert len(list((tmp_path / "features").iterdir())) == 1, "the tower is seen through once"
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1:] == rows
