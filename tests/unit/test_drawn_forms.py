"""The ten forms with many columns: complete, consistent, and of no use to a model that is blind."""

import ast
import json
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "tasks" / "samples"
LETTERS = "ABCD"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample packs lie beside a checkout only"
)


def read_rows(task):
    lines = (SAMPLES / task / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def most_given(answers):
    return Counter(answers).most_common(1)[0][0]


def guessed(rows, known, answer):
    """The accuracy of guessing, for all that `known` tells of a row, its most frequent answer."""
    seen = defaultdict(Counter)
    for row in rows:
        seen[known(row)][answer(row)] += 1
    return sum(max(count.values()) for count in seen.values()) / len(rows)


COLUMNS = {
    "vqav2": {
        "id": str, "question_type": str, "multiple_choice_answer": str, "answers": list,
        "image_id": int, "answer_type": str, "question_id": int, "question": str, "image": str,
    },
    "okvqa": {"id": str, "question_id": int, "image": str, "question": str, "answers": list},
    "textvqa": {
        "id": str, "image_id": str, "question_id": int, "question": str, "image": str,
        "ocr_tokens": list, "answers": list,
    },
    "vizwiz": {
        "id": str, "question_id": str, "image": str, "question": str, "answers": list,
        "category": str,
    },
    "gqa": {
        "id": str, "imageId": str, "image": str, "question": str, "answer": str,
        "fullAnswer": str, "types": dict,
    },
    "ai2d": {"id": str, "image": str, "question": str, "options": list, "answer": str},
    "ocrvqa": {"id": str, "image": str, "question": str, "answer": str},
    "mme": {
        "id": str, "question_id": str, "category": str, "image": str, "question": str,
        "answer": str,
    },
    "mmbench_en": {
        "id": str, "index": int, "question": str, "hint": str, "answer": str, "A": str, "B": str,
        "C": str, "D": str, "category": str, "L2-category": str, "source": str, "split": str,
        "image": str,
    },
}  # fmt: skip
COLUMNS["mmbench_cn"] = COLUMNS["mmbench_en"]


@pytest.mark.parametrize("task", COLUMNS)
def test_every_row_has_the_columns_and_types_of_the_benchmark(task):
    for row in read_rows(task):
        assert {name: type(value) for name, value in row.items()} == COLUMNS[task]


def test_ten_annotators_answer_vqav2_and_the_certain_answer_leads():
    for row in read_rows("vqav2"):
        given = [answer["answer"] for answer in row["answers"]]
        assert [answer["answer_id"] for answer in row["answers"]] == list(range(1, 11))
        assert {answer["answer_confidence"] for answer in row["answers"]} <= {"yes", "maybe"}
        assert given.count(row["multiple_choice_answer"]) >= 7


def test_vqav2_asks_a_third_of_each_type_and_every_yes_no_question_has_both_answers():
    rows = read_rows("vqav2")
    assert Counter(row["answer_type"] for row in rows) == {"yes/no": 50, "number": 50, "other": 50}
    answers = defaultdict(list)
    for row in rows:
        if row["answer_type"] == "yes/no":
            answers[row["question"]].append(row["multiple_choice_answer"])
    assert all(Counter(given)["yes"] == Counter(given)["no"] for given in answers.values())
    for kind, most in (("number", 0.3), ("other", 0.15)):
        given = Counter(r["multiple_choice_answer"] for r in rows if r["answer_type"] == kind)
        assert given.most_common(1)[0][1] <= most * 50


@pytest.mark.parametrize(("task", "least"), [("textvqa", 7), ("vizwiz", 7), ("okvqa", 6)])
def test_ten_answers_hold_a_clear_majority(task, least):
    rows = read_rows(task)
    for row in rows:
        assert len(row["answers"]) == 10
        assert row["answers"].count(most_given(row["answers"])) >= least
    differing = sum(len(set(row["answers"])) > 1 for row in rows)
    assert 0.5 * len(rows) < differing < len(rows), "some agree in everything, most do not"


def test_okvqa_has_five_annotators_twice_and_says_that_its_answers_are_raw():
    header = tomllib.loads((SAMPLES / "okvqa" / "pack.toml").read_text(encoding="utf-8"))
    assert header["answers"] == "raw"
    for row in read_rows("okvqa"):
        assert row["answers"][::2] == row["answers"][1::2]


def test_a_quarter_of_the_vizwiz_photographs_is_unanswerable_whatever_is_asked():
    rows = read_rows("vizwiz")
    nothing = [row for row in rows if row["category"] == "unanswerable"]
    assert len(nothing) * 4 == len(rows)
    assert all(most_given(row["answers"]) == "unanswerable" for row in nothing)
    assert len({row["question"].split()[0].lower() for row in nothing}) > 3
    yes_no = Counter(most_given(r["answers"]) for r in rows if r["category"] == "yes/no")
    assert yes_no["yes"] == yes_no["no"]


def test_textvqa_answers_are_read_from_the_listed_words():
    for row in read_rows("textvqa"):
        words = " ".join(row["ocr_tokens"]).lower()
        assert all(word in words for word in most_given(row["answers"]).split()), row


def test_gqa_asks_all_five_structures_and_balances_yes_and_no_in_three():
    answers = defaultdict(Counter)
    for row in read_rows("gqa"):
        answers[row["types"]["structural"]][row["answer"]] += 1
        assert row["answer"].lower() in row["fullAnswer"].lower()
    assert set(answers) == {"verify", "logical", "compare", "choose", "query"}
    for structure in ("verify", "logical", "compare"):
        assert set(answers[structure]) == {"yes", "no"}
        assert answers[structure]["yes"] == answers[structure]["no"]
    assert max(answers["query"].values()) <= 0.15 * answers["query"].total()


def test_gqa_offers_both_answers_of_a_choice_and_neither_place_is_the_better_guess():
    first = 0
    rows = [row for row in read_rows("gqa") if row["types"]["structural"] == "choose"]
    for row in rows:
        before, after = row["question"].split(" or ")
        assert (row["answer"] in before.split()[-3:]) != (row["answer"] in after.split("?")[0])
        first += row["answer"] in before.split()[-3:]
    assert 0.35 < first / len(rows) < 0.65


def test_ai2d_has_three_or_four_different_options_and_no_place_is_the_better_guess():
    places = defaultdict(Counter)
    for row in read_rows("ai2d"):
        assert len(set(row["options"])) == len(row["options"])
        places[len(row["options"])][int(row["answer"])] += 1
    assert set(places) == {3, 4}
    for count, seen in places.items():
        assert set(seen) == set(range(count))
        assert max(seen.values()) - min(seen.values()) <= 1


def test_ocrvqa_asks_each_cover_for_author_title_and_genre_and_once_for_yes_or_no():
    rows = read_rows("ocrvqa")
    by_cover = defaultdict(list)
    for row in rows:
        by_cover[row["image"]].append(row["answer"])
    assert all(len(given) == 4 for given in by_cover.values())
    yes_no = Counter(row["answer"] for row in rows if row["answer"] in ("Yes", "No"))
    assert yes_no["Yes"] == yes_no["No"] == len(by_cover) // 2
    genres = Counter(row["answer"] for row in rows if row["question"].split()[2] in ("type", "the"))
    assert max(genres.values()) <= len(rows) / 16


@pytest.mark.parametrize("task", ["mmbench_en", "mmbench_cn"])
def test_mmbench_has_every_rotation_and_the_answer_is_the_same_in_all(task):
    groups = defaultdict(list)
    for row in read_rows(task):
        groups[row["index"] % 1_000_000].append(row)
    assert len(groups) >= 40
    for rows in groups.values():
        options = [[row[c] for c in LETTERS if row[c] != "nan"] for row in rows]
        assert [row["index"] // 1_000_000 for row in rows] == list(range(len(options[0])))
        assert len({row[row["answer"]] for row in rows}) == 1
        assert len(set(options[0])) == len(options[0]), "options differ"
        assert sorted(row["answer"] for row in rows) == list(LETTERS[: len(rows)])
        for turn, turned in enumerate(options):
            assert turned == options[0][-turn:] + options[0][:-turn] if turn else True
        same = ("question", "hint", "image", "category", "L2-category", "split")
        assert all(row[name] == rows[0][name] for row in rows for name in same)
    first = Counter(row["answer"] for row in read_rows(task) if row["index"] < 1_000_000)
    assert first["A"] == first["B"]
    assert first["C"] == first["D"]


def test_mmbench_asks_the_same_kinds_of_questions_in_both_languages():
    english, chinese = (read_rows(f"mmbench_{language}") for language in ("en", "cn"))
    names = ("category", "L2-category", "source", "split")
    assert [[r[n] for n in names] for r in english] == [[r[n] for n in names] for r in chinese]
    assert all(row["question"].isascii() for row in english)
    for row in chinese:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in row["question"])
        assert row["question"][-1] == "？"
        assert row["hint"] == "nan" or row["hint"][-1] == "。"


def test_mme_asks_each_picture_twice_and_each_question_of_two_pictures():
    pictures, questions = defaultdict(list), defaultdict(list)
    for row in read_rows("mme"):
        assert row["question"].endswith(" Please answer yes or no.")
        assert row["id"] == f"{row['question_id']}#{len(pictures[row['question_id']]) + 1}"
        assert row["question_id"].split("/")[0] == row["category"]
        pictures[row["question_id"]].append((row["image"], row["answer"]))
        questions[row["category"], row["question"]].append(row["answer"])
    for pair in pictures.values():
        assert [answer for _, answer in sorted(pair, key=lambda one: one[1])] == ["No", "Yes"]
        assert len({image for image, _ in pair}) == 1
    for answers in questions.values():
        assert answers.count("Yes") == answers.count("No")


def test_mme_leaves_out_what_cannot_be_drawn():
    subtasks = Counter(row["category"] for row in read_rows("mme"))
    assert subtasks == dict.fromkeys(
        (
            "existence", "count", "position", "color", "OCR", "commonsense_reasoning",
            "numerical_calculation", "code_reasoning",
        ),
        20,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "most"), [("vqav2", 0.45), ("okvqa", 0.4), ("textvqa", 0.4), ("vizwiz", 0.4)]
)
def test_the_start_of_a_question_does_not_tell_the_answer(task, most):
    def start(row):
        return " ".join(row["question"].split()[:3])

    assert guessed(read_rows(task), start, lambda row: repr(most_text(row))) < most


def most_text(row):
    answers = row["answers"]
    return most_given([a["answer"] if isinstance(a, dict) else a for a in answers])


def test_no_row_holds_a_python_value_as_text():
    for task in COLUMNS:
        for row in read_rows(task):
            for name in ("answers", "options", "types", "ocr_tokens"):
                assert not isinstance(row.get(name), str), (task, ast.literal_eval(row[name]))
