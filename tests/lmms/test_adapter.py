"""Our models inside lmms-eval: found by its entry point, answering one by one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest

from omnibench.core import ModelCard, Reply, Request
from omnibench.errors import OmnibenchError


class Echo:
    """Answers with what it was asked; fails at one document, if told so."""

    card = ModelCard("echo", None, "none", None, None)

    def __init__(self, fails_at: str | None = None) -> None:
        self.fails_at = fails_at
        self.batches: list[list[Request]] = []

    def generate(self, requests: list[Request]) -> Any:
        self.batches.append(list(requests))
        for request in requests:
            if request.id == self.fails_at:
                raise OmnibenchError("no")
            yield Reply(f"{request.prompt} STOP more", tokens_in=3, tokens_out=4)

    def close(self) -> None:
        self.batches = []


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Any:
    from omnibench.lmms import adapter

    echo = Echo()
    monkeypatch.setattr(adapter, "open_backend", lambda name, **options: echo)
    made = adapter.OmnibenchModel(model="echo", batch_size="2")
    made.task_dict["t"] = {"test": [PIL.Image.new("L", (2, 2)) for _ in range(5)]}
    made.echo = echo
    return made


def instance(number: int, **settings: Any) -> Any:
    arguments = (f"q{number}", settings, lambda doc: [doc], number, "t", "test")
    return SimpleNamespace(args=arguments)


def test_lmms_eval_finds_the_model_by_its_entry_point() -> None:
    from lmms_eval.models import get_model

    from omnibench.lmms.adapter import OmnibenchModel

    assert get_model("omnibench") is OmnibenchModel


def test_replies_come_one_by_one_in_batches(model: Any) -> None:
    replies = model.generate_until([instance(n, until=["STOP"]) for n in range(5)])
    first = next(iter(replies))
    assert (first.text, first.token_counts.output_tokens) == ("q0 ", 4)
    assert len(model.echo.batches) == 1
    assert [reply.text for reply in replies] == ["q1 ", "q2 ", "q3 ", "q4 "]
    assert [len(batch) for batch in model.echo.batches] == [2, 2, 1]


def test_settings_and_pictures_reach_the_backend(model: Any) -> None:
    list(model.generate_until([instance(0, max_new_tokens=7, temperature=0.5, do_sample=True)]))
    ((request,),) = model.echo.batches
    assert (request.decoding.max_new_tokens, request.decoding.temperature) == (7, 0.5)
    (image,) = request.images
    assert image.open().mode == "RGB"
    assert PIL.Image.open(io.BytesIO(image.read())).size == (2, 2)


def test_a_failing_document_ends_the_evaluation_with_its_error(model: Any) -> None:
    model.echo.fails_at = "1"
    replies = model.generate_until([instance(n) for n in range(3)])
    next(replies)
    with pytest.raises(OmnibenchError):
        next(replies)


def test_what_our_models_do_not_do_is_said_once(
    model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    list(model.generate_until([instance(n, num_beams=3) for n in range(3)]))
    assert caplog.text.count("num_beams=3 is not heeded") == 1
    with pytest.raises(NotImplementedError):
        model.loglikelihood([])
    with pytest.raises(NotImplementedError):
        model.generate_until_multi_round([])


def test_unknown_arguments_and_sizes_are_refused() -> None:
    from omnibench.lmms.adapter import OmnibenchModel

    with pytest.raises(TypeError):
        OmnibenchModel(model="fake", colour="red")
    with pytest.raises(OmnibenchError, match="batch_size"):
        OmnibenchModel(model="fake", batch_size="auto")
    with pytest.raises(OmnibenchError, match="no model"):
        OmnibenchModel(model="nosuch")


def test_a_resumed_evaluation_asks_only_what_is_not_in_the_cache(
    evaluated: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnibench.lmms import adapter

    monkeypatch.setenv("LMMS_CACHE_RUN_ID", "one")
    cache = str(tmp_path / "cache")
    failing, whole = Echo(fails_at="40"), Echo()
    whole.close = lambda: None  # type: ignore[method-assign]
    monkeypatch.setattr(adapter, "open_backend", lambda name, **options: failing)
    with pytest.raises(OmnibenchError):
        evaluated("pope", folder, use_cache=cache)
    monkeypatch.setattr(adapter, "open_backend", lambda name, **options: whole)
    found = evaluated("pope", folder, use_cache=cache)
    asked = [request.id for batch in whole.batches for request in batch]
    assert asked == [str(n) for n in range(40, 72)]
    assert len(found["samples"]["pope"]) == 72
    kept = (tmp_path / "cache" / "cache.audit.jsonl").read_text().splitlines()
    assert {json.loads(line)["doc_id"] for line in kept} == set(range(72))
