"""Replies, questions and names from outside change nothing in a page but their own visible text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from omnibench.core import ModelCard, Value
from omnibench.report import junit
from omnibench.report.comparison import Comparison, Flip, MetricDifference, Side, TaskComparison
from omnibench.report.comparison_page import comparison_page
from omnibench.report.headlines import Headline
from omnibench.report.summary import MAX_BYTES, comparison_markdown, headlines_markdown
from omnibench.report.verdict import GateResult, Verdict

HOSTILE = [
    "<script>alert(1)</script>", "</style><style>*{display:none}", "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)", "<svg onload=alert(1)>", "a | b | c", "\\| <b> \\", "``` `",
    "\x1b[31mred\x1b[0m\x07", "\u202egnp.exe", "]]>", "<!-- ", "&lt;&#60;", "www.example.org",
    "https://example.org", "@someone #1", "$x$", "\r\n# title\n\n- list\n\n---\n", "\ud800",
    "\ufffe", "\x00", "</details>", "1. one", "    code", "~~~", "x" * 1_000_000, "",
]  # fmt: skip
MARKS = st.text("|`<>&\\*_[]()!\n#", max_size=30)
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), MARKS)
QUIET = settings(max_examples=60, deadline=None)
ALLOWED = {
    "h2", "ul", "li", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "details",
    "summary",
}  # fmt: skip
FIGURE = Value(0.5, "fraction", "measured", ci95=(0.4, 0.6))


def compared(text):
    value = Value(-0.1, "fraction", "derived", ci95=(-0.2, 0.0), method=text)
    found = MetricDifference(text, "m", FIGURE, FIGURE, value, 0.03, text, value, "higher", 0.04)
    flip = Flip(text, text, "worse", text, (text, text), (), text, None, text, None, 1.0, 0.0)
    task = TaskComparison(text, "m", 9, 9, 0, 0, 1, {text: {"m": found}}, (flip,))
    side = Side((text,), (ModelCard(text, None, text, None, None),))
    return Comparison(side, side, (task,), (), (text,), (text,), (text,))


def judged(text):
    gates = [
        GateResult(text, "floor", 0.1, outcome, text, task=text, model=text, base=FIGURE,
                   candidate=Value(None, text, "missing", reason=text), difference=FIGURE)
        for outcome in ("pass", "fail", "inconclusive")
    ]  # fmt: skip
    return Verdict(tuple(gates))


def shape(markdown):
    """The tags that the Markdown makes, in order; raw HTML counts as the tags it holds."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    tags = []
    for token in tokens:
        for each in [token, *(token.children or [])]:
            if each.type in ("html_block", "html_inline"):
                tags += re.findall(r"<\s*/?\s*([A-Za-z]+)[^>]*>", each.content)
                assert not re.search(r"<[^>]*\s[^>]*>", each.content), each.content
            elif each.tag:
                tags.append(each.tag)
    return tags


@QUIET
@given(TEXT)
@example("x" * 1_000_000)
def test_a_text_makes_no_mark_in_markdown(text):
    plain = shape(comparison_markdown(compared("quiet"), judged("quiet")))
    page = comparison_markdown(compared(text), judged(text))
    found = shape(page)
    assert set(found) <= ALLOWED
    if text.strip():
        assert found == plain
    assert len(page.encode()) <= MAX_BYTES
    assert not re.search(r"[^\n -~\u00a0-\U0010ffff]", page)


@QUIET
@given(TEXT)
def test_a_text_makes_no_element_in_junit(text):
    def tags(words):
        document = junit.junit_xml(junit.cases_of_verdict(judged(words)))
        return [element.tag for element in ElementTree.fromstring(document).iter()]

    document = junit.junit_xml(
        [
            *junit.cases_of_verdict(judged(text)),
            *junit.cases_of_comparison(compared(text)),
            *junit.cases_of_headlines([Headline(text, text, text, text, FIGURE)]),
        ]
    )
    root = ElementTree.fromstring(document)
    allowed = {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "error",
        "skipped",
    }  # fmt: skip
    assert {element.tag for element in root.iter()} <= allowed
    assert not text or tags(text) == tags("quiet")
    for element in root.iter():
        for value in element.attrib.values():
            assert value.isprintable()
            assert len(value) < 10 * junit.MAX_CHARACTERS + 100


@QUIET
@given(TEXT)
def test_a_text_does_not_steer_a_terminal(text):
    page = comparison_page(compared(text), judged(text))
    assert all(line.isprintable() for line in page.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_headlines_are_harmless_too(text):
    page = headlines_markdown([Headline(text, text, text, text, FIGURE)])
    assert set(shape(page)) <= ALLOWED


def test_a_summary_of_too_much_says_what_it_left_out():
    many = [Headline("r", "m" * 400, f"task {i}", "f1", FIGURE) for i in range(900)]
    page = headlines_markdown(many)
    assert "700 more in the report" in page
    found = compared("quiet")
    flips = found.tasks[0].flips * 500
    comparison = Comparison(
        found.base, found.candidate,
        tuple(
            TaskComparison(f"t{i}", "m", 9, 9, 0, 0, 500, one.metrics, flips)
            for i, one in enumerate(found.tasks * 3)
        ),
        (), (), (), tuple(f"doubt {'x' * 400}" for _ in range(4_000)),
    )  # fmt: skip
    page = comparison_markdown(comparison)
    assert "1,480 more in the report" in page
    assert "cut off here" in page
    assert len(page.encode()) <= MAX_BYTES
