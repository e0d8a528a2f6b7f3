"""The bundled sample packs are what the generator writes, whole, true to their header, balanced."""

import ast
import hashlib
import json
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from omnivlm.data.packs import FORMS, SEED, header_text, main, rows_text
from omnivlm.data.photographs import Spoiled, Tilted

SAMPLES = Path(__file__).parents[2] / "tasks" / "samples"
LEAST_ROWS = {task: 360 if task == "pope" else 120 for task in FORMS}
MOST_BYTES = 6_000_000
# A palette of 48 colours moves a pixel by a few levels, and another FreeType draws letters a
# little differently; a wrong object, colour or place moves the mean far more than this.
MEAN_DIFFERENCE = 1.5
OF_SMOOTH_SHADES = 4.0  # a blur or a turned edge has far more than 48 colours

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample packs lie beside a checkout only"
)


@pytest.fixture(scope="module")
def drawn():
    return {task: form("test", SEED) for task, form in FORMS.items()}


def read_rows(task):
    lines = (SAMPLES / task / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def images_of(row):
    names = [row.get("image"), *(row.get(f"image_{n}") for n in range(1, 8))]
    return [name for name in names if name]


@pytest.mark.parametrize("task", FORMS)
def test_the_same_seed_writes_the_committed_rows_and_header(task, drawn):
    committed = (SAMPLES / task / "rows.jsonl").read_bytes()
    assert rows_text(drawn[task]).encode() == committed
    header = (SAMPLES / task / "pack.toml").read_text(encoding="utf-8")
    assert header_text(drawn[task], committed) == header


@pytest.mark.parametrize("task", FORMS)
def test_the_same_seed_draws_the_committed_pictures(task, drawn):
    for name, picture in drawn[task].pictures.items():
        with Image.open(SAMPLES / task / "images" / name) as committed:
            ours, theirs = picture.draw(), committed.convert("RGB")
        assert ours.size == theirs.size
        mean = sum(ImageStat.Stat(ImageChops.difference(ours, theirs)).mean) / 3
        smooth = isinstance(picture, Spoiled | Tilted)
        assert mean < (OF_SMOOTH_SHADES if smooth else MEAN_DIFFERENCE), name


@pytest.mark.parametrize("task", FORMS)
def test_the_header_tells_the_truth(task):
    header = tomllib.loads((SAMPLES / task / "pack.toml").read_text(encoding="utf-8"))
    data = (SAMPLES / task / "rows.jsonl").read_bytes()
    assert header["task"] == task
    assert header["rows"] == data.count(b"\n") >= LEAST_ROWS[task]
    assert header["rows_sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("task", FORMS)
def test_ids_are_unique_and_every_picture_is_there_and_used(task):
    rows = read_rows(task)
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({tuple(row) for row in rows}) == 1, "one order of columns"
    used = {name for row in rows for name in images_of(row)}
    assert used == {path.name for path in (SAMPLES / task / "images").iterdir()}


@pytest.mark.parametrize("task", sorted(set(FORMS) - {"pope"}))
def test_no_question_is_asked_twice_of_the_same_pictures(task):
    asked = Counter(
        (
            row["question"], *images_of(row), row.get("hint"), repr(row.get("choices")),
            row.get("index", 0) // 1_000_000,
        )
        for row in read_rows(task)
    )  # fmt: skip
    assert [key for key, times in asked.items() if times > 1] == []


def test_there_are_fifteen_packs_and_they_are_small():
    assert {path.name for path in SAMPLES.iterdir()} == set(FORMS)
    assert len(FORMS) == 15
    assert sum(p.stat().st_size for p in SAMPLES.rglob("*") if p.is_file()) < MOST_BYTES


def test_pope_is_half_yes_in_each_category_and_the_name_tells_little():
    by_category, by_question = defaultdict(Counter), defaultdict(Counter)
    for row in read_rows("pope"):
        by_category[row["category"]][row["answer"]] += 1
        by_question[row["question"]][row["answer"]] += 1
    assert set(by_category) == {"random", "popular", "adversarial"}
    assert all(count == {"yes": 60, "no": 60} for count in by_category.values())
    best_guess = sum(max(count.values()) for count in by_question.values())
    assert best_guess < 0.58 * 360


@pytest.mark.parametrize("task", ["scienceqa", "mmmu"])
def test_no_letter_is_the_better_guess(task):
    places = defaultdict(Counter)
    for row in read_rows(task):
        choices = row.get("choices") or ast.literal_eval(row.get("options", "[]"))
        if choices:
            place = row["answer"] if task == "scienceqa" else "ABCD".index(row["answer"])
            assert len(set(choices)) == len(choices)
            places[len(choices)][place] += 1
    for count, seen in places.items():
        assert set(seen) == set(range(count))
        assert max(seen.values()) - min(seen.values()) <= 1


@pytest.mark.parametrize("task", ["mmvet", "chartqa", "okvqa", "textvqa"])
def test_no_open_answer_dominates(task):
    rows = read_rows(task)
    answers = Counter(row.get("answer") or most_given(row) for row in rows)
    assert answers.most_common(1)[0][1] <= 0.1 * len(rows)


def most_given(row):
    return Counter(row["answers"]).most_common(1)[0][0]


def test_scienceqa_has_pictures_in_about_half_its_rows_and_contexts_in_some():
    rows = read_rows("scienceqa")
    assert 0.4 < sum(row["image"] is not None for row in rows) / len(rows) < 0.6
    assert 0 < sum(row["hint"] != "" for row in rows) < len(rows)
    assert {row["subject"] for row in rows} == {
        "natural science", "language science", "social science"
    }  # fmt: skip


def test_mmmu_names_its_images_in_the_question_and_has_several_in_many():
    rows = read_rows("mmmu")
    for row in rows:
        named = [n for n in range(1, 8) if f"<image {n}>" in row["question"]]
        assert named == [n for n in range(1, 8) if row[f"image_{n}"]]
        assert (row["question_type"] == "open") == (ast.literal_eval(row["options"]) == [])
    assert sum(row["image_2"] is not None for row in rows) > len(rows) / 3


def test_another_seed_and_another_part_draw_something_else(drawn):
    form = FORMS["chartqa"]
    texts = {rows_text(p) for p in (drawn["chartqa"], form("test", 1), form("train", SEED))}
    assert len(texts) == 3


def test_the_command_writes_one_pack(tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--only", "mmvet"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mmvet"]
    committed = (SAMPLES / "mmvet" / "rows.jsonl").read_bytes()
    assert (tmp_path / "mmvet" / "rows.jsonl").read_bytes() == committed
    assert "mmvet: 120 rows" in capsys.readouterr().out
