"""OmniVLM behind the protocol that every backend follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import pytest

from omnibench.backends import MODELS
from omnibench.backends.omnivlm import OmniVLMBackend, open_backend
from omnibench.core import Backend, Decoding, Request
from omnibench.errors import ImageError, OmnibenchError
from omnivlm.cli import main
from omnivlm.loading import load
from omnivlm.presets import FULL, TINY


@dataclass(frozen=True)
class Picture:
    """An image in memory, or none where its colour is None."""

    colour: str | None = "red"
    name: str = "picture"

    def read(self) -> bytes:
        raise AssertionError("a decoded picture is enough")

    def open(self) -> PIL.Image.Image:
        if self.colour is None:
            raise ImageError("image picture is missing")
        return PIL.Image.new("RGB", (60, 40), self.colour)


@pytest.fixture(scope="module")
def backend() -> OmniVLMBackend:
    return open_backend("omnivlm", weights=None, device="cpu", dtype="float32")


def request_of(
    prompt: str = "What?", *images: Picture, row: str = "1", **decoding: float
) -> Request:
    return Request("pope", row, prompt, images, Decoding(**{"max_new_tokens": 6, **decoding}))


def test_the_card_says_what_answers(backend: OmniVLMBackend) -> None:
    protocol: Backend = backend
    card = protocol.card
    assert (card.name, card.params, card.dtype) == ("omnivlm-tiny", 4_554_176, "float32")
    assert card.weights == load("omnivlm-tiny").origin
    assert card.weights_sha256 is not None
    assert len(card.weights_sha256) == 64


def test_answers_come_in_order(backend: OmniVLMBackend) -> None:
    asked = [
        request_of("one " * 20, Picture("blue")),
        request_of("two"),
        request_of("three", Picture(), Picture("green")),
    ]
    together = list(backend.generate(asked))
    assert together == [reply for request in asked for reply in backend.generate([request])]
    for request, reply in zip(asked, together, strict=True):
        assert "".join(step.text for step in backend.stream(request)) == reply.text


def test_a_temperature_draws_from_the_samples_own_seed(backend: OmniVLMBackend) -> None:
    def said(row: str, seed: int) -> str:
        (reply,) = backend.generate([request_of(row=row, temperature=30.0, seed=seed)])
        return reply.text

    assert said("1", 0) == said("1", 0)
    assert len({said("1", 0), said("1", 1), said("2", 0)}) == 3


def test_a_missing_image_stays_an_image_error(backend: OmniVLMBackend) -> None:
    with pytest.raises(ImageError):
        list(backend.generate([request_of("?", Picture(None))]))


def test_a_prompt_too_long_is_an_omnibench_error(backend: OmniVLMBackend) -> None:
    with pytest.raises(OmnibenchError, match="context"):
        list(backend.generate([request_of("word " * 9000)]))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("omnivlm-968m", {}, "needs --weights DIR"),
        ("omnivlm", {"weights": "/nowhere"}, "no folder /nowhere"),
        ("omnivlm", {"device": "abacus"}, "no device 'abacus'"),
        ("omnivlm", {"dtype": "float16"}, "float32 or bfloat16"),
    ],
)
def test_what_cannot_be_opened_says_so(name: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(OmnibenchError, match=message):
        open_backend(name, **{"weights": None, "device": "cpu", "dtype": "float32", **options})


def test_a_folder_is_taken_for_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    assert main(["init", "--config", "tiny", "--out", str(folder)]) == 0
    card = open_backend("omnivlm", weights=str(folder), device="auto", dtype=None).card
    assert (card.name, card.weights) == ("omnivlm-tiny", f"{folder} (untrained, seed 0)")
    with pytest.raises(OmnibenchError, match="holds omnivlm-tiny, not omnivlm-968m"):
        open_backend("omnivlm-968m", weights=str(folder), device="cpu", dtype=None)


@pytest.mark.parametrize("name", ["nanollava-tiny", "aurora-tiny"])
def test_the_other_families_are_bundled_in_small(name: str) -> None:
    backend = open_backend(name, weights=None, device="cpu", dtype=None)
    assert backend.card.name == name
    request = request_of("What?", Picture("blue"), max_new_tokens=2)
    (reply,) = backend.generate([request])
    steps = list(backend.stream(request))
    assert "".join(step.text for step in steps) == reply.text


def test_every_model_of_the_papers_has_an_entry() -> None:
    ours = {name for name, (runtime, _) in MODELS.items() if runtime == "omnivlm"}
    assert ours == {"omnivlm", *FULL, *TINY}
    for name in FULL:
        with pytest.raises(OmnibenchError, match=f"omnivlm init --config {name} --out DIR"):
            open_backend(name, weights=None, device="cpu", dtype=None)


def test_a_closed_backend_says_so() -> None:
    backend = open_backend("omnivlm-tiny", weights="bundled", device="cpu", dtype="float32")
    backend.close()
    with pytest.raises(OmnibenchError, match="closed"):
        list(backend.generate([request_of()]))
