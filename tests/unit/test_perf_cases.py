"""Requests to time: the papers' by name, one's own from a file, and what a file may not hold."""

import pytest

from omnibench.cases import CASES, load_cases, read_case, text_tokens
from omnibench.cost import SHAPES
from omnibench.errors import OmnibenchError

OWN = 'name = "mine"\nwidth_px = 448\nheight_px = 448\nnew_tokens = 8\nprompt = "What is it?"\n'


def test_the_papers_cases_have_names():
    assert CASES["image-question"].text_tokens == 20
    assert CASES["image-question-own-prompt"].text_tokens is None
    aurora = CASES["aurora"]
    assert (aurora.width_px, aurora.height_px) == (640, 480)
    assert aurora.prompt == "please describe the image."


def test_a_file_of_ones_own_stands_beside_them(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    names = [case.name for case in load_cases(f"aurora,{path}")]
    assert names == ["aurora", "mine"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colour = 1", "colour"),
        ("text_tokens = 0", "text_tokens"),
        ("batch = 4", "one request at a time"),
        ("text_tokens = 99999", "text_tokens is 99,999"),
        ("name = 7", "Cannot overwrite a value"),
        ("x =", "Invalid value"),
    ],
)
def test_a_wrong_key_is_refused_by_its_file_and_name(tmp_path, line, said):
    path = tmp_path / "mine.toml"
    path.write_text(OWN + line + "\n")
    with pytest.raises(OmnibenchError, match=rf"mine\.toml.*{said}"):
        read_case(path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("width_px", -3, "width_px"), ("new_tokens", 1, "new_tokens"),
        ("height_px", 10**9, "height_px is 1,000,000,000"),
    ],
)  # fmt: skip
def test_absurd_numbers_are_refused(tmp_path, key, value, said):
    path = tmp_path / "mine.toml"
    lines = [line for line in OWN.splitlines() if not line.startswith(key)]
    path.write_text("\n".join([*lines, f"{key} = {value}"]))
    with pytest.raises(OmnibenchError, match=said):
        read_case(path)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(OmnibenchError, match="No such file"):
        load_cases(str(tmp_path / "absent.toml"))
    with pytest.raises(OmnibenchError, match=r"no case 'imagequestion'; known: image-question"):
        load_cases("imagequestion")
    with pytest.raises(OmnibenchError, match="twice"):
        load_cases("aurora,aurora")
    with pytest.raises(OmnibenchError, match="names no case"):
        load_cases(",")


def test_a_known_name_is_not_taken_for_another_request(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace('"mine"', '"aurora"'))
    with pytest.raises(OmnibenchError, match="choose another"):
        read_case(path)


@pytest.mark.parametrize(
    ("model", "case", "tokens"),
    [
        ("omnivlm-968m", "image-question", 20),
        ("omnivlm-968m", "image-question-own-prompt", 37),
        ("nanollava", "image-question-own-prompt", 19),
        ("qwen2-vl-2b", "aurora", 26),
        ("aurora-edge-v-2b", "aurora", 24),
        ("omnivlm-tiny", "image-question-own-prompt", None),
    ],
)
def test_text_tokens_without_a_tokenizer(model, case, tokens):
    assert text_tokens(CASES[case], SHAPES[model].template_tokens) == tokens
