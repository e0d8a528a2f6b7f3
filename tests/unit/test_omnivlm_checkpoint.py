"""Checkpoints: written, read back, and refused with the name of what is wrong."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file

import omnivlm
from omnivlm import bundled
from omnivlm.checkpoint import open_checkpoint, sha256_of_tensors, write_checkpoint
from omnivlm.cli import main
from omnivlm.errors import CheckpointError, QuestionError
from omnivlm.initialise import untrained
from omnivlm.loading import made
from omnivlm.presets import OMNIVLM_TINY, PRESETS
from omnivlm.questions import Question

NORM = "language_model.model.norm.weight"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    assert main(["init", "--config", "tiny", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return shutil.copytree(written, tmp_path / "copy")


def change(folder: Path, **tensors: torch.Tensor | None) -> None:
    """Replace or, with None, drop tensors; a name's dots are written as double underscores."""
    held = load_file(folder / "model.safetensors")
    for word, tensor in tensors.items():
        name = word.replace("__", ".")
        held.pop(name, None)
        if tensor is not None:
            held[name] = tensor
    save_file(held, folder / "model.safetensors")


def test_init_writes_what_the_name_gives(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    named, read = made("omnivlm-tiny"), omnivlm.load(written)
    assert read.sha256 == named.sha256
    assert read.config == named.config
    assert read.origin == f"{written} (untrained, seed 0)"
    assert named.origin == "untrained, seed 0"
    question = Question("What is this?", (PIL.Image.new("RGB", (64, 48), "red"),), 4)
    assert list(read.generate([question])) == list(named.generate([question]))
    parameters = dict(named.model.named_parameters())
    assert all(torch.equal(p, parameters[name]) for name, p in read.model.named_parameters())
    head = read.model.language_model.lm_head.weight
    assert head is read.model.language_model.model.embed_tokens.weight
    assert not [name for name, b in read.model.named_buffers() if b.is_meta]


def test_init_in_bfloat16_from_another_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "init",
        "--config",
        "tiny",
        "--out",
        str(tmp_path),
        "--seed",
        "7",
        "--dtype",
        "bfloat16",
    ]
    assert main(words) == 0
    assert "4,554,176 parameters" in capsys.readouterr().out
    assert (tmp_path / "model.safetensors").stat().st_size < 10_100_000
    loaded = omnivlm.load(tmp_path, dtype="float32")
    assert loaded.dtype == torch.float32
    assert "seed 7" in loaded.origin


@pytest.mark.parametrize("name", ["nanollava-tiny", "aurora-tiny"])
def test_init_writes_every_family(tmp_path: Path, name: str) -> None:
    assert main(["init", "--config", name, "--out", str(tmp_path)]) == 0
    loaded = omnivlm.load(tmp_path)
    assert loaded.sha256 == sha256_of_tensors(untrained(PRESETS[name], 0, torch.float32))
    picture = PIL.Image.new("RGB", (64, 48), "red")
    (answer,) = loaded.generate([Question("What is this?", (picture,), 2)])
    assert answer.tokens_in > loaded.config.visual_tokens


def test_init_does_not_write_among_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").touch()
    for out in (tmp_path, tmp_path / "mine"):
        assert main(["init", "--config", "tiny", "--out", str(out)]) == 2
        assert capsys.readouterr().err.splitlines() == [
            f"omnivlm: {out} is there already and not empty; name another folder"
        ]
    assert main(["init", "--config", "tiny", "--out", str(tmp_path / "mine" / "below")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        omnivlm.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_missing_tensor_is_named(folder: Path) -> None:
    change(folder, language_model__model__norm__weight=None)
    assert f"lacks {NORM};" in refused(folder)


def test_an_extra_tensor_is_named(folder: Path) -> None:
    change(folder, **{f"extra__{i}": torch.zeros(1) for i in range(5)})
    assert "has unknown extra.0, extra.1, extra.2 and 2 more;" in refused(folder)


def test_a_misshapen_tensor_is_named(folder: Path) -> None:
    change(folder, language_model__model__norm__weight=torch.ones(8))
    assert f"{NORM} has the shape [8], config.json asks for [192]" in refused(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_no_number_is_refused(folder: Path, value: float) -> None:
    tensor = torch.ones(192)
    tensor[100] = value
    change(folder, language_model__model__norm__weight=tensor)
    assert f"{NORM} holds NaN or infinity" in refused(folder)


def test_whole_numbers_are_no_weights(folder: Path) -> None:
    change(folder, language_model__model__norm__weight=torch.ones(192, dtype=torch.int64))
    assert f"{NORM} holds torch.int64" in refused(folder)


@pytest.mark.parametrize("kept", [0, 4, 1000, 1_000_000])
def test_a_truncated_file_is_named(folder: Path, kept: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    assert "model.safetensors is truncated or not a safetensors file" in refused(folder)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("a pickle was loaded",)


def test_pickles_are_never_loaded(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "not a safetensors file" in refused(folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "pickle" in refused(folder)
    assert "pickle" in refused(folder / "pytorch_model.bin")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_an_absent_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"no {name} in {folder}" in refused(folder)


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    assert f"no folder {tmp_path / 'none'}" in refused(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "[1", "[]", '{"model_type": "llama"}', "\xff\xfe"])
def test_a_broken_configuration_is_named(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, "latin-1")
    assert "config.json" in refused(folder)


def test_a_tokenizer_larger_than_the_model_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["text"]["vocab_size"] = 512
    (folder / "config.json").write_text(json.dumps(config))
    assert "ids up to 2303, the model only 512" in refused(folder)


def test_text_needs_a_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    expected = f"no tokenizer.json in {folder}; put Qwen2.5-0.5B-Instruct's tokenizer.json there"
    assert refused(folder) == expected
    without = omnivlm.load(folder, text=False)
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        list(without.generate([Question("?")]))


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (Question("word " * 9000), r"context of omnivlm-tiny holds 8,192"),
        (Question("?", max_new_tokens=0), "max_new_tokens is 0"),
        (Question("?", temperature=-1), "temperature is -1"),
        (Question("?", temperature=float("nan")), "temperature is nan"),
        (Question("?", (PIL.Image.new("RGB", (0, 5)),)), "0 x 5 px"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error_of_its_own(
    question: Question, message: str
) -> None:
    model = omnivlm.load("omnivlm-tiny")
    with pytest.raises(QuestionError, match=message):
        list(model.generate([question]))
    with pytest.raises(QuestionError, match=message):
        list(model.stream(question))


def test_bundled_weights_are_what_the_name_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "omnivlm"
    monkeypatch.setattr(bundled, "files", lambda name: package)
    assert bundled.bundled_folder("omnivlm-tiny") is None
    assert omnivlm.load("omnivlm-tiny").origin == "untrained, seed 0"
    for folder, seed in ((tmp_path / "weights", 2), (package / "weights", 1)):
        written, half = tmp_path / f"written-{seed}", folder / "omnivlm-tiny"
        assert main(["init", "--config", "tiny", "--seed", str(seed), "--out", str(written)]) == 0
        assert main(["export", str(written), "--out", str(half), "--origin", f"no {seed}"]) == 0
        model = omnivlm.load("omnivlm-tiny")
        assert model.origin == f"bundled, no {seed}"
        assert model.sha256 == open_checkpoint(half).sha256()
        assert model.dtype == torch.float32
        (weights,) = half.glob("*.safetensors")
        assert weights.stat().st_size < 4_554_176 * 2 + 20_000
    assert "omnivlm-tiny, no 1, 9.2 MB" in capsys.readouterr().out


def test_what_does_not_fit_into_float16_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tensors = untrained(OMNIVLM_TINY, 0, torch.float32)
    tensors["projector.linear_1.bias"][0] = 1e6
    write_checkpoint(tmp_path / "a", OMNIVLM_TINY, tensors, origin=None, tokenizer=None)
    assert main(["export", str(tmp_path / "a"), "--out", str(tmp_path / "b")]) == 2
    assert "projector.linear_1.bias does not fit into float16" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
