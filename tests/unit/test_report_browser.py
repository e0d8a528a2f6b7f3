import io

import pytest
from PIL import Image

from omnibench.core import Reading
from omnibench.errors import OmnibenchError
from omnibench.report import browser, thumbnails
from omnibench.report.opened import open_runs
from tests.report_runs import RULE, record, write_eval


def browsed(*runs, **options):
    return browser.browse(open_runs(run.folder for run in runs).evals, **options)


def webp(size=(32, 24)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "webp")
    return buffer.getvalue()


def test_flips_come_first_and_right_answers_last(tmp_path):
    first = write_eval(tmp_path, [record(n, right=n != 1) for n in range(4)], name="one")
    then = write_eval(tmp_path, [record(n, right=n not in (2, 3)) for n in range(4)], name="two")
    found = browsed(first, then)
    assert [(card.id, card.kind) for card in found.cards[:1]] == [("q2", "lost")]
    assert [card.kind for card in found.cards] == ["lost", "lost", "gained", "right"]
    assert (found.total, found.flips) == (4, 3)


def test_every_outcome_has_its_word(tmp_path):
    records = [
        record(0, reply=None, readings={}, scores={}, error="no image"),
        record(1, readings={RULE: Reading("yes", unread=True)}, scores={RULE: 1.0}),
        record(2, right=False),
        record(3, scores={RULE: 0.3}),
        record(4, scores={}, readings={}),
        record(5),
    ]
    found = browsed(write_eval(tmp_path, records))
    words = {card.id: card.answers[0].outcome for card in found.cards}
    assert words == {
        "q0": "failed", "q1": "unread", "q2": "wrong", "q3": "partly right", "q4": "not graded",
        "q5": "right",
    }  # fmt: skip


def test_the_number_of_samples_is_bounded_and_said(tmp_path):
    run = write_eval(tmp_path, [record(n, right=n % 2 == 0) for n in range(300)])
    found = browsed(run, most=20)
    assert len(found.cards) == 20
    assert found.total == 300
    assert {card.kind for card in found.cards} == {"wrong", "right"}


def test_the_choice_does_not_depend_on_the_order_of_the_records(tmp_path):
    records = [record(n, right=n % 2 == 0) for n in range(60)]
    one = browsed(write_eval(tmp_path, records), most=10)
    other = browsed(write_eval(tmp_path, records[::-1]), most=10)
    assert [card.id for card in one.cards] == [card.id for card in other.cards]


def test_rows_of_another_pack_are_other_samples(tmp_path):
    one = write_eval(tmp_path, [record(0)], name="one")
    other = write_eval(tmp_path, [record(0, right=False)], name="two", task_rows_sha256="1" * 64)
    found = browsed(one, other)
    assert found.total == 2
    assert found.flips == 0


def test_a_sample_that_was_asked_in_other_words_is_a_card_of_its_own(tmp_path):
    one = write_eval(tmp_path, [record(0)], name="one")
    other = write_eval(tmp_path, [record(0, prompt="Cup?")], name="two")
    assert [len(card.answers) for card in browsed(one, other).cards] == [1, 1]


def test_thumbnails_come_from_the_run_and_nothing_else_does(tmp_path):
    names = ["a" * 64, "b" * 64, "c" * 64, "../../secret"]
    records = [record(n, images=(name,)) for n, name in enumerate(names)]
    run = write_eval(tmp_path, records)
    folder = run.folder / "thumbnails"
    folder.mkdir()
    (folder / f"{names[0]}.webp").write_bytes(webp())
    (folder / f"{names[1]}.webp").write_bytes(b"<svg onload=alert(1)>")
    (tmp_path / "secret.webp").write_bytes(webp())
    shown = {card.id: card.thumbnails for card in browsed(run).cards}
    assert shown["q0"][0].startswith("data:image/webp;base64,")
    assert shown["q1"] == shown["q2"] == shown["q3"] == ()


def test_the_bytes_of_all_thumbnails_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(thumbnails, "MOST_THUMBNAIL_BYTES", 200)
    run = write_eval(tmp_path, [record(n, images=(f"{n:064d}",)) for n in range(9)])
    (run.folder / "thumbnails").mkdir()
    for n in range(9):
        (run.folder / "thumbnails" / f"{n:064d}.webp").write_bytes(webp())
    found = browsed(run)
    urls = [url for card in found.cards for url in card.thumbnails]
    assert sum(len(url.partition(",")[2]) for url in urls) <= 200
    assert found.thumbnails_left_out == 9 - len(urls) > 0


@pytest.mark.parametrize("kept", [0, 2])
def test_records_that_the_results_speak_of_must_be_there(tmp_path, kept):
    run = write_eval(tmp_path, [record(n) for n in range(3)])
    lines = run.samples_path.read_bytes().splitlines(keepends=True)
    run.samples_path.write_bytes(b"".join(lines[:kept]))
    with pytest.raises(OmnibenchError, match=f"speaks of 3 samples, samples.jsonl holds {kept}"):
        browsed(run)


def test_a_damaged_line_is_named(tmp_path):
    run = write_eval(tmp_path, [record(n) for n in range(3)])
    lines = run.samples_path.read_bytes().splitlines(keepends=True)
    run.samples_path.write_bytes(lines[0] + b'{"format":1,"task":5}\n' + lines[2])
    with pytest.raises(OmnibenchError, match=r"samples.jsonl line 2 is damaged"):
        browsed(run)
