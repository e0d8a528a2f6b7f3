"""Whatever a model replies or a benchmark asks, only its own visible text on the page changes."""

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from omnibench.core import Reading
from omnibench.report.html import CUT_AFTER, FOLD_AFTER, short, visible
from omnibench.report.terminal import results_page
from tests.report_pages import page_html, parsed
from tests.report_runs import RULE, record, write_eval

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "</title></script><script>fetch('//x')</script>",
    "[a](javascript:alert(1)) <a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)><use href='//x'/></svg>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus=alert(1) '",
    "<!-- --> <![CDATA[ ]]> <?xml ?>",
    "&lt;b&gt; &amp; &#60;",
    "{{ 7 * 7 }} {% raw %}",
    "\x00\x01\x07\x1b[31mred\x1b[0m\x1b]8;;http://x\x07link\x7f\x9b2J",
    "\u202eevil\u202c \u2066a\u2069 \u200b\ufeff",
    "שלום עולם مرحبا",
    "\ud7ff\ufffe\U0001f469\u200d\U0001f4bb",
    "a\r\nb\tc\u2028d\x85e",
)
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.builds("".join, st.lists(st.sampled_from(HOSTILE), max_size=4)),
)
ALLOWED = re.compile(r"#[\w-]*|data:image/webp;base64,[\w+/=]*")


def page_of(text: str, name: str) -> str:
    texts = {
        "prompt": text, "reply": text, "target": text, "error": text, "group": text,
        "facets": {"category": text}, "readings": {RULE: Reading(text)}, "task": "mine",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        write_eval(
            Path(folder), [record(0, right=False, **texts)], name=name, task_label="mine",
            task_name="mine",
        )  # fmt: skip
        # The folder's name, which is random, stands among the facts of the run.
        return page_html(Path(folder)).replace(Path(folder).name, "folder")


def benign(text: str) -> str:
    """Harmless text of the same length, empty where the other is."""
    return "x" * len(text)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(text=TEXT, name=TEXT)
@example(text="".join(HOSTILE), name="".join(HOSTILE)[:100])
@example(text="<script>" * 140_000, name="plain")
def test_hostile_text_changes_nothing_on_the_page_but_itself(text, name):
    html = page_of(text, name)
    page, calm = parsed(html), parsed(page_of(benign(text), benign(name)))
    assert page.tags == calm.tags
    assert [kind for kind, _ in page.acting] == [kind for kind, _ in calm.acting]
    assert all(ALLOWED.fullmatch(value) for _, value in page.acting)
    assert visible(text[:FOLD_AFTER]) in page.text
    assert visible(short(name)) in page.text
    assert not set(
        re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", html)
    )


def test_a_text_of_a_megabyte_is_folded_and_cut_with_a_word():
    html = page_of("word " * 200_000, "plain")
    text = parsed(html).text
    assert len(html) < 200_000
    assert "1,000,000 characters in all: show more" in text
    assert f"{1_000_000 - CUT_AFTER:,} more characters are in samples.jsonl" in text


@settings(max_examples=25, deadline=None)
@given(name=TEXT, metric=TEXT)
def test_hostile_names_cannot_steer_a_terminal(name, metric):
    with tempfile.TemporaryDirectory() as folder:
        run = write_eval(Path(folder), [record(0)], name=name, task_pack=metric)
        results = run.results()
        assert results is not None
        page = results_page(results, Path("runs/one"))
    assert all(c.isprintable() or c == "\n" for c in page)
    assert visible(name).replace("\n", "\\n").replace("\t", "\\t") in page
