"""Agreement of a reply with the answers that people gave: the VQA accuracy and its variants.

An answer is right for an annotator to the third that others agree with it, at most wholly; the
score is the mean over leaving each annotator out in turn. All leave out by place in the list: the
scripts that leave out by inequality lose equal answers where annotations have no answer_id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum

from omnibench.core import Metric, Pack, Reading, Sample, Scored
from omnibench.errors import OmnibenchError
from omnibench.scoring.metrics import mean_of
from omnibench.scoring.vqa_words import (
    normalise_evalai,
    normalise_lmms_vqav2,
    normalise_vqaeval,
    on_one_line,
)

ANSWER_TYPES = ("yes/no", "number", "other")

_AGREEING_OTHERS = 3


def read_reply(reply: str, sample: Sample) -> Reading:
    """The reply less the space around it; unread where it holds neither a letter nor a digit.

    An empty reply stays "", since the scripts compare that too: they make "" of an article.
    """
    text = reply.strip()
    return Reading(text, unread=not any(character.isalnum() for character in text))


def score_vqaeval(reading: Reading, sample: Sample) -> float:
    """VQAEval (GT-Vision-Lab/VQA vqaEval.py): see `vqaeval`."""
    return vqaeval(reading.answer, _answers(sample.target))


def score_evalai(reading: Reading, sample: Sample) -> float:
    """MMF's TextVQAAccuracyEvaluator: reply and answers are always normalised."""
    return _always(normalise_evalai, reading, sample)


def score_lmms_vqav2(reading: Reading, sample: Sample) -> float:
    """lmms-eval 0.7.3 (tasks/vqav2/utils.py): always normalised, commas and "'s" kept at first."""
    return _always(normalise_lmms_vqav2, reading, sample)


def vqaeval(reply: str | None, answers: Sequence[str]) -> float:
    """Normalises reply and answers only where the answers differ, letter for letter.

    Where all annotators said the same the reply must equal it as it stands: "Off" is not "off".
    """
    if reply is None:
        return 0.0
    reply, answers = on_one_line(reply), [on_one_line(answer) for answer in answers]
    if len(set(answers)) > 1:
        reply, answers = normalise_vqaeval(reply), [normalise_vqaeval(a) for a in answers]
    return _leave_one_out(answers.count(reply), len(answers))


def vqaeval_accuracy() -> Metric:
    """The mean VQAEval score of the replies, whatever the rule itself scores."""
    return mean_of(_vqaeval_and_count)


def answers_of(
    pack: Pack, row_id: str, answers: Sequence[str], count: int | None = None
) -> tuple[str, ...]:
    """The annotators' answers of a row; refused where there are none, or not `count`."""
    if answers and count in (None, len(answers)):
        return tuple(answers)
    words = f"{len(answers)} answers instead of {count}" if answers else "no answers"
    raise OmnibenchError(f"row {row_id} of {pack.name}: it has {words}; mend it")


def _vqaeval_and_count(rows: Sequence[Scored]) -> tuple[float, float]:
    scores = (vqaeval(row.reading.answer, _answers(row.target)) for row in rows)
    return fsum(scores), float(len(rows))


def _always(normalise: Callable[[str], str], reading: Reading, sample: Sample) -> float:
    if reading.answer is None:
        return 0.0
    answers = [normalise(answer) for answer in _answers(sample.target)]
    return _leave_one_out(answers.count(normalise(reading.answer)), len(answers))


def _answers(target: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (target,) if isinstance(target, str) else target or ()


def _leave_one_out(agreeing: int, annotators: int) -> float:
    """`agreeing` of the annotators gave the reply: each of them has one agreeing other less."""
    if not annotators:
        return 0.0
    by_themselves = agreeing * min(1.0, (agreeing - 1) / _AGREEING_OTHERS)
    by_the_rest = (annotators - agreeing) * min(1.0, agreeing / _AGREEING_OTHERS)
    return (by_themselves + by_the_rest) / annotators
