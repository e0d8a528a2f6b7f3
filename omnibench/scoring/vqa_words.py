"""How the VQA tools rewrite an answer before they compare it: punctuation, numbers, articles.

Sources: processPunctuation and processDigitArticle of GT-Vision-Lab/VQA vqaEval.py;
EvalAIAnswerProcessor of facebookresearch/mmf (the copy in LLaVA is llava/eval/m4c_evaluator.py,
that in lmms-eval tasks/_task_utils/vqa_eval_metric.py). Their quirks are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_ANY_PUNCTUATION = re.compile(rf"[{re.escape(_PUNCTUATION)}]")
# Both scripts mean to keep the points of numbers by (?!<=\d), a typo that never fails: a point goes
# wherever no digit follows it.
_PERIOD = re.compile(r"\.(?!\d)")
# Both pass re.UNICODE where sub() takes its count: only so many points go.
_PERIODS_REMOVED = int(re.UNICODE)
_VQAEVAL_COMMA = re.compile(r"\d,\d")
_EVALAI_COMMA = re.compile(r"\d,+\d")

_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
} | {"none": "0"}
_ARTICLES = frozenset({"a", "an", "the"})

# The scripts list every spelling of these that lacks one apostrophe; their entries with a capital
# letter are never met, because words are lowered first.
_CONTRACTED = """
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't
haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't
mightn't've must've mustn't needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've
shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll
someone's something'd something'd've something'll that's there'd there'd've there're there's they'd
they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've
when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't
would've wouldn't wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're you've
"""
_CONTRACTIONS = {
    form[:place] + form[place + 1 :]: form
    for form in _CONTRACTED.split()
    for place, letter in enumerate(form)
    if letter == "'"
} | {"somebody'd": "somebodyd"}


def on_one_line(text: str) -> str:
    """Line ends and tabs as spaces, none at the ends: what VQAEval does to every answer first."""
    return text.replace("\n", " ").replace("\t", " ").strip()


@lru_cache(maxsize=1 << 15)
def normalise_vqaeval(text: str) -> str:
    """VQAEval's processing, which it applies only where the annotators' answers differ."""
    return _in_plain_words(_without_punctuation(on_one_line(text), _VQAEVAL_COMMA))


@lru_cache(maxsize=1 << 15)
def normalise_lmms_vqav2(text: str) -> str:
    """lmms-eval 0.7.3's processing of VQAv2: as VQAEval's, but "1,,2" has a number's comma too."""
    return _in_plain_words(_without_punctuation(on_one_line(text), _EVALAI_COMMA))


@lru_cache(maxsize=1 << 15)
def normalise_evalai(text: str) -> str:
    """EvalAI's processing, as MMF, LLaVA and lmms-eval apply it to TextVQA and VizWiz."""
    text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's")
    return _in_plain_words(_without_punctuation(on_one_line(text), _EVALAI_COMMA))


def _without_punctuation(text: str, comma: re.Pattern[str]) -> str:
    """A mark goes where a space is at its side or a number has a comma; else it is a space."""
    found = set(_ANY_PUNCTUATION.findall(text))
    if found:
        numbered = comma.search(text) is not None
        kept = text
        for mark in found:
            gone = numbered or f"{mark} " in text or f" {mark}" in text
            kept = kept.replace(mark, "" if gone else " ")
        text = kept
    return _PERIOD.sub("", text, count=_PERIODS_REMOVED) if "." in text else text


def _in_plain_words(text: str) -> str:
    words = (_NUMBERS.get(word, word) for word in text.lower().split())
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)
