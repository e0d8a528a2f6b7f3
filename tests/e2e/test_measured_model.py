"""A real model, the small one, timed in a process of its own."""

import pytest
import torch

from omnibench.engine.measure import measure
from omnivlm import load
from omnivlm.prompts import TEXT_END, TURN_END
from omnivlm.questions import Question
from tests.unit.measured import case, plan


def test_a_real_model_is_timed_stage_by_stage() -> None:
    asked = plan("omnivlm-tiny", weights="random", cases=(case(new_tokens=3),), trials=1)
    records = list(measure(asked))
    assert [record.error for record in records] == [None] * len(records)
    load_record, *others = records
    assert load_record.readings["load.time_s"].provenance == "missing"
    assert (load_record.readings["draw.time_s"].value or 0) > 0
    # Interpreter and libraries: a third of a gigabyte; with the weights 22 MB more.
    peak = load_record.readings["load.peak_rss_bytes"].value
    assert peak is not None
    assert 1e8 < peak < 1e9
    for record in others:
        assert (record.tokens_in, record.visual_tokens) == (81 + 20, 81)
        assert len(record.token_times_s) == 3
        stages = ("preprocess", "vision", "projector", "prefill", "first_sample", "gap")
        parts = sum(record.readings[f"{stage}.time_s"].value or 0.0 for stage in stages)
        assert parts == pytest.approx(record.readings["ttft.time_s"].value)
        assert (record.readings["vision.rss_anon_bytes"].value or 0) > 1e7


def test_a_reply_of_a_whole_length_does_not_end_at_an_end_token() -> None:
    model = load("omnivlm-tiny")
    ends = [model.tokenizer.special[name] for name in (TURN_END, TEXT_END)]
    head = model.model.language_model.model.embed_tokens.weight  # tied to the logits
    head.data[:] = 0
    head.data[ends] = torch.tensor([[1.0], [-1.0]])  # one of both is greedy's choice at any step
    lengths = {}
    for whole in (False, True):
        question = Question("", max_new_tokens=4, whole_length=whole)
        steps = [
            step for step in model.stream(question) if step.phase in ("first_sample", "decode")
        ]
        lengths[whole] = len(steps)
    assert lengths == {False: 1, True: 4}
