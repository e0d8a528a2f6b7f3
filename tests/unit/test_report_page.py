import re

import pytest

from omnibench.core import ModelCard, Value
from omnibench.report.comparison import Comparison, MetricDifference, Side, TaskComparison
from omnibench.report.history import Entry
from omnibench.report.verdict import GateResult, Verdict
from tests.report_pages import page_html, parsed
from tests.report_runs import measured, missing, record, timed, write_eval, write_perf


def difference(value, low, high, better="higher"):
    figure = Value(0.8, "fraction", "measured")
    found = Value(value, "fraction", "derived", ci95=(low, high))
    mde = Value(0.01, "fraction", "derived")
    return MetricDifference(
        "official", "accuracy", figure, figure, found, 0.0004, "a test", mde, better, 0.0008
    )


def comparison(**tasks):
    card = ModelCard("tiny", None, "a folder", None, None)
    made = tuple(
        TaskComparison(name, "accuracy", 9, 9, 0, 1, 2, {"official": {"accuracy": found}}, ())
        for name, found in tasks.items()
    )
    side = Side(("run",), (card,))
    return Comparison(side, side, made, (), (), (), ("judged by different judges",))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A page with every part, and the runs that it is of."""
    folder = tmp_path_factory.mktemp("runs")
    write_eval(folder, [record(n) for n in range(6)])
    write_perf(folder, {"tiny": timed(1.9, 14.0), "other": timed(0.9, 24.0)})
    return folder, page_html(folder)


def test_the_parts_stand_in_their_order(whole):
    headings = [text for text in parsed(whole[1]).headings if text.strip()]
    assert headings == [
        "At a glance", "What changed", "Scores", "Accuracy, speed and energy", "Speed and energy",
        "Beside the OmniVLM paper", "Every metric", "Samples", "Environment",
        "Caveats and definitions",
    ]  # fmt: skip


def test_a_page_of_timings_alone_leaves_out_what_is_about_scores(tmp_path):
    write_perf(tmp_path, {"tiny": {"load_s": [measured(1.0, "s")]}})
    page = parsed(page_html(tmp_path))
    assert "Scores" not in page.headings
    assert "These runs hold no samples." in page.text


def test_a_page_of_scores_alone_says_that_nothing_was_timed(tmp_path):
    write_eval(tmp_path, [record(0, task="mine")], task_label="mine", task_name="mine")
    page = parsed(page_html(tmp_path))
    assert "Nothing was timed." in page.text
    assert "Beside the OmniVLM paper" not in page.headings


def test_every_figure_of_the_runs_is_on_the_page_with_its_interval(tmp_path):
    write_eval(tmp_path, [record(n, right=n > 0) for n in range(4)])
    text = parsed(page_html(tmp_path)).text
    assert "75.00 %" in text
    assert "65.00 – 85.00" in text
    assert "2.1 pt" in text


def test_what_is_missing_is_a_dash_with_its_reason_and_never_a_zero(tmp_path):
    write_eval(
        tmp_path, [record(0, target=None)],
        score=missing("fraction", "the answers of this split are not public"),
    )  # fmt: skip
    write_perf(tmp_path, {"tiny": {"request_j": [missing("J", "no powercap zone can be read")]}})
    text = parsed(page_html(tmp_path)).text
    assert "missing: the answers of this split are not public" in text
    assert "missing: no powercap zone can be read" in text
    assert not re.search(r"\b0\.0+ (%|J)", text)


def test_every_provenance_has_its_word_beside_its_figure(whole):
    text = parsed(whole[1]).text
    for words in ("● measured", "◐ derived", "◇ projected", "△ estimated", "□ published"):
        assert words in text


def test_no_page_without_a_verdict_says_pass(tmp_path):
    write_eval(tmp_path, [record(0)])
    page = parsed(page_html(tmp_path))
    assert "No gate was asked for" in page.text
    assert "✓ pass" not in page.text


@pytest.mark.parametrize(
    ("outcomes", "banner"),
    [
        (["pass"], "✓ pass"), (["pass", "fail"], "✗ fail"),
        (["pass", "inconclusive"], "? inconclusive"), ([], "? inconclusive"),
    ],
)  # fmt: skip
def test_the_banner_says_what_the_verdict_says(tmp_path, outcomes, banner):
    run = write_eval(tmp_path, [record(0)])
    gates = tuple(
        GateResult("accuracy", "floor", 0.5, outcome, f"why {outcome}", task="pope")
        for outcome in outcomes
    )
    html = page_html(run.folder, verdict=Verdict(gates))
    assert re.search(r'banner-word"><span aria-hidden="true">(.)</span> (\w+)', html).groups() == (
        banner[0], banner[2:],
    )  # fmt: skip
    for outcome in outcomes:
        assert f"why {outcome}" in html


def test_a_change_is_named_only_where_its_whole_interval_lies_on_one_side(tmp_path):
    run = write_eval(tmp_path, [record(0)])
    found = comparison(
        lost=difference(-0.05, -0.08, -0.02),
        won=difference(0.05, 0.02, 0.08),
        level=difference(-0.001, -0.02, 0.02),
        unknown=difference(-0.5, -0.6, -0.4, better=None),
    )
    html = page_html(run.folder, comparison=found)
    rows = dict(
        re.findall(r'<th scope="row"><bdi>(\w+)</bdi>.*?</span> ([a-z ]+)</span></td>', html)
    )
    assert rows["lost"] == "worse"
    assert rows["won"] == "better"
    assert rows["level"] == "no difference shown"
    assert rows["unknown"] == "cannot be told"
    assert html.index("<bdi>lost</bdi>") < html.index("<bdi>won</bdi>")
    assert "−5.00 pt" in html
    assert "judged by different judges" in html


def test_what_makes_a_run_doubtful_is_said(tmp_path):
    write_eval(tmp_path / "a", [record(0)], control="blind", task_version=99, task_population=50)
    write_eval(tmp_path / "b", [record(0, error="no image", reply=None, scores={}, readings={})])
    write_eval(tmp_path / "c", [record(0)], finished=False, task_kind="sample")
    write_perf(tmp_path / "d", {"tiny": timed(1.0, 2.0)}, contended=True)
    folders = [tmp_path / name for name in "abcd"]
    text = parsed(page_html(*folders)).text
    for words in (
        "grey pictures in place", "scored by version 99", "1 of 50 samples were asked",
        "1 of 1 samples failed", "was cut off and has no figures", "bundled sample pack",
        "differ in prompt (control", "other processes disturbed", "untrained weights (random)",
        "unknown here: governor",
    ):  # fmt: skip
        assert words in text


def test_an_unfinished_run_is_shown_without_figures(tmp_path):
    write_eval(tmp_path, [record(0)], finished=False)
    page = parsed(page_html(tmp_path))
    assert "None of these runs was finished" in page.text
    assert "Scores" not in page.headings
    assert "omnibench eval --resume" in page.text


def test_scores_and_timings_are_joined_where_model_and_dtype_agree(whole):
    assert "scored: a folder; timed: random" in parsed(whole[1]).text


def test_scores_and_timings_of_another_dtype_are_not_joined(tmp_path):
    write_eval(tmp_path, [record(n) for n in range(4)])
    write_perf(tmp_path, {"tiny": {"ttft_s": [measured(1.0, "s")]}}, dtype="bfloat16")
    assert "Accuracy, speed and energy" not in parsed(page_html(tmp_path)).headings


def test_the_history_becomes_a_chart(tmp_path):
    run = write_eval(tmp_path, [record(0)])
    history = [Entry(f"r{n}", "tiny", {"pope.accuracy": measured(0.5, "fraction")}) for n in (1, 2)]
    assert "Headlines from run to run" in page_html(run.folder, history=history)


def test_the_page_is_the_same_every_time(whole):
    folder, html = whole
    assert page_html(folder) == html


def test_ids_are_unique_and_every_reference_to_one_holds(whole):
    html = whole[1]
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for found in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)|aria-labelledby="([^"]+)"', html):
        assert set("".join(found).split()) <= set(ids)


def test_charts_take_their_colours_from_the_page_and_keep_their_text(whole):
    charts = re.findall(r"<svg [^>]*class=\"chart\".*?</svg>", whole[1], re.DOTALL)
    assert len(charts) == 5
    for chart in charts:
        assert "style=" not in chart
        assert not re.search(r'(fill|stroke)="#', chart)
        assert chart.count("<text") > 5
        assert "<title" in chart
        assert "<desc" in chart


@pytest.mark.parametrize("name", ["$x^2$", "a_b & <c>", "模型", "\x1b[31mred", "x" * 300])
def test_charts_bear_any_name(tmp_path, name):
    write_perf(tmp_path, {name: {"decode_tok_per_s": [measured(9.0, "tokens/s")]}})
    assert parsed(page_html(tmp_path)).acting
