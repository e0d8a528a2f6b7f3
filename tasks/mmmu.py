"""MMMU: college questions of 30 subjects, most of them multiple choice, some open.

Rules: `official` is MMMU-Benchmark/MMMU mmmu/utils/eval_utils.py (Apache-2.0); where it guesses an
option at random the reply is unread and wrong, so that the figure lies a little below the script's.
`lmms-eval-0.7.3` is lmms_eval/tasks/mmmu/utils.py, likewise without its guesses. The accuracy is
over all rows (micro). The answers of `test` are not public: its replies go into a submission file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import msgspec

from omnibench.core import AbsentImage, Dataset, Decoding, Image, Pack, Reading, Rule, Sample, Task
from omnibench.errors import OmnibenchError
from omnibench.scoring.letters import letters_of, score_equal
from omnibench.scoring.metrics import accuracy
from omnibench.scoring.mmmu_choices import read_lmms_choice, read_official_choice
from omnibench.scoring.open_answers import read_text, score_open, score_open_lmms

# DOMAIN_CAT2SUB_CAT of the official mmmu/utils/data_utils.py, underscores for its spaces
DISCIPLINES = {
    "Art_and_Design": ("Art", "Art_Theory", "Design", "Music"),
    "Business": ("Accounting", "Economics", "Finance", "Manage", "Marketing"),
    "Science": ("Biology", "Chemistry", "Geography", "Math", "Physics"),
    "Health_and_Medicine": (
        "Basic_Medical_Science",
        "Clinical_Medicine",
        "Diagnostics_and_Laboratory_Medicine",
        "Pharmacy",
        "Public_Health",
    ),
    "Humanities_and_Social_Science": ("History", "Literature", "Sociology", "Psychology"),
    "Tech_and_Engineering": (
        "Agriculture",
        "Architecture_and_Engineering",
        "Computer_Science",
        "Electronics",
        "Energy_and_Power",
        "Materials",
        "Mechanical_Engineering",
    ),
}
_DISCIPLINE_OF = {subject: name for name, subjects in DISCIPLINES.items() for subject in subjects}
_ID = re.compile(r"[^_]+_(?P<subject>.+)_\d+")
_IMAGE_TOKEN = re.compile(r"<image ([1-7])>")


class Row(msgspec.Struct, frozen=True):
    """The hub's columns. `options` is the text of a Python list; the subject stands in the id."""

    id: str
    question: str
    options: str
    question_type: str
    answer: str | None = None
    image_1: str | None = None
    image_2: str | None = None
    image_3: str | None = None
    image_4: str | None = None
    image_5: str | None = None
    image_6: str | None = None
    image_7: str | None = None


def samples(pack: Pack, split: str) -> Iterator[Sample]:
    """One sample a question; those of `test` have no target."""
    return (_sample(row, pack, public=split != "test") for row in pack.rows(Row))


def submission(readings: Mapping[str, Reading]) -> dict[str, str]:
    """What EvalAI takes, as the official run_llava.py writes it: id -> letter, or open reply.

    An unread reply is "": the script would guess there.
    """
    return {name: reading.answer or "" for name, reading in readings.items()}


def _sample(row: Row, pack: Pack, *, public: bool) -> Sample:
    subject = _subject(row, pack)
    multiple_choice = row.question_type == "multiple-choice"
    if not multiple_choice and row.question_type not in ("open", "short-answer"):
        raise _fault(row, pack, f"question_type {row.question_type!r} is not known")
    options = _texts(row, pack, row.options) if multiple_choice else ()
    target = _target(row, pack, options) if public else None
    return Sample(
        id=row.id,
        prompt=_prompt(row.question, options),
        target=target,
        images=_images(row, pack),
        choices=options if multiple_choice else None,
        group=row.id,
        facets={"subject": subject, "discipline": _DISCIPLINE_OF[subject]},
    )


def _prompt(question: str, options: tuple[str, ...]) -> str:
    """construct_prompt of the official data_utils.py with configs/llava1.5.yaml.

    "<image 1>" stays in the text, as it does there.
    """
    if not options:
        return f"{question}\nAnswer the question using a single word or phrase."
    lines = "".join(
        f"({letter}) {option}\n"
        for letter, option in zip(letters_of(options), options, strict=True)
    )
    return f"{question}\n{lines}\nAnswer with the option's letter from the given choices directly."


def _target(row: Row, pack: Pack, options: tuple[str, ...]) -> str | tuple[str, ...]:
    if row.answer is None:
        raise _fault(row, pack, "it has no answer")
    if options:
        if row.answer not in letters_of(options):
            raise _fault(row, pack, f"answer {row.answer!r} is none of its {len(options)} options")
        return row.answer
    if row.answer.startswith("["):
        # alternatives: the official answer_dict_val.json has them as a list
        return _texts(row, pack, row.answer)
    return row.answer


def _images(row: Row, pack: Pack) -> tuple[Image, ...]:
    """The pictures that the question and its options name, in the order of their numbers."""
    keys = {number: getattr(row, f"image_{number}") for number in range(1, 8)}
    named = {int(number) for number in _IMAGE_TOKEN.findall(row.question + row.options)}
    if not named:
        named = {number for number, key in keys.items() if key} or {1}
    return tuple(
        pack.image(key) if (key := keys[number]) else AbsentImage(f"row {row.id} image_{number}")
        for number in sorted(named)
    )


def _subject(row: Row, pack: Pack) -> str:
    match = _ID.fullmatch(row.id)
    if match is None or match["subject"] not in _DISCIPLINE_OF:
        raise _fault(row, pack, "its id is not <split>_<Subject>_<number> of an MMMU subject")
    return match["subject"]


def _texts(row: Row, pack: Pack, literal: str) -> tuple[str, ...]:
    try:
        found = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, list) or not found:
        raise _fault(row, pack, f"{literal[:60]!r} is not the text of a list")
    return tuple(str(text) for text in found)


def _fault(row: Row, pack: Pack, what: str) -> OmnibenchError:
    return OmnibenchError(f"row {row.id} of {pack.name}: {what}; mend it")


def _read_official(reply: str, sample: Sample) -> Reading:
    return (
        read_text(reply, sample) if sample.choices is None else read_official_choice(reply, sample)
    )


def _score_official(reading: Reading, sample: Sample) -> float:
    return score_open(reading, sample) if sample.choices is None else score_equal(reading, sample)


def _read_lmms(reply: str, sample: Sample) -> Reading:
    return read_text(reply, sample) if sample.choices is None else read_lmms_choice(reply, sample)


def _score_lmms(reading: Reading, sample: Sample) -> float:
    if sample.choices is None:
        return score_open_lmms(reading, sample)
    return score_equal(reading, sample)


_METRICS = {
    "accuracy": accuracy(),
    **{f"accuracy/{name}": accuracy(("discipline", name)) for name in DISCIPLINES},
    **{f"accuracy/{name}": accuracy(("subject", name)) for name in sorted(_DISCIPLINE_OF)},
}

TASK = Task(
    name="mmmu",
    title="MMMU: college-level questions",
    version=1,
    splits=("val", "test"),
    dataset=Dataset(hub="lmms-lab/MMMU", licence="Apache-2.0"),
    citation="Yue et al., MMMU: A Massive Multi-discipline Multimodal Understanding and Reasoning"
    " Benchmark for Expert AGI, CVPR 2024, arXiv:2311.16502",
    decoding=Decoding(max_new_tokens=128),
    samples=samples,
    rules={
        "official": Rule(
            read=_read_official, score=_score_official, metrics=_METRICS, headline="accuracy"
        ),
        "lmms-eval-0.7.3": Rule(
            read=_read_lmms, score=_score_lmms, metrics=_METRICS, headline="accuracy"
        ),
    },
    aliases=("mmmu_val", "mmmu_test:test"),
    submission=submission,
)
