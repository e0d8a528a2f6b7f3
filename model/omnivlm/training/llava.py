"""LLaVA's files: a JSON list of conversations between "human" and "gpt", and a folder of pictures.

LLaVA-Pretrain has one question and its answer in a row, LLaVA-Instruct several.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from omnivlm.errors import TrainingError
from omnivlm.training.asked_pictures import AskedPicture, PictureFile, key_of
from omnivlm.training.picture_files import open_picture
from omnivlm.training.samples import Conversation, Turn

IMAGE = "<image>"


class _Said(msgspec.Struct, frozen=True, rename={"speaker": "from"}):
    speaker: Literal["human", "gpt"]
    value: str


class _Row(msgspec.Struct, frozen=True):
    conversations: list[_Said]
    id: str | int | None = None
    image: str | list[str] | None = None

    @property
    def paths(self) -> list[str]:
        """The pictures, by their paths in the folder."""
        if self.image is None:
            return []
        return [self.image] if isinstance(self.image, str) else self.image


class LlavaConversations:
    """The rows of a file as conversations; each question is one of its own.

    Pictures are opened when they are asked for, and then raise PictureError where they are missing
    or broken. Raises TrainingError, at once, for a file that is none and for the first row that is
    malformed.
    """

    def __init__(self, file: Path, images: Path) -> None:
        self._rows = _read(file)
        self._name = file.stem
        self._images = images

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def __getitem__(self, index: int, /) -> Conversation:
        """One row; IndexError beyond the last."""
        row = self._rows[index]
        paths = row.paths
        return Conversation(
            id=_id(row, self._name, index),
            pictures=tuple(partial(open_picture, self._images / path) for path in paths),
            image_keys=tuple(key_of(PictureFile(path), self._images) for path in paths),
            turns=_turns(row),
        )


def asked_pictures(file: Path) -> list[AskedPicture]:
    """The first question of every row that has one picture. Raises TrainingError as above."""
    return [
        AskedPicture(_id(row, file.stem, number), PictureFile(row.paths[0]), _turns(row)[0].prompt)
        for number, row in enumerate(_read(file))
        if len(row.paths) == 1
    ]


def _read(file: Path) -> list[_Row]:
    try:
        raw = msgspec.json.decode(file.read_bytes(), type=list[msgspec.Raw])
    except OSError as error:
        raise TrainingError(f"{file} cannot be read ({error.strerror or error})") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{file} is no JSON list of conversations ({error})") from None
    if not raw:
        raise TrainingError(f"{file} holds no conversation")
    decoder = msgspec.json.Decoder(_Row)
    return [_checked(decoder, one, file, number) for number, one in enumerate(raw, 1)]


def _checked(
    decoder: msgspec.json.Decoder[_Row], raw: msgspec.Raw, file: Path, number: int
) -> _Row:
    try:
        row = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{file}, row {number}: {error}; mend it") from None
    if why := _fault(row):
        raise TrainingError(f"{file}, row {number} (id {row.id!r}): {why}; mend it")
    return row


def _fault(row: _Row) -> str | None:
    said = _from_human(row)
    if not said or len(said) % 2:
        return "its conversation is not of questions by human and answers by gpt"
    if any(one.speaker != ("human", "gpt")[place % 2] for place, one in enumerate(said)):
        return "human and gpt do not take turns"
    if any(not one.value.strip() for one in said[1::2]):
        return "an answer is empty"
    marks = sum(one.value.count(IMAGE) for one in said[::2])
    if marks != len(row.paths):
        return f"{IMAGE} stands {marks} times in the questions of {len(row.paths)} pictures"
    return None


def _from_human(row: _Row) -> list[_Said]:
    """The conversation from the first question on, as LLaVA's own code takes it."""
    said = row.conversations
    return said[1:] if said and said[0].speaker == "gpt" else said


def _turns(row: _Row) -> tuple[Turn, ...]:
    """The questions without the picture's mark, which the chat template sets itself."""
    said = _from_human(row)
    return tuple(
        Turn(asked.value.replace(IMAGE, "").strip(), answered.value.strip())
        for asked, answered in zip(said[::2], said[1::2], strict=True)
    )


def _id(row: _Row, name: str, index: int) -> str:
    return f"{name}-{index if row.id is None else row.id}"
