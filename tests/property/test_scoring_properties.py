"""What holds for every reply: no reader fails or invents, scores keep range, order is moot."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnibench.core import Facets, Reading, Rule, Sample, Scored
from omnibench.loading import load_task
from omnibench.scoring.judged import deviation_of_runs, mean_of_runs
from omnibench.scoring.paired import COGNITION, PERCEPTION
from omnibench.scoring.statistics import estimate

OPTIONS = ("red apple", "blue", "Green", "a", "10 %")
PEOPLE = (
    ("blue",) * 10,
    ("No",) * 10,
    ("3",) * 4 + ("three",) * 3 + ("a", "the", "3.14"),
    ("red apple", "Red-Apple") * 5,
)
SAMPLES = {
    "pope": [Sample("p", "?", "yes"), Sample("p", "?", "no")],
    "scienceqa": [Sample("s", "?", "B", choices=OPTIONS[:n]) for n in (2, 4, 5)],
    "mmmu": [
        Sample("m", "?", "C", choices=OPTIONS),
        Sample("m", "?", "3.14"),
        Sample("m", "?", ("24/7", "x")),
    ],
    "chartqa": [Sample("c", "?", target) for target in ("14", "0", "45%", "Yes")],
    "mmvet": [Sample("v", "?", "x<OR>y")],
    "vqav2": [Sample("q", "?", people) for people in PEOPLE],
    "okvqa": [Sample("q", "?", people) for people in PEOPLE],
    "textvqa": [Sample("q", "?", people) for people in PEOPLE],
    "vizwiz": [Sample("q", "?", people) for people in PEOPLE],
    "gqa": [Sample("g", "?", target) for target in ("yes", "red apple")],
    "ocrvqa": [Sample("o", "?", "The Blue Apple")],
    "ai2d": [Sample("a", "?", "B", choices=OPTIONS[:n]) for n in (2, 4, 5)],
    "mmbench_en": [Sample("b", "?", "B", choices=OPTIONS[:n]) for n in (2, 4, 5)],
    "mmbench_cn": [Sample("b", "?", "B", choices=("苹果", "香蕉"))],
    "mme": [Sample("e", "?", "yes"), Sample("e", "?", "no")],
}
RULES: list[tuple[str, str, Rule, Sample]] = [
    (name, rule_name, rule, sample)
    for name, samples in SAMPLES.items()
    for rule_name, rule in load_task(name).task.rules.items()
    for sample in samples
]
WORDS = (
    "A|B|C|D|E|F|(A)|(B)|A.|B.|C)|the|is|yes|no|Yes|No|NO|not|nope|answer|USA|apple|blue|3|3.14|"
    "1,000|2e5|=|so|.|,|!|5%|nan|inf|The answer is |The answer is B.|red apple|\n|could be |"
    "if |not |because|Question:|?|-|'s|dont|a|an|none|three|B:|**A**|[A]|答案是|B。|苹果|香蕉|E."
)
PHRASES = st.sampled_from(WORDS.split("|"))
REPLIES = st.one_of(
    st.text(max_size=60),
    st.lists(PHRASES, max_size=12).map(" ".join),
    st.lists(PHRASES, max_size=12).map("".join),
)


def stands(answer: str, reply: str, sample: Sample) -> bool:
    """Whether an answer stands in a reply as a letter, a word, or the words of its option."""
    if answer.lower() in reply.lower():
        return True
    if sample.choices is None or len(answer) != 1:
        return False
    option = sample.choices[ord(answer) - ord("A")]
    return all(word.rstrip("s") in reply.lower() for word in option.lower().split())


@pytest.mark.parametrize("case", RULES, ids=lambda case: f"{case[0]}-{case[1]}-{case[3].target}")
@given(reply=REPLIES)
@settings(max_examples=150, deadline=None)
def test_a_reading_stands_in_the_reply_or_is_unread(
    case: tuple[str, str, Rule, Sample], reply: str
) -> None:
    _, _, rule, sample = case
    reading = rule.read(reply, sample)
    assert rule.read(reply, sample) == reading
    if reading.answer is None:
        assert reading.unread
        assert rule.score(reading, sample) == 0
    if not reading.unread:
        assert reading.answer is not None
        assert stands(reading.answer, reply, sample)
    score = rule.score(reading, sample)
    assert 0 <= score <= 1
    assert score in (0.0, 1.0) or isinstance(sample.target, tuple)


@given(reply=REPLIES)
def test_popes_official_rule_always_answers(reply: str) -> None:
    reading = load_task("pope").task.rules["official"].read(reply, SAMPLES["pope"][0])
    assert reading.answer in ("yes", "no")
    if reading.answer == "yes" and not reading.unread:
        assert re.search(r"\byes\b", reply, re.IGNORECASE)


CATEGORIES = st.sampled_from(["adversarial", "popular", "random"])


@st.composite
def yes_no_rows(draw: st.DrawFn) -> list[Scored]:
    rows = []
    for _ in range(draw(st.integers(1, 30))):
        target = draw(st.sampled_from(["yes", "no"]))
        answer = draw(st.sampled_from(["yes", "no", None]))
        group = f"image {draw(st.integers(0, 6))}"
        facets: Facets = {"category": draw(CATEGORIES)}
        score = float(answer == target)
        rows.append(Scored(group, facets, target, Reading(answer, unread=answer is None), score))
    return rows


@given(rows=yes_no_rows(), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_yes_no_figures_keep_their_range_and_do_not_depend_on_row_order(
    rows: list[Scored], seed: int
) -> None:
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    for rule in load_task("pope").task.rules.values():
        values = estimate(rows, rule.metrics, draws=60)
        assert values == estimate(shuffled, rule.metrics, draws=60)
        for value in values.values():
            if value.value is None:
                assert value.reason
                continue
            assert 0 <= value.value <= 1
            if value.ci95:
                assert 0 <= value.ci95[0] <= value.ci95[1] <= 1


@given(
    grades=st.lists(
        st.tuples(*[st.integers(0, 10).map(lambda n: n / 10)] * 3), min_size=2, max_size=20
    ),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_graded_figures_keep_their_range_and_do_not_depend_on_row_order(
    grades: list[tuple[float, float, float]], seed: int
) -> None:
    rows = [
        Scored(
            f"image {place // 2}",
            {"capability": ("ocr",)},
            "x",
            Reading("x"),
            sum(given) / 3,
            given,
        )
        for place, given in enumerate(grades)
    ]
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    metrics = {"total": mean_of_runs(), "std": deviation_of_runs()}
    values = estimate(rows, metrics, draws=60)
    assert values == estimate(shuffled, metrics, draws=60)
    total = values["total"]
    assert total.value is not None
    assert 0 <= total.value <= 100 + 1e-9


PEOPLES_RULES = [
    rule for name in ("vqav2", "textvqa") for rule in load_task(name).task.rules.values()
]
MME = load_task("mme").task.rules["official"]


@given(reply=REPLIES, people=st.lists(st.sampled_from(["blue", "Blue", "a", "3"]), min_size=10))
def test_people_need_not_come_in_any_order(reply: str, people: list[str]) -> None:
    orders = [Sample("q", "?", tuple(people)), Sample("q", "?", tuple(people[::-1]))]
    for rule in PEOPLES_RULES:
        scores = [rule.score(rule.read(reply, sample), sample) for sample in orders]
        assert scores[0] == pytest.approx(scores[1])


@st.composite
def pairs_of_mme(draw: st.DrawFn) -> list[Scored]:
    subtasks = draw(st.sampled_from([PERCEPTION, COGNITION, PERCEPTION + COGNITION]))
    rows = []
    for subtask in subtasks:
        for picture in range(draw(st.integers(1, 3))):
            for target in ("yes", "no"):
                answer = draw(st.sampled_from(["yes", "no", "other"]))
                facets: Facets = {"category": subtask}
                score = float(answer == target)
                group = f"{subtask}/{picture}"
                rows.append(Scored(group, facets, target, Reading(answer), score))
    return rows


@given(rows=pairs_of_mme(), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_mmes_points_are_sums_of_their_parts(rows: list[Scored], seed: int) -> None:
    random.Random(seed).shuffle(rows)
    values = estimate(rows, MME.metrics, draws=20)
    for total, subtasks in (("perception", PERCEPTION), ("cognition", COGNITION)):
        there = {row.facets["category"] for row in rows}
        if not set(subtasks) <= there:
            assert values[total].value is None
            continue
        points = []
        for subtask in subtasks:
            right, pairs = values[f"acc/{subtask}"].value, values[f"acc_plus/{subtask}"].value
            score = values[f"score/{subtask}"].value
            assert right is not None
            assert pairs is not None
            assert 0 <= pairs <= right <= 1
            assert score == pytest.approx(100 * right + 100 * pairs)
            points.append(score)
        assert values[total].value == pytest.approx(sum(points))
