"""The commands over the drawn world: pairs, captions, and the gallery page."""

import html
import json
import re

import pytest

from omnivlm.cli import main
from omnivlm.data import gallery
from omnivlm.training.pair_files import SUMMARY
from omnivlm.training.preference_rows import PAIRS

TINY = "omnivlm-tiny"


def test_an_untrained_model_gives_no_pair_and_the_summary_says_why(tmp_path, capsys):
    words = ["pairs", "--model", TINY, "--teacher", "scene", "--out", str(tmp_path / "p")]
    assert main([*words, "--count", "2", "--max-new-tokens", "6"]) == 0
    summary = json.loads((tmp_path / "p" / SUMMARY).read_text())
    assert (summary["asked"], summary["kept"], sum(summary["dropped"].values())) == (2, 0, 2)
    assert re.fullmatch("[0-9a-f]{64}", summary["model_sha256"])
    assert (tmp_path / "p" / PAIRS).read_bytes() == b""
    captured = capsys.readouterr()
    assert captured.out.startswith("0 pairs of 2 answers")
    assert "dropped: " in captured.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--teacher", "oracle"], "--teacher is scene or openai"),
        (["--teacher", "openai:eye"], "no address"),
        (["--teacher", "scene", "--count", "0"], "--count is 0"),
        (["--teacher", "scene", "--least-ratio", "0.9"], "edit ratios"),
        (["--teacher", "scene", "--data", "x.json"], "--data and --images"),
        (["--teacher", "scene", "--data", "x.json", "--images", "."], "drawn scenes alone"),
        (["--teacher", "openai:e@http://x/v1", "--data", "x.json", "--images", "."], "x.json"),
    ],
)
def test_words_that_cannot_be_are_one_line_and_exit_2(words, said, tmp_path, capsys):
    out = ["--model", TINY, "--out", str(tmp_path / "out")]
    assert main(["pairs", *out, *words]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_captions_of_two_models_are_compared_over_the_same_scenes(capsys):
    words = ["captions", TINY, TINY, "--count", "2", "--max-new-tokens", "4", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["difference"] == {"value": 0.0, "ci95": [0.0, 0.0]}
    first, second = found["models"]
    assert first == second
    assert first["model"] == TINY
    assert main([*words[:-1]]) == 0
    assert "difference: +0.00 % false [+0.00, +0.00]" in capsys.readouterr().out
    assert main(["captions", TINY, TINY, TINY]) == 2
    assert "one or two" in capsys.readouterr().err


def test_the_gallery_is_one_page_that_needs_no_other_and_hides_no_text(tmp_path, capsys):
    file = tmp_path / "gallery.html"
    assert gallery.main(["--out", str(file), "--count", "30", "--part", "val"]) == 0
    text = file.read_text(encoding="utf-8")
    assert text.count("<article") == 30
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,|#)', text) == []
    assert "30 conversations" in capsys.readouterr().out
    shown = html.unescape(text)
    for card in gallery.islice(gallery.cards("val", 0), 30):
        assert card.description in shown
        assert all(turn.prompt in shown and turn.answer in shown for turn in card.turns)


def test_what_looks_like_markup_is_shown_as_text():
    card = gallery.Card("mmmu", "1", (), "<b>bold</b>", (gallery.Turn("<image 1> & x", "<"),))
    text = gallery.page([card], "val", 0)
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert "&lt;image 1&gt; &amp; x" in text
