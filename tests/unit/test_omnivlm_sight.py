"""What is remembered of pictures: each distinct one once, within a bound."""

from __future__ import annotations

import PIL.Image
import pytest
import torch

from omnivlm import sight as sight_module
from omnivlm.errors import QuestionError
from omnivlm.loading import load
from omnivlm.sight import Sight


def picture(colour: str) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (40, 30), colour)


@pytest.fixture
def sight() -> Sight:
    return Sight(load("aurora-tiny").model, torch.device("cpu"), torch.float32)


def test_a_picture_is_known_by_its_pixels(sight: Sight) -> None:
    first = sight.remembered(picture("red"))
    assert sight.remembered(picture("red")) is first
    assert sight.remembered(picture("red").convert("RGBA")) is first
    assert sight.remembered(picture("red").resize((30, 40))) is not first
    assert first.tokens.shape == (64, 192)
    assert first.source is not None
    assert first.size_bytes == first.tokens.nbytes + first.source.nbytes


def test_what_is_remembered_is_bounded(sight: Sight, monkeypatch: pytest.MonkeyPatch) -> None:
    one = sight.remembered(picture("red"))
    monkeypatch.setattr(sight_module, "KEPT_BYTES", 2 * one.size_bytes)
    second = sight.remembered(picture("green"))
    assert sight.remembered(picture("red")) is one
    sight.remembered(picture("blue"))  # drops green, which was used longest ago
    assert sight.remembered(picture("red")) is one
    assert sight.remembered(picture("green")) is not second
    monkeypatch.setattr(sight_module, "KEPT_BYTES", 1)
    last = sight.remembered(picture("white"))
    assert sight.remembered(picture("white")) is last, "the very last one stays"


@pytest.mark.parametrize("name", ["nanollava-tiny", "aurora-tiny"])
@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_a_picture_of_no_size_is_an_error_of_its_own(name: str, size: tuple[int, int]) -> None:
    eyes = Sight(load(name).model, torch.device("cpu"), torch.float32)
    with pytest.raises(QuestionError, match=f"{size[0]} x {size[1]} px has nothing to see"):
        eyes.inputs([PIL.Image.new("RGB", size)])
    with pytest.raises(QuestionError, match="nothing to see"):
        eyes.remembered(PIL.Image.new("RGB", size))
