"""Minimal-edit pairs: the model answers, a teacher mends as little as it can, near pairs are kept.

Source: the OmniVLM paper, section 3.3 and appendix A. It gives neither a measure of the edit nor
bounds; here it is `edits.edit_ratio`, and the bounds are the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
import PIL.Image

from omnivlm.errors import OmniVLMError, PictureError
from omnivlm.questions import Answer, Question
from omnivlm.training.asked_pictures import AskedPicture, DrawnScene, Origin, picture_of
from omnivlm.training.chat_teacher import ChatTeacher
from omnivlm.training.edits import edit_ratio
from omnivlm.training.scene_teacher import corrected

WINDOW = 32
"""Pictures that are asked about together."""
MOST_SILENT = 10
"""So many times in a row a server may give no text, less one."""

BROKEN, CUT, MUTE, SILENT, RIGHT, SMALL, LARGE = (
    "broken picture", "answer cut short", "no answer", "no correction", "nothing to correct",
    "edit too small", "edit too large",
)  # fmt: skip
"""Why a pair is dropped."""


class PairRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pair with its provenance; one line of pairs.jsonl."""

    id: str
    picture: Origin
    prompt: str
    chosen: str
    rejected: str
    edit_ratio: float
    teacher: str
    model: str
    model_sha256: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The edit ratios that are kept, both ends included. Raises OmniVLMError for none."""

    least: float
    most: float

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most <= 1:
            raise OmniVLMError(
                f"edit ratios from {self.least:g} to {self.most:g} cannot be; they lie between 0"
                " and 1"
            )


class Answerer(Protocol):
    """A model that answers: `omnivlm.answering.LoadedModel`."""

    origin: str
    sha256: str

    def generate(self, questions: Sequence[Question]) -> Iterator[Answer]:
        """Answers in the order of the questions."""


class Teacher(Protocol):
    """Corrects an answer with the smallest edits."""

    @property
    def name(self) -> str:
        """The teacher in a row's provenance."""

    def correct(self, asked: AskedPicture, picture: PIL.Image.Image, answer: str) -> str | None:
        """The corrected answer, None where it has none to give."""


class SceneTeacher:
    """Knows what was drawn."""

    name = "scene"

    def correct(self, asked: AskedPicture, picture: PIL.Image.Image, answer: str) -> str | None:
        """Correct a caption; None for a picture that was not drawn or an answer of another form."""
        if not isinstance(asked.origin, DrawnScene):
            return None
        return corrected(answer, asked.origin.scene())


class ServerTeacher:
    """Looks at the picture."""

    def __init__(self, server: ChatTeacher) -> None:
        self._server = server
        self._silent = 0

    @property
    def name(self) -> str:
        """openai:MODEL@URL, without secrets."""
        return self._server.name

    def correct(self, asked: AskedPicture, picture: PIL.Image.Image, answer: str) -> str | None:
        """Ask the server. Raises OmniVLMError where it gives nothing many times in a row."""
        text = self._server.correct(picture, asked.prompt, answer)
        self._silent = self._silent + 1 if text is None else 0
        if self._silent == MOST_SILENT:
            raise OmniVLMError(f"{self.name} gave no text {MOST_SILENT} times in a row; look at it")
        return text


@dataclass(frozen=True, slots=True)
class PairMaker:
    """Makes pairs of a model's answers.

    ask: (prompt, picture) -> the question, with its limit of tokens and its temperature; images:
    the folder of picture files.
    """

    model: Answerer
    teacher: Teacher
    bounds: Bounds
    ask: Callable[[str, PIL.Image.Image], Question]
    images: Path | None = None

    def pairs(self, asked: Iterable[AskedPicture]) -> Iterator[PairRow | str]:
        """A pair for each picture, or why there is none, in the order of the pictures.

        Raises OmniVLMError where the teacher is of no use.
        """
        rest = iter(asked)
        while window := list(islice(rest, WINDOW)):
            yield from self._window(window)

    def _window(self, asked: Sequence[AskedPicture]) -> Iterator[PairRow | str]:
        pictures = [self._opened(one) for one in asked]
        questions = [
            self.ask(one.prompt, picture)
            for one, picture in zip(asked, pictures, strict=True)
            if picture is not None
        ]
        answers = self.model.generate(questions)
        for one, picture in zip(asked, pictures, strict=True):
            yield BROKEN if picture is None else self._pair(one, picture, next(answers))

    def _opened(self, asked: AskedPicture) -> PIL.Image.Image | None:
        try:
            return picture_of(asked.origin, self.images)()
        except PictureError:
            return None

    def _pair(self, asked: AskedPicture, picture: PIL.Image.Image, answer: Answer) -> PairRow | str:
        if answer.finish != "stop":
            return CUT
        rejected = answer.text.strip()
        if not rejected:
            return MUTE
        chosen = self.teacher.correct(asked, picture, rejected)
        if not chosen:
            return SILENT
        ratio = edit_ratio(rejected, chosen)
        if why := self._why_not(ratio):
            return why
        return PairRow(
            asked.id, asked.origin, asked.prompt, chosen, rejected, round(ratio, 6),
            self.teacher.name, self.model.origin, self.model.sha256,
        )  # fmt: skip

    def _why_not(self, ratio: float) -> str | None:
        if ratio == 0:
            return RIGHT
        if ratio < self.bounds.least:
            return SMALL
        return LARGE if ratio > self.bounds.most else None
