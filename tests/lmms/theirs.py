"""lmms-eval 0.7.3's own verdict on one reply; None where it would guess or ask an API.

Its framework strips every reply before a task sees it, so these do too.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Mapping
from typing import Any

Doc = dict[str, Any]
Verdict = Callable[[Doc, str], float | None]


class GuessError(Exception):
    """lmms-eval would draw an answer at random here."""


def verdicts() -> Mapping[str, Verdict]:
    """Our task's name -> lmms-eval's scorer of it."""
    return {
        "pope": lambda doc, reply: _processed("pope", doc, reply)["pope_accuracy"]["score"],
        "scienceqa": lambda doc, reply: _utils("scienceqa").sqa_process_results(doc, [reply])[
            "exact_match"
        ],
        "mmmu": _mmmu,
        "chartqa": lambda doc, reply: _processed("chartqa", doc, reply)["relaxed_overall"],
        "vqav2": lambda doc, reply: _processed("vqav2", doc, reply)["exact_match"],
        "okvqa": lambda doc, reply: _processed("ok_vqa", doc, reply)["exact_match"],
        "textvqa": lambda doc, reply: _processed("textvqa", doc, reply)["exact_match"],
        "vizwiz": lambda doc, reply: _processed("vizwiz_vqa", doc, reply)["exact_match"],
        "gqa": lambda doc, reply: _exact_match(reply, doc["answer"]),
        "ai2d": _ai2d,
        "mme": _mme,
        "mmbench_en": lambda doc, reply: _mmbench(doc, reply, static=True),
        "mmbench_cn": lambda doc, reply: _mmbench(doc, reply, static=False),
    }


def verdict(task: str, doc: Doc, reply: str) -> float | None:
    """What lmms-eval makes of a reply to a row of the hub's form."""
    return verdicts()[task](copy.deepcopy(doc), reply.strip())


def _utils(task: str) -> Any:
    return importlib.import_module(f"lmms_eval.tasks.{task}.utils")


def _processed(task: str, doc: Doc, reply: str) -> Any:
    return getattr(_utils(task), f"{task}_process_results")(doc, [reply])


def _exact_match(reply: str, target: str) -> float:
    from lmms_eval.api.metrics import exact_match_hf_evaluate

    found = exact_match_hf_evaluate([reply], [target], ignore_case=True, ignore_punctuation=True)
    return float(found["exact_match"])


def _ai2d(doc: Doc, reply: str) -> float:
    utils = _utils("ai2d")
    (filtered,) = utils.MultiChoiceRegexFilter().apply([[reply]], [doc])
    return _exact_match(filtered, utils.ai2d_doc_to_target(doc, "mcq"))


def _mme(doc: Doc, reply: str) -> float:
    (found,) = _processed("mme", doc, reply).values()
    return float(found["score"])


def _mmmu(doc: Doc, reply: str) -> float | None:
    utils = _utils("mmmu")
    parsing = importlib.import_module("lmms_eval.tasks._task_utils.mmmu_mcq_utils")
    draw, parsing.random.choice = parsing.random.choice, _refuse_to_guess
    try:
        sample = utils.mmmu_process_results(doc, [reply])["mmmu_acc"]
    except GuessError:
        return None
    finally:
        parsing.random.choice = draw
    return float(utils.evaluate_mmmu([sample])[1]["acc"])


def _refuse_to_guess(options: object) -> None:
    raise GuessError


def _mmbench(doc: Doc, reply: str, *, static: bool) -> float | None:
    import pandas as pd

    evaluator = _utils_of_mmbench().MMBench_Evaluator()
    rows = pd.DataFrame([{"E": "nan", **doc, "prediction": reply}])
    if not static:
        letter = evaluator.prefetch_answer(rows.iloc[0])
        return float(letter == doc["answer"]) if letter else None
    return float(evaluator.eval_sub_data(rows, {doc["index"]: doc["answer"]}, static_only=True))


def _utils_of_mmbench() -> Any:
    return importlib.import_module("lmms_eval.tasks.mmbench.mmbench_evals")
