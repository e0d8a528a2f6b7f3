"""The parts of the work with lmms-eval that need no lmms-eval."""

from __future__ import annotations

import functools
import importlib.util
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import PIL.Image
import pytest

from omnibench.cli import main
from omnibench.core import Reading, Scored
from omnibench.errors import ImageError, OmnibenchError
from omnibench.lmms import installed
from omnibench.lmms.generation import decoding, ended, endings, sets_length
from omnibench.lmms.metrics import metrics, number
from omnibench.lmms.pictures import Picture, flat
from omnibench.lmms.soundness import doubts
from omnibench.scoring.statistics import estimate


@pytest.mark.skipif(importlib.util.find_spec("lmms_eval") is not None, reason="it is installed")
def test_without_lmms_eval_a_task_of_it_is_refused_in_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["eval", "--model", "fake", "--tasks", "lmms:mmstar"]) == 2
    err = capsys.readouterr().err
    assert "pip install" in err
    assert err.count("\n") == 1


def test_the_hubs_libraries_are_told_to_stay_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "0")
    monkeypatch.setenv("HF_EVALUATE_OFFLINE", "0")
    loaded = ModuleType("datasets.config")
    loaded.HF_HUB_OFFLINE = False  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets.config", loaded)
    installed.stay_offline()
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["HF_DATASETS_OFFLINE"] == "1"
    assert vars(loaded)["HF_HUB_OFFLINE"] is True


@pytest.mark.parametrize(
    ("settings", "tokens", "temperature"),
    [
        ({}, 128, 0.0),
        ({"max_new_tokens": 16, "temperature": 0}, 16, 0.0),
        ({"max_gen_toks": 9, "temperature": 0.7}, 9, 0.7),
        ({"temperature": 0.2, "do_sample": False}, 128, 0.0),
        ({"max_new_tokens": None, "temperature": None}, 128, 0.0),
    ],
)
def test_generation_settings_become_a_decoding(
    settings: dict[str, Any], tokens: int, temperature: float
) -> None:
    made = decoding(settings)
    assert (made.max_new_tokens, made.temperature) == (tokens, temperature)
    assert sets_length(settings) == (tokens != 128)


def test_settings_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(OmnibenchError, match="not numbers"):
        decoding({"max_new_tokens": "many"})


@pytest.mark.parametrize(
    ("until", "reply", "cut"),
    [
        (["\n\n"], "yes\n\nno", "yes"),
        ("STOP", "yes STOP no", "yes "),
        (["b", "a", "", None], "xaby", "x"),
        (None, "as it is", "as it is"),
    ],
)
def test_a_reply_ends_where_it_is_told_to(until: Any, reply: str, cut: str) -> None:
    assert ended(reply, endings({"until": until})) == cut


def test_what_a_task_shows_is_flattened_and_a_video_refused() -> None:
    grey = PIL.Image.new("L", (3, 2))
    shown = list(flat([grey, [None, ("a.mp4",)]]))
    assert shown == [grey, "a.mp4"]
    assert Picture("p", lambda: shown, 0).open().mode == "RGB"
    assert Picture("p", lambda: shown, 0).read().startswith(b"\x89PNG")
    with pytest.raises(ImageError, match="no picture"):
        Picture("p", lambda: shown, 1).open()


HARNESS = """
import random
import numpy as np
import functools

class Judge:
    def __init__(self):
        self.address = "x"
    def ask(self, text):
        return self.post(text)
    def post(self, text):
        import requests
        return requests.post(self.address, text)
    def plain(self, text):
        return text

judge = Judge()

def strict(doc, results): return {"a": float(results[0] == doc["answer"])}
def by_judge(doc, results): return {"a": judge.ask(results[0])}
def by_class(doc, results): return {"a": Judge().ask(results[0])}
def beside_judge(doc, results): return {"a": judge.plain(results[0])}
def deeper(text): return [random.choice("ab") for _ in text]
def by_chance(doc, results): return {"a": deeper(results[0])}
def by_numpy(doc, results): return {"a": np.random.rand()}
def by_array(doc, results): return {"a": np.mean([1.0])}
def recursive(doc, results): return recursive(doc, results)
partial = functools.partial(by_chance, {})
"""


@pytest.fixture
def harness(tmp_path: Path) -> ModuleType:
    file = tmp_path / "lmms_eval" / "utils.py"
    file.parent.mkdir()
    file.write_text(HARNESS)
    spec = importlib.util.spec_from_file_location("utils", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("strict", set()), ("by_array", set()), ("beside_judge", set()), ("recursive", set()),
        ("by_judge", {"server"}), ("by_class", {"server"}), ("by_chance", {"chance"}),
        ("by_numpy", {"chance"}), ("partial", {"chance"}),
    ],
)  # fmt: skip
def test_chance_and_servers_are_found_in_scoring(
    harness: ModuleType, tmp_path: Path, name: str, found: set[str]
) -> None:
    made = doubts(vars(harness)[name], tmp_path / "lmms_eval")
    assert set(made) == found
    assert all(place.startswith("lmms_eval/utils.py: ") for place in made.values())


def test_other_code_is_not_looked_into(tmp_path: Path) -> None:
    assert doubts(functools.partial(random.choice, []), tmp_path) == {}


def scored(values: dict[str, Any]) -> Scored:
    return Scored("g", {}, None, Reading(repr(values)), 0.0)


def of(values: Callable[[Scored], Any] = lambda row: row) -> Callable[[Scored], Any]:
    return lambda row: {"none": eval(row.reading.answer or "{}")}


def test_means_are_over_the_documents_that_have_the_metric() -> None:
    entries = [{"metric": "acc", "aggregation": "mean"}, {"metric": "points"}]
    made = metrics(["none"], entries, of())
    assert (made["acc"].unit, made["points"].unit) == ("fraction", "points")
    rows = [scored({"acc": 1.0, "points": 40}), scored({"acc": 0.0}), scored({"points": 60})]
    rows = [Scored(str(n), {}, None, row.reading, 0.0) for n, row in enumerate(rows)]
    values = estimate(rows, made)
    assert (values["acc"].value, values["points"].value) == (0.5, 50.0)


def test_other_aggregations_are_called_and_those_for_servers_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def best(items: list[dict[str, float]]) -> float:
        sys.stdout.write("a table")
        return max(item["score"] for item in items)

    def send(items: list[object], args: object) -> None:
        raise AssertionError

    entries = [
        {"metric": "best", "aggregation": best},
        {"metric": "submission", "aggregation": send},
        {"metric": "nothing", "aggregation": lambda items: None},
    ]
    made = metrics(["none", "strict"], entries, of())
    assert list(made) == ["best", "nothing", "best/strict", "nothing/strict"]
    values = estimate([scored({"best": {"score": 0.75}, "nothing": 1})], made)
    assert values["best"].value == 0.75
    assert capsys.readouterr().out == ""
    assert values["nothing"].provenance == values["best/strict"].provenance == "missing"


@pytest.mark.parametrize(
    ("value", "score"), [(1, 1.0), ({"score": 0.5, "id": 3}, 0.5), ({"id": 3}, None), ("x", None)]
)
def test_a_documents_number(value: object, score: float | None) -> None:
    assert number(value) == score
    assert number(np.float64(2.0)) == 2.0
