"""OK-VQA's stemmed answers, and the stemmer that makes a reply comparable with them.

The stemmer is OKVQAStemmer of mlfoundations/open_flamingo open_flamingo/eval/ok_vqa_utils.py (MIT),
run from that package where it is installed: it needs NLTK with its tokenizer, tagger and WordNet,
which come by download alone, so that nothing equal to it could be shipped.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from omnibench.core import Reading, Sample
from omnibench.errors import OmnibenchError
from omnibench.scoring.annotators import score_vqaeval

_WHAT_TO_DO = (
    "use a pack with the raw answers, or install open-flamingo (its file"
    " eval/ok_vqa_utils.py is what counts), nltk and inflection, and NLTK's data: punkt_tab,"
    " averaged_perceptron_tagger_eng and wordnet"
)


def score_stemmed_vqaeval(reading: Reading, sample: Sample) -> float:
    """VQAEval; where the answers are stemmed, of the stemmed reply."""
    if sample.facets.get("answers") == "stemmed" and reading.answer is not None:
        reading = Reading(open_stemmer()(reading.answer), unread=reading.unread)
    return score_vqaeval(reading, sample)


@cache
def open_stemmer() -> Callable[[str], str]:
    """The stemmer of OK-VQA's answers. Raises OmnibenchError where it, or its data, is missing."""
    try:
        stem: Callable[[str], str] = _official().postprocess_ok_vqa_generation
        stem("riding horses")
    except (ImportError, LookupError, AttributeError) as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise OmnibenchError(
            f"these answers of OK-VQA are stemmed and their stemmer is not here ({why});"
            f" {_WHAT_TO_DO}"
        ) from None
    return stem


def _official() -> ModuleType:
    """The file of the package, without the package, which would load its models' code."""
    package = importlib.util.find_spec("open_flamingo")
    if package is None or not package.submodule_search_locations:
        raise ImportError("no package open_flamingo")
    path = Path(package.submodule_search_locations[0]) / "eval" / "ok_vqa_utils.py"
    spec = importlib.util.spec_from_file_location("ok_vqa_utils", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError(f"no file {path.name} in open_flamingo")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
