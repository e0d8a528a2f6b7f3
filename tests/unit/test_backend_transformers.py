"""Checkpoints by transformers' own classes behind the protocol that every backend follows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import decoders

from omnibench import loading
from omnibench.backends.choosing import Chooser
from omnibench.backends.finding import find
from omnibench.backends.transformers import TransformersBackend, open_backend
from omnibench.core import Backend, Decoding, Request
from omnibench.errors import ImageError, OmnibenchError
from omnibench.hub.locks import Lock, LockedFile, sha256_of, write_lock
from omnibench.hub.models import model_folder
from tests.unit.tiny_checkpoints import KINDS, write_checkpoint


@dataclass(frozen=True)
class Picture:
    """An image in memory, or none where its colours are none."""

    colours: tuple[str, str] | None = ("red", "blue")
    size: tuple[int, int] = (90, 60)
    name: str = "picture"

    def read(self) -> bytes:
        raise AssertionError("a decoded picture is enough")

    def open(self) -> PIL.Image.Image:
        if self.colours is None:
            raise ImageError("image picture is missing")
        left, right = self.colours
        made = PIL.Image.new("RGB", self.size, left)
        made.paste(PIL.Image.new("RGB", (self.size[0] // 2, self.size[1]), right))
        return made


ONE, OTHER = Picture(), Picture(("green", "yellow"), (60, 100))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small lose more by waiting for a second thread than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {kind: write_checkpoint(kind, root / kind) for kind in KINDS}


@pytest.fixture(scope="module", params=KINDS)
def backend(request: pytest.FixtureRequest, folders: dict[str, Path]) -> TransformersBackend:
    return opened(folders[request.param])


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    """A checkpoint to spoil."""
    return Path(shutil.copytree(folders["llava"], tmp_path / "copy"))


def opened(folder: Path | str, dtype: str = "float32") -> TransformersBackend:
    return open_backend(f"hf:{folder}", weights=None, device="cpu", dtype=dtype)


def request_of(
    prompt: str, *images: Picture, row: str = "1", tokens: int = 8, **decoding: float
) -> Request:
    return Request("pope", row, prompt, images, Decoding(max_new_tokens=tokens, **decoding))


def said(backend: TransformersBackend, request: Request) -> str:
    (reply,) = backend.generate([request])
    return reply.text


def test_the_card_says_what_answers(folders: dict[str, Path]) -> None:
    folder = folders["llava"]
    protocol: Backend = loading.open_backend(
        f"hf:{folder}", weights=None, device="auto", dtype="bfloat16"
    )
    card = protocol.card
    tensors = load_file(folder / "model.safetensors")
    assert card.params == sum(tensor.numel() for tensor in tensors.values())
    assert (card.name, card.weights, card.dtype) == ("llava", str(folder), "bfloat16")
    assert re.fullmatch("[0-9a-f]{64}", card.weights_sha256 or "")


def test_a_tied_embedding_counts_once(folders: dict[str, Path]) -> None:
    tied = opened(folders["qwen2-vl"])
    held = load_file(folders["qwen2-vl"] / "model.safetensors")
    assert tied.card.params == sum(tensor.numel() for tensor in held.values())


def test_a_batch_answers_as_one_by_one(backend: TransformersBackend) -> None:
    asked = [
        request_of("What is this, and why is it so long a question?", ONE, row="a"),
        request_of("Two?", ONE, OTHER, row="b", tokens=5),
        request_of("None?", row="c"),
        request_of("Other?", OTHER, row="d"),
    ]
    together = list(backend.generate(asked))
    alone = [reply for request in asked for reply in backend.generate([request])]
    assert together == alone
    assert all(reply.tokens_out for reply in together)
    assert together[0].tokens_in != together[2].tokens_in


def test_streaming_says_the_same_phase_by_phase(backend: TransformersBackend) -> None:
    for request in (request_of("What?", ONE, OTHER), request_of("What?"), request_of("It?", ONE)):
        steps = list(backend.stream(request))
        (reply,) = backend.generate([request])
        assert "".join(step.text for step in steps).strip() == reply.text
        phases = [step.phase for step in steps]
        seen = ["vision"] if request.images else []
        assert phases[: len(seen) + 3] == ["preprocess", *seen, "prefill", "first_sample"]
        assert set(phases[len(seen) + 3 :]) <= {"decode"}
        drawn = sum(step.tokens for step in steps if step.phase in ("first_sample", "decode"))
        assert drawn == reply.tokens_out
        (prefill,) = (step for step in steps if step.phase == "prefill")
        assert prefill.tokens == reply.tokens_in


def test_half_a_character_waits_for_its_other_half(folders: dict[str, Path]) -> None:
    backend = opened(folders["llava"])
    tokenizer = backend._processor.tokenizer
    tokenizer.backend_tokenizer.decoder = decoders.ByteLevel()
    ids = iter(tokenizer("\N{SNOWMAN}a\N{SNOWMAN}")["input_ids"])
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chooser, "__call__", lambda *_: next(ids))
        steps = list(backend.stream(request_of("?", tokens=6)))
    texts = [step.text for step in steps if step.tokens == 1]
    assert texts == ["", "", "\N{SNOWMAN}", "a", "", "\N{REPLACEMENT CHARACTER}"]


def test_images_count_in_their_order(backend: TransformersBackend) -> None:
    replies = {
        said(backend, request_of("What?", *images))
        for images in ((ONE, OTHER), (OTHER, ONE), (ONE,), (OTHER,), ())
    }
    assert len(replies) == 5


def test_a_reply_ends_at_its_own_end(backend: TransformersBackend) -> None:
    asked = [request_of("What?", ONE, row="a"), request_of("Which?", OTHER, row="b")]
    first, second = backend.generate(asked)
    ids = ids_of(backend, asked[0])
    ends = backend._ends
    try:
        backend._ends = ends | {ids[2]}
        backend._model.generation_config.eos_token_id = sorted(backend._ends)
        cut = next(iter(backend.generate(asked)))
        streamed = list(backend.stream(asked[0]))
    finally:
        backend._ends = ends
        backend._model.generation_config.eos_token_id = sorted(ends)
    assert (cut.finish, cut.tokens_out) == ("stop", ids.index(ids[2]) + 1)
    assert "".join(step.text for step in streamed).strip() == cut.text
    assert (first.finish, second.finish) == ("length", "length")


def ids_of(backend: TransformersBackend, request: Request) -> list[int]:
    """The tokens of a reply."""
    asked = backend._asked([request])
    out = backend._model.generate(**asked.inputs, max_new_tokens=8)
    ids: list[int] = out[0, asked.width :].tolist()
    return ids


def test_a_temperature_draws_from_the_samples_own_seed(backend: TransformersBackend) -> None:
    def drawn(row: str, seed: int) -> str:
        return said(backend, request_of("What?", ONE, row=row, temperature=5.0, seed=seed))

    assert drawn("1", 0) == drawn("1", 0)
    assert len({drawn("1", 0), drawn("1", 1), drawn("2", 0)}) == 3
    asked = [request_of("What?", ONE, row=row, temperature=5.0) for row in "12"]
    assert [reply.text for reply in backend.generate(asked)] == [drawn("1", 0), drawn("2", 0)]
    streamed = "".join(step.text for step in backend.stream(asked[0]))
    assert streamed.strip() == drawn("1", 0)


def test_one_bad_image_or_long_prompt_fails_its_call_alone(backend: TransformersBackend) -> None:
    with pytest.raises(ImageError):
        list(backend.generate([request_of("?", Picture(None))]))
    with pytest.raises(OmnibenchError, match=r"has \d,?\d+ tokens, 1 images included"):
        list(backend.generate([request_of("x" * 600, ONE)]))
    assert list(backend.generate([])) == []
    assert said(backend, request_of("What?", ONE))


def test_a_closed_backend_says_so(folders: dict[str, Path]) -> None:
    backend = opened(folders["llava"])
    backend.close()
    with pytest.raises(OmnibenchError, match="closed"):
        list(backend.generate([request_of("?")]))


def test_without_image_features_prefill_covers_the_tower(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(backend, request_of("What?", ONE))
    monkeypatch.setattr(backend, "_seeing", lambda: torch.nn.Module())
    steps = list(backend.stream(request_of("What?", ONE)))
    assert "vision" not in [step.phase for step in steps]
    assert "".join(step.text for step in steps).strip() == expected


def change(file: Path, **values: object) -> None:
    """Change a JSON file; None takes a key away."""
    written = json.loads(file.read_text()) | values
    kept = {key: value for key, value in written.items() if value is not None}
    file.write_text(json.dumps(kept))


def change_weights(folder: Path, **tensors: torch.Tensor | None) -> None:
    held = load_file(folder / "model.safetensors") | tensors
    kept = {key: value for key, value in held.items() if value is not None}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})


def refusal(folder: Path | str) -> str:
    with pytest.raises(OmnibenchError) as caught:
        opened(folder)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_missing_misshapen_and_spoilt_tensors_are_named(copy: Path) -> None:
    name = "model.multi_modal_projector.linear_1.weight"
    held = load_file(copy / "model.safetensors")
    stored = next(key for key in held if key.endswith("multi_modal_projector.linear_1.weight"))
    change_weights(copy, **{stored: None})
    assert refusal(copy) == f"{copy} lacks {name}"
    change_weights(copy, **{stored: torch.zeros(3, 5)})
    assert f"misshapen {name} ((3, 5) in place of (32, 32))" in refusal(copy)
    change_weights(copy, **{stored: torch.full((32, 32), torch.nan)})
    assert f"(NaN, infinite) in {name}" in refusal(copy)


def test_tensors_without_a_place_are_told_of(copy: Path) -> None:
    change_weights(copy, stray=torch.zeros(2))
    assert opened(copy).card.weights == f"{copy} (of it unused: stray)"


def test_a_truncated_file_is_named(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert f"{weights} is cut off" in refusal(copy)


def test_pickles_are_never_loaded(copy: Path) -> None:
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    assert "pickled weights are never loaded" in refusal(copy)


def test_a_shard_that_is_not_there_is_named(copy: Path) -> None:
    index = {"metadata": {}, "weight_map": {"a": "model-1.safetensors", "b": "model.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refusal(copy) == f"{copy} lacks model-1.safetensors"


def test_code_in_a_checkpoint_is_refused(copy: Path) -> None:
    (copy / "modeling.py").write_text("raise SystemExit('this ran')\n")
    code = {"AutoConfig": "modeling.C", "AutoModelForImageTextToText": "modeling.M"}
    change(copy / "config.json", model_type="internvl_chat", auto_map=code)
    assert "needs code that it brings along (internvl_chat), which is never run" in refusal(copy)
    change(copy / "config.json", model_type="llava")
    assert opened(copy).card.name == "copy", "a native class stands in for the code"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", None, "holds no config.json"),
        ("config.json", "{", "is no JSON"),
        ("config.json", "[]", "holds no object"),
        ("config.json", '{"model_type": "bert"}', "'bert', which is no image-text-to-text model"),
        ("chat_template.jinja", None, "has no chat template"),
        ("tokenizer.json", None, "cannot be loaded"),
        ("preprocessor_config.json", None, "cannot be loaded"),
    ],
)
def test_a_broken_folder_says_what_is_broken(
    copy: Path, file: str, content: str | None, said: str
) -> None:
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_text(content)
    assert said in refusal(copy)


@pytest.mark.parametrize(
    ("name", "weights", "said"),
    [
        ("qwen2-vl-2b", None, "`omnibench pull model qwen2-vl-2b` fetches them"),
        ("internvl2.5-2b", "nowhere", "no folder nowhere"),
        ("hf:/nowhere", None, "no folder /nowhere"),
        ("hf:some/thing", None, "`omnibench pull model hf:some/thing` fetches it"),
        ("hf:some/thing@abc", None, "`omnibench pull model hf:some/thing@abc` fetches it"),
        ("hf:some/thing", "folder", "leave --weights out"),
    ],
)
def test_what_is_not_here_is_said_with_what_to_do(
    name: str, weights: str | None, said: str
) -> None:
    with pytest.raises(OmnibenchError, match=re.escape(said)):
        loading.open_backend(name, weights=weights, device="cpu", dtype=None)


def test_a_comparator_is_not_taken_for_another_size(folders: dict[str, Path]) -> None:
    with pytest.raises(OmnibenchError, match="qwen2-vl-2b has 2,208,985,600; ask for it as hf:"):
        open_backend("qwen2-vl-2b", weights=str(folders["qwen2-vl"]), device="cpu", dtype=None)


def test_a_device_that_is_not_here_is_said(folders: dict[str, Path]) -> None:
    with pytest.raises(OmnibenchError, match="no device 'abacus' here; usable: auto, "):
        open_backend(f"hf:{folders['llava']}", weights=None, device="abacus", dtype=None)


def test_a_recorded_reply_is_no_model_to_open() -> None:
    with pytest.raises(OmnibenchError, match="recorded replies"):
        loading.open_backend("replay:x.jsonl", weights=None, device="cpu", dtype=None)


def test_a_pulled_comparator_is_found_by_its_name() -> None:
    folder = model_folder("internvl2.5-2b")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    files = {"config.json": LockedFile(2, sha256_of(folder / "config.json"))}
    write_lock(folder, Lock("some/thing", "a" * 40, files))
    found = find("internvl2.5-2b", None)
    assert (found.folder, found.origin) == (folder, "some/thing at aaaaaaaaaaaa")
    (folder / "config.json").write_text("{ }")
    with pytest.raises(OmnibenchError, match="no weights here"):
        find("internvl2.5-2b", None)


def test_an_encoder_for_text_cannot_be_streamed(folders: dict[str, Path]) -> None:
    backend = opened(folders["llava"])
    backend._model.config.is_encoder_decoder = True
    with pytest.raises(OmnibenchError, match="cannot be streamed"):
        list(backend.stream(request_of("?")))


@pytest.mark.parametrize("tokens", [12, 40])
def test_speed_is_measured_with_so_many_text_tokens_and_a_reply_of_a_whole_length(
    backend: TransformersBackend, tokens: int
) -> None:
    asked = Request("speed", "0", "", (ONE,), Decoding(3), tokens, whole_length=True)
    plain = Request("speed", "0", "", (ONE,), Decoding(3), whole_length=True)
    read = {}
    for request in (asked, plain):
        steps = list(backend.stream(request))
        read[request.text_tokens] = next(s.tokens for s in steps if s.phase == "prefill")
        assert sum(step.phase in ("first_sample", "decode") for step in steps) == 3
    pictured = sum(
        int(each) == backend._loaded().config.image_token_id
        for each in backend._asked([plain]).inputs["input_ids"][0]
    )
    assert read[tokens] == pictured + tokens
    assert pictured > 0
