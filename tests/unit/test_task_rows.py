"""Rows into samples: prompts, clusters, facets, images; a row at fault is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from omnibench.core import AbsentImage, Reading, Sample, Task
from omnibench.errors import ImageError, OmnibenchError
from omnibench.loading import load_task


class RowsPack:
    name = "a-pack"

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = rows

    def rows(self, row_type: Any) -> Any:
        return (msgspec.convert(row, row_type) for row in self._rows)

    def image(self, key: str) -> Any:
        return f"image {key}"

    def picture(self, key: str) -> str:
        return key


ROWS: dict[str, dict[str, Any]] = {
    "pope": {
        "id": "p1",
        "question": " Is there a dog? ",
        "answer": "no",
        "category": "random",
        "image": "cell 7",
        "image_source": "COCO_7",
    },
    "scienceqa": {
        "id": "s1",
        "question": "Which?",
        "choices": ["a frog", "a whale"],
        "answer": 1,
        "hint": "Think.",
        "image": "s.png",
        "subject": "natural science",
    },
    "mmmu": {
        "id": "validation_Art_Theory_1",
        "question": "What is in <image 2>?",
        "options": "['<image 1>', 'a pear']",
        "question_type": "multiple-choice",
        "answer": "B",
        "image_1": "1.png",
        "image_2": "2.png",
        "image_3": "3.png",
    },
    "mmvet": {
        "id": "v1",
        "question": "What is x?",
        "answer": "-1<AND>-5",
        "capability": "ocr,math",
        "image": "v.png",
    },
    "chartqa": {
        "id": "c1",
        "question": "How many?",
        "answer": "14",
        "type": "human_test",
        "image": "c.png",
    },
}


def task(name: str) -> Task:
    return load_task(name).task


def sample(name: str, split: str | None = None, **changed: Any) -> Sample:
    found = task(name)
    (only,) = found.samples(RowsPack(ROWS[name] | changed), split or found.splits[0])
    return only


def test_popes_prompt_target_cluster_and_category() -> None:
    found = sample("pope")
    assert found.prompt == "Is there a dog?\nAnswer the question using a single word or phrase."
    assert (found.target, found.group) == ("no", "COCO_7")
    assert found.facets == {"category": "random"}
    assert [str(image) for image in found.images] == ["image cell 7"]
    assert sample("pope", image_source=None).group == "cell 7"
    assert sample("pope", category=None).facets == {}


def test_scienceqas_prompt_has_a_context_only_where_there_is_a_hint() -> None:
    options = (
        "A. a frog\nB. a whale\nAnswer with the option's letter from the given choices directly."
    )
    assert sample("scienceqa").prompt == f"Context: Think.\nWhich?\n{options}"
    assert sample("scienceqa", hint="").prompt == f"Which?\n{options}"
    assert sample("scienceqa").target == "B"
    assert sample("scienceqa").facets == {"image": "yes", "subject": "natural_science"}


def test_the_split_image_of_scienceqa_is_the_rows_with_a_picture() -> None:
    rows = RowsPack(ROWS["scienceqa"], ROWS["scienceqa"] | {"id": "s2", "image": None})
    assert [found.id for found in task("scienceqa").samples(rows, "image")] == ["s1"]
    assert [found.id for found in task("scienceqa").samples(rows, "test")] == ["s1", "s2"]
    assert task("scienceqa").selects_from == {"image": "test"}


def test_mmmus_prompt_is_the_official_one_with_the_pictures_it_names() -> None:
    found = sample("mmmu")
    assert found.prompt == (
        "What is in <image 2>?\n(A) <image 1>\n(B) a pear\n\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert [str(image) for image in found.images] == ["image 1.png", "image 2.png"]
    assert found.facets == {"subject": "Art_Theory", "discipline": "Art_and_Design"}


def test_an_open_question_of_mmmu_has_no_choices_and_may_have_alternatives() -> None:
    found = sample("mmmu", question_type="open", options="[]", answer="['24/7', '3.429']")
    assert found.choices is None
    assert found.target == ("24/7", "3.429")
    assert found.prompt.endswith("?\nAnswer the question using a single word or phrase.")


def test_mmmus_test_split_has_no_targets_and_a_submission() -> None:
    found = sample("mmmu", "test", id="test_Art_Theory_9", answer="?")
    assert found.target is None
    make = task("mmmu").submission
    assert make is not None
    readings = {"test_Art_1": Reading("B"), "test_Art_2": Reading(None, unread=True)}
    assert make(readings) == {"test_Art_1": "B", "test_Art_2": ""}


def test_mmvets_judge_is_asked_in_the_official_words() -> None:
    ask = task("mmvet").judge_prompt
    assert ask is not None
    prompt = ask(sample("mmvet"), "x is 3")
    assert prompt.startswith("Compare the ground truth and prediction from AI models, to give a")
    assert "correctness score.\n\nQuestion | Ground truth | Prediction | Correctness\n---" in prompt
    assert prompt.endswith("characteristics. | 1.0\n\nWhat is x? | -1 <AND> -5 | x is 3 | ")
    assert prompt.count(" | 0.5\n") == 3
    assert sample("mmvet").facets == {"capability": ("ocr", "math")}


def test_chartqas_prompt_type_and_cluster() -> None:
    found = sample("chartqa")
    assert found.prompt == "How many?\nAnswer the question with a single word."
    assert (found.group, found.facets) == ("c.png", {"type": "human"})
    assert sample("chartqa", type="augmented_test").facets == {"type": "augmented"}


@pytest.mark.parametrize("name", ["pope", "mmvet", "chartqa"])
def test_a_row_without_its_picture_fails_only_once_a_backend_asks(name: str) -> None:
    (image,) = sample(name, image=None).images
    assert isinstance(image, AbsentImage)
    with pytest.raises(ImageError, match=r"row .1 has no image"):
        image.open()
    with pytest.raises(ImageError, match=r"row .1 has no image"):
        image.read()


def test_a_picture_that_mmmu_names_and_lacks_is_absent() -> None:
    first, second = sample("mmmu", image_2=None).images
    assert str(first) == "image 1.png"
    assert isinstance(second, AbsentImage)
    found = sample("mmmu", question="(not recorded)", options="['a', 'b']").images
    assert len(found) == 3


@pytest.mark.parametrize(
    ("name", "changed", "words"),
    [
        ("pope", {"answer": "maybe"}, "neither yes nor no"),
        ("pope", {"category": "odd"}, "category 'odd' is none of"),
        ("scienceqa", {"answer": 2}, "answer 2 is the place of none of its 2 choices"),
        ("scienceqa", {"answer": -1}, "answer -1 is the place of none"),
        ("scienceqa", {"subject": "alchemy"}, "subject 'alchemy' is none of"),
        ("mmmu", {"answer": "C"}, "answer 'C' is none of its 2 options"),
        ("mmmu", {"answer": None}, "it has no answer"),
        ("mmmu", {"options": "[]"}, "'[]' is not the text of a list"),
        ("mmmu", {"options": "__import__('os')"}, "is not the text of a list"),
        ("mmmu", {"question_type": "essay"}, "question_type 'essay' is not known"),
        ("mmmu", {"id": "validation_Alchemy_1"}, "its id is not"),
        ("mmmu", {"id": "17"}, "its id is not"),
        ("mmvet", {"capability": "ocr,magic"}, "capability 'ocr,magic' names others than"),
        ("chartqa", {"type": "val"}, "neither human_test nor augmented_test"),
        ("chartqa", {"answer": ""}, "its answer is empty"),
    ],
)
def test_a_row_at_fault_is_named(name: str, changed: dict[str, Any], words: str) -> None:
    row_id = changed.get("id", ROWS[name]["id"])
    with pytest.raises(OmnibenchError) as caught:
        sample(name, **changed)
    assert f"row {row_id} of a-pack: " in str(caught.value)
    assert words in str(caught.value)
    assert "mend it" in str(caught.value)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_task_says_what_it_is(name: str) -> None:
    found = task(name)
    assert found.name == name
    assert found.decoding.max_new_tokens > 0
    assert found.decoding.temperature == 0
    for rule in found.rules.values():
        assert rule.headline in rule.metrics
    assert next(iter(found.rules)) == "official"
    assert ("lmms-eval-0.7.3" in found.rules) == (name != "mmvet")
    assert name == "mmvet" or "accuracy" in found.rules["official"].metrics


def test_the_metric_keys() -> None:
    keys = {name: set(task(name).rules["official"].metrics) for name in ROWS}
    figures = ("accuracy", "precision", "recall", "f1", "yes_ratio")
    parts = ("adversarial", "popular", "random", "pooled")
    assert keys["pope"] == {f"{figure}/{part}" for figure in figures for part in parts} | {
        "mean_f1",
        "accuracy",
    }
    assert keys["scienceqa"] == {
        "accuracy",
        "accuracy/image",
        "accuracy/natural_science",
        "accuracy/social_science",
        "accuracy/language_science",
    }
    assert len(keys["mmmu"]) == 1 + 6 + 30
    assert {"accuracy/Art_Theory", "accuracy/Tech_and_Engineering"} < keys["mmmu"]
    assert keys["mmvet"] == {"total", "rec", "ocr", "know", "gen", "spat", "math", "std"}
    assert keys["chartqa"] == {
        "relaxed_accuracy",
        "relaxed_accuracy/human",
        "relaxed_accuracy/augmented",
        "accuracy",
    }
