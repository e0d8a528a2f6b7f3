"""Grades that were recorded earlier, read from a JSON Lines file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from omnibench.errors import JudgeError, OmnibenchError

_FORM = 'write {"id": "...", "grades": [0.0 to 1.0, ...]} on each line'

Grade = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class _Line(msgspec.Struct, frozen=True):
    """One line; who graded (`grader`) and whatever else it holds is for people."""

    id: str
    grades: Annotated[tuple[Grade, ...], msgspec.Meta(min_length=1)]


class RecordedJudge:
    """Answers with the grades of a file; every reply has equally many."""

    def __init__(self, file: str, grades: Mapping[str, tuple[float, ...]]) -> None:
        self._file = file
        self._grades = grades

    @property
    def name(self) -> str:
        """`replay:FILE`."""
        return f"replay:{self._file}"

    def grade(self, sample_id: str, prompt: str) -> tuple[float, ...]:
        """The recorded grades of `sample_id`; the prompt is not looked at."""
        try:
            return self._grades[sample_id]
        except KeyError:
            raise JudgeError(f"{self._file} holds no grades for {sample_id!r}") from None


def open_recorded(file: str) -> RecordedJudge:
    """The grades in `file`, all of them checked."""
    grades: dict[str, tuple[float, ...]] = {}
    count = 0
    for number, line in enumerate(_content(file).split(b"\n"), start=1):
        if not line.strip():
            continue
        read = _line(file, number, line)
        count = count or len(read.grades)
        if read.id in grades:
            raise OmnibenchError(
                f"{file}, line {number}: {read.id!r} is graded a second time; keep one line an id"
            )
        if len(read.grades) != count:
            raise OmnibenchError(
                f"{file}, line {number}: {len(read.grades)} grades where the lines before have"
                f" {count}; give every id equally many"
            )
        grades[read.id] = read.grades
    if not grades:
        raise OmnibenchError(f"{file} holds no grades; {_FORM}")
    return RecordedJudge(file, grades)


def _content(file: str) -> bytes:
    try:
        return Path(file).expanduser().read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise OmnibenchError(
            f"{file}: grades cannot be read ({error.strerror}); name a JSON Lines file of grades"
        ) from None


def _line(file: str, number: int, line: bytes) -> _Line:
    try:
        return msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OmnibenchError(f"{file}, line {number}: {error}; {_FORM}") from None
