"""Rows that people answered freely: prompts, clusters, facets; a row at fault is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from omnibench.core import AbsentImage, Sample
from omnibench.errors import OmnibenchError
from omnibench.loading import load_task
from omnibench.scoring import stemming

SHORT = "\nAnswer the question using a single word or phrase."
TEN = ["cat"] * 9 + ["dog"]
PEOPLE = [{"answer": answer, "answer_confidence": "yes", "answer_id": 1} for answer in TEN]
ROWS: dict[str, dict[str, Any]] = {
    "vqav2": {
        "id": "v1",
        "question": "What does NASA say?",
        "answers": PEOPLE,
        "answer_type": "number",
        "image": "cell 3",
        "image_id": 17,
    },
    "okvqa": {"id": "o1", "question": "Which sport?", "answers": TEN, "image": "o.jpg"},
    "textvqa": {"id": "t1", "question": "what is NASA?", "answers": TEN, "image": "t.jpg"},
    "vizwiz": {
        "id": "z1",
        "question": "What is this NASA can?",
        "answers": TEN,
        "image": "cell 4",
        "question_id": "VizWiz_val_1",
    },
    "gqa": {
        "id": "g1",
        "question": "Is it red?",
        "answer": "yes",
        "imageId": "n161",
        "types": {"structural": "verify", "semantic": "attr", "detailed": "verifyAttr"},
    },
    "ocrvqa": {"id": "b1", "question": "Who wrote this book?", "answer": "Amy", "image": "b.jpg"},
}


class RowsPack:
    name = "a-pack"

    def __init__(self, *rows: dict[str, Any], answers: str | None = None) -> None:
        self._rows = rows
        self.answers = answers

    def rows(self, row_type: Any) -> Any:
        return (msgspec.convert(row, row_type) for row in self._rows)

    def image(self, key: str) -> Any:
        return f"image {key}"

    def picture(self, key: str) -> str:
        return f"picture {key}"


def sample(name: str, **changed: Any) -> Sample:
    task = load_task(name).task
    (only,) = task.samples(RowsPack(ROWS[name] | changed), task.splits[0])
    return only


@pytest.mark.parametrize("name", ["vqav2", "okvqa", "textvqa", "gqa", "ocrvqa"])
def test_the_question_is_asked_as_it_stands_for_a_short_answer(name: str) -> None:
    assert sample(name).prompt == ROWS[name]["question"] + SHORT


def test_only_vizwiz_may_be_unanswerable() -> None:
    assert sample("vizwiz").prompt == (
        "What is this NASA can?\n"
        "When the provided information is insufficient, respond with 'Unanswerable'." + SHORT
    )


@pytest.mark.parametrize("name", ["vqav2", "okvqa", "textvqa", "vizwiz"])
def test_the_target_is_the_ten_answers(name: str) -> None:
    assert sample(name).target == tuple(TEN)


def test_the_clusters_are_pictures() -> None:
    assert sample("vqav2").group == "17"
    assert sample("vqav2", image_id=None).group == "picture cell 3"
    assert sample("vqav2", image_id=None, image=None).group == "v1"
    assert sample("okvqa", image_id="COCO_1").group == "COCO_1"
    assert sample("textvqa").group == "picture t.jpg"
    assert sample("vizwiz").group == "VizWiz_val_1"
    assert sample("vizwiz", question_id=None).group == "z1"
    assert sample("gqa").group == "n161"
    assert sample("gqa", imageId=None, image="1.jpg").group == "picture 1.jpg"
    assert sample("ocrvqa", image="cell 1", image_id="1492").group == "1492"
    assert sample("ocrvqa").group == "picture b.jpg"


def test_the_answer_type_is_a_facet_where_the_pack_has_it() -> None:
    assert sample("vqav2").facets == {"answer_type": "number"}
    assert sample("vqav2", answer_type=None).facets == {}


def test_gqas_picture_is_its_own_column_or_a_key_into_the_other_table() -> None:
    assert [str(image) for image in sample("gqa").images] == ["image n161"]
    assert [str(image) for image in sample("gqa", image="1.jpg").images] == ["image 1.jpg"]


def test_gqas_questions_are_binary_but_for_queries() -> None:
    assert sample("gqa").facets == {"kind": "binary"}
    assert sample("gqa", types={"structural": "query"}).facets == {"kind": "open"}
    assert sample("gqa", types=None).facets == {}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_without_its_picture_has_an_absent_one(name: str) -> None:
    (image,) = sample(name, image=None, imageId=None).images
    assert isinstance(image, AbsentImage)


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("vqav2", {"answers": []}, "it has no answers"),
        ("okvqa", {"answers": []}, "it has no answers"),
        ("vizwiz", {"answers": []}, "it has no answers"),
        ("textvqa", {"answers": TEN[1:]}, "it has 9 answers instead of 10"),
        ("gqa", {"answer": ""}, "its answer is empty"),
        ("ocrvqa", {"answer": " "}, "its answer is empty"),
    ],
)
def test_a_row_at_fault_is_named(name: str, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(OmnibenchError) as caught:
        sample(name, **changed)
    assert str(caught.value) == f"row {ROWS[name]['id']} of a-pack: {words}; mend it"


def test_stemmed_answers_are_refused_where_their_stemmer_is_not_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    stemming.open_stemmer.cache_clear()
    task = load_task("okvqa").task
    with pytest.raises(OmnibenchError, match="are stemmed and their stemmer is not here"):
        task.samples(RowsPack(ROWS["okvqa"], answers="stemmed"), "val")


def test_stemmed_answers_are_compared_with_the_stemmed_reply(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stemming, "_official", lambda: Stems)
    stemming.open_stemmer.cache_clear()
    task = load_task("okvqa").task
    row = ROWS["okvqa"] | {"answers": ["race"] * 10}
    for answers, scores in (("stemmed", (1.0, 1.0)), ("raw", (0.0, 1.0)), (None, (0.0, 1.0))):
        (asked,) = task.samples(RowsPack(row, answers=answers), "val")
        rule = task.rules["official"]
        replies = ("racing", "race")
        assert tuple(rule.score(rule.read(reply, asked), asked) for reply in replies) == scores
    stemming.open_stemmer.cache_clear()


def test_nltk_without_its_data_is_no_stemmer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemming, "_official", lambda: Dataless)
    stemming.open_stemmer.cache_clear()
    with pytest.raises(OmnibenchError, match="Resource punkt_tab not found"):
        stemming.open_stemmer()


def test_only_the_stemmers_file_of_open_flamingo_is_run(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "open_flamingo"
    (package / "eval").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('a heavy package')\n")
    monkeypatch.syspath_prepend(tmp_path)
    stemming.open_stemmer.cache_clear()
    with pytest.raises(OmnibenchError, match=r"no file ok_vqa_utils\.py in open_flamingo"):
        stemming.open_stemmer()
    (package / "eval" / "ok_vqa_utils.py").write_text(
        "def postprocess_ok_vqa_generation(text):\n    return text.replace('racing', 'race')\n"
    )
    assert stemming.open_stemmer()("car racing") == "car race"
    stemming.open_stemmer.cache_clear()


class Stems:
    @staticmethod
    def postprocess_ok_vqa_generation(text: str) -> str:
        return text.replace("racing", "race")


class Dataless:
    @staticmethod
    def postprocess_ok_vqa_generation(text: str) -> str:
        raise LookupError("\n  Resource punkt_tab not found.\n  Use the downloader")
