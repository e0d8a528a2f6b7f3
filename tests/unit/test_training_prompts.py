"""What is trained is what is asked: every prompt word for word, every answer right by the rule."""

import pytest

from omnibench.data.pack import DiskPack
from omnibench.loading import load_task
from omnivlm.data.packs import FORMS, header_text, rows_text
from omnivlm.training.drawn import ORDINALS
from omnivlm.training.form_rows import picture_names, turn_of

JUDGED = "mmvet"
FULL_SCORE = 1.0  # also of ten annotators: most say the certain answer


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """task -> (rows drawn for validation, the evaluation's samples of them)."""
    return {
        name: asked(name, form("val", 7), tmp_path_factory.mktemp(name))
        for name, form in FORMS.items()
    }


def asked(name, pack, folder):
    rows = rows_text(pack).encode()
    (folder / "rows.jsonl").write_bytes(rows)
    (folder / "pack.toml").write_text(header_text(pack, rows), encoding="utf-8")
    named = load_task(name)
    return pack.rows, list(named.task.samples(DiskPack(folder), named.split))


@pytest.mark.parametrize("task", FORMS)
def test_a_row_is_trained_with_the_prompt_and_the_pictures_it_is_evaluated_with(task, packs):
    rows, samples = packs[task]
    assert len(rows) == len(samples) > 100
    for row, sample in zip(rows, samples, strict=True):
        assert turn_of(task, row).prompt == sample.prompt
        assert len(picture_names(row)) == len(sample.images)


@pytest.mark.parametrize("task", sorted(set(FORMS) - {JUDGED}))
@pytest.mark.parametrize("rule", ["official", "lmms-eval-0.7.3"])
def test_a_trained_answer_has_the_full_score(task, rule, packs):
    rules = load_task(task).task.rules
    if rule not in rules:
        pytest.skip(f"{task} has no rule {rule}")
    for row, sample in zip(*packs[task], strict=True):
        reading = rules[rule].read(turn_of(task, row).answer, sample)
        if (task, rule) == ("scienceqa", "lmms-eval-0.7.3") and sample.images:
            assert reading.unread, "an answer before its letter is read by the benchmark's own rule"
            continue
        assert rules[rule].score(reading, sample) == FULL_SCORE, (row, reading)


def test_an_answer_to_mm_vet_holds_its_key_facts_and_no_mark():
    facts = {"question": "?", "answer": "a red cup<AND>a blue key<AND>an orange fish"}
    assert turn_of("mmvet", facts).answer == "a red cup, a blue key and an orange fish"
    assert turn_of("mmvet", {"question": "?", "answer": "2<OR>two"}).answer == "2"


def test_there_is_an_ordinal_for_every_picture_that_a_row_may_show():
    row = {"image": None, **{f"image_{n}": "x" for n in range(1, 8)}}
    assert len(picture_names(row)) == len(ORDINALS)
