"""Controls: questions with a grey image or another row's, or the most frequent answer to all."""

from __future__ import annotations

import dataclasses
import io
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from omnibench.core import Control, Image, ModelCard, Reply, Request, Sample, Step
from omnibench.errors import OmnibenchError

if TYPE_CHECKING:
    import PIL.Image

GREY = (128, 128, 128)


class GreyImage:
    """A grey picture of the same size as another, so that it costs as many visual tokens."""

    def __init__(self, original: Image) -> None:
        self._original = original
        self.name = f"grey for {original.name}"

    def read(self) -> bytes:
        """The grey picture as PNG."""
        buffer = io.BytesIO()
        self.open().save(buffer, "PNG")
        return buffer.getvalue()

    def open(self) -> PIL.Image.Image:
        """The grey picture."""
        import PIL.Image

        return PIL.Image.new("RGB", self._original.open().size, GREY)


class MajorityBackend:
    """Answers every question of a task alike, without a look at it. answers: task -> text."""

    card = ModelCard(
        name="majority",
        params=None,
        weights="none: the most frequent right answer of each task",
        weights_sha256=None,
        dtype=None,
    )

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def stream(self, request: Request) -> Iterator[Step]:
        """The answer as one step."""
        yield Step("first_sample", text=self._answers[request.task], tokens=0)

    def generate(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """The same answer to all requests of a task."""
        for request in requests:
            yield Reply(self._answers[request.task])

    def close(self) -> None:
        """Nothing is held."""


def majority_answer(samples: Iterable[Sample]) -> str | None:
    """The most frequent right answer; of equals the first met. None where no answer is public.

    Of several right answers to a question (ten annotators') each counts as often as it stands.
    """
    counts: Counter[str] = Counter()
    for sample in samples:
        counts.update((sample.target,) if isinstance(sample.target, str) else sample.target or ())
    return counts.most_common(1)[0][0] if counts else None


def apply_control(
    samples: Iterable[Sample], control: Control | None, seed: int
) -> Iterator[Sample]:
    """The samples as a control shows them. Samples without images stay as they are.

    `majority` changes the answering and not the questions: see `MajorityBackend`.
    """
    if control is None or control == "majority":
        yield from samples
    elif control == "blind":
        for sample in samples:
            images = tuple(GreyImage(image) for image in sample.images)
            yield dataclasses.replace(sample, images=images)
    else:
        yield from _shuffled(list(samples), seed)


def _shuffled(samples: list[Sample], seed: int) -> Iterator[Sample]:
    """Every group of samples gets the images of another group; no group keeps its own."""
    images: dict[str, tuple[Image, ...]] = {}
    for sample in samples:
        if sample.images:
            images.setdefault(sample.group, sample.images)
    groups = sorted(images)
    if len(groups) == 1:
        raise OmnibenchError("--control shuffled needs images of at least two items, there is one")
    random.Random(f"shuffled/{seed}").shuffle(groups)
    given = {
        group: images[other] for group, other in zip(groups, groups[1:] + groups[:1], strict=True)
    }
    for sample in samples:
        count = len(sample.images)
        if count:
            others = given[sample.group]
            taken = tuple(others[i % len(others)] for i in range(count))
            sample = dataclasses.replace(sample, images=taken)
        yield sample
