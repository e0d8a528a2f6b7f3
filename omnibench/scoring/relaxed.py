"""Decides whether a reply to a ChartQA question is right within five per cent.

No scorer of vis-nlp/ChartQA is public; the rule that all use is pix2struct's relaxed_correctness
(Methani et al. 2020; arXiv 2203.10244, section 5.1) as in Qwen-VL eval_mm/evaluate_vqa.py.
"""

from __future__ import annotations

from omnibench.core import Reading, Sample

_TOLERANCE = 0.05


def score_relaxed(reading: Reading, sample: Sample) -> float:
    """1 where the reading is right; of several targets the best counts, as in Qwen-VL's script."""
    targets = (sample.target,) if isinstance(sample.target, str) else sample.target or ()
    if reading.answer is None:
        return 0.0
    return float(any(_is_right(reading.answer, target) for target in targets))


def _is_right(prediction: str, target: str) -> bool:
    """Within 5 % where both are numbers, else equal but for case.

    A target of 0 is compared as text ("0.0" is not "0"); "1,000", "$5" and "5." are no numbers.
    """
    predicted, wanted = _number(prediction), _number(target)
    if predicted is not None and wanted:
        return abs(predicted - wanted) / abs(wanted) <= _TOLERANCE
    return prediction.lower() == target.lower()


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None
