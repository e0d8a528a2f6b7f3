"""Minimal-edit pairs: which are kept, why others are dropped, and where all of it comes from."""

import base64
import io
import json
import socket

import PIL.Image
import pytest

from omnivlm.cli import main
from omnivlm.errors import OmniVLMError, TrainingError
from omnivlm.questions import Answer, Question
from omnivlm.training import pairs
from omnivlm.training.asked_pictures import (
    AskedPicture,
    DrawnScene,
    PictureFile,
    drawn_pictures,
    key_of,
)
from omnivlm.training.chat_teacher import TRIES, open_chat_teacher
from omnivlm.training.pair_files import SUMMARY, write_pairs
from omnivlm.training.pairs import Bounds, PairMaker, SceneTeacher, ServerTeacher
from omnivlm.training.preference_rows import PAIRS, read_preferences
from tests.unit.chat_double import ChatDouble, saying

KEY = "sk-very-secret-key"


class Parrot:
    """A model that says of each picture what it was told to say of it."""

    origin, sha256 = "parrot", "ab" * 32

    def __init__(self, *said):
        self.said = list(said)
        self.asked = []

    def generate(self, questions):
        for question in questions:
            self.asked.append(question)
            text, finish = self.said.pop(0)
            yield Answer(text, 10, 5, finish)


def ask(prompt, picture):
    return Question(prompt, (picture,), 64)


def caption(index):
    return DrawnScene("train", 3, index).scene().describe()


def recoloured(text):
    first, rest = text.split(". ", 1)
    words = first.split()
    words[-2] = "red" if words[-2] != "red" else "blue"
    return " ".join(words) + ". " + rest


def made(model, teacher, asked, least=0.01, most=0.5, images=None):
    return list(PairMaker(model, teacher, Bounds(least, most), ask, images).pairs(asked))


def test_a_pair_is_the_model_s_answer_and_its_smallest_correction():
    said = recoloured(caption(0))
    (row,) = made(Parrot((said, "stop")), SceneTeacher(), drawn_pictures("train", 3, 1))
    assert (row.rejected, row.chosen) == (said, caption(0))
    assert row.edit_ratio == pytest.approx(1 / len(said.split()), abs=1e-6)
    assert row.picture == DrawnScene("train", 3, 0)
    assert (row.teacher, row.model, row.model_sha256) == ("scene", "parrot", "ab" * 32)


def test_every_other_answer_is_dropped_for_its_own_reason():
    wrong = "Top left: a small red cup."
    model = Parrot(
        (caption(0), "stop"), (recoloured(caption(1)), "length"), ("Two cups!", "stop"),
        (" ", "stop"), (recoloured(caption(4)), "stop"),
        (" ".join([wrong] * 30), "stop"),
    )  # fmt: skip
    outcomes = made(model, SceneTeacher(), drawn_pictures("train", 3, 6))
    kept = outcomes.pop(4)
    assert kept.chosen == caption(4)
    assert outcomes == [pairs.RIGHT, pairs.CUT, pairs.SILENT, pairs.MUTE, pairs.LARGE]


def test_the_bounds_hold_at_both_ends():
    said = recoloured(caption(0))
    ratio = 1 / len(said.split())
    one = list(drawn_pictures("train", 3, 1))
    assert made(Parrot((said, "stop")), SceneTeacher(), one, ratio * 1.01) == [pairs.SMALL]
    assert made(Parrot((said, "stop")), SceneTeacher(), one, 0, ratio * 0.99) == [pairs.LARGE]
    assert made(Parrot((said, "stop")), SceneTeacher(), one, ratio, ratio)[0].chosen == caption(0)


@pytest.mark.parametrize("bounds", [(-0.1, 0.5), (0.6, 0.5), (0, 1.1), (float("nan"), 1)])
def test_bounds_that_hold_nothing_are_refused(bounds):
    with pytest.raises(OmniVLMError, match="edit ratios"):
        Bounds(*bounds)


def test_pairs_come_back_as_preferences_and_the_summary_counts_what_was_dropped(tmp_path):
    model = Parrot((recoloured(caption(0)), "stop"), (caption(1), "stop"), ("?", "stop"))
    maker = PairMaker(model, SceneTeacher(), Bounds(0.01, 0.5), ask)
    folder = tmp_path / "new" / "pairs"
    write_pairs(folder, maker.pairs(drawn_pictures("train", 3, 3)), maker, 0.0)
    summary = json.loads((folder / SUMMARY).read_text())
    assert (summary["asked"], summary["kept"]) == (3, 1)
    assert summary["dropped"] == {pairs.RIGHT: 1, pairs.SILENT: 1}
    for path in (folder, folder / PAIRS):
        (preference,) = read_preferences(path)
        assert (preference.chosen, preference.prompt) == (caption(0), "Describe the image.")
        drawn = DrawnScene("train", 3, 0).scene().draw()
        assert preference.picture().tobytes() == drawn.tobytes()
    with pytest.raises(OmniVLMError, match="not empty"):
        write_pairs(folder, [], maker, 0.0)


def test_a_scene_out_of_focus_is_the_same_scene_and_stays_out_of_focus_in_its_pair(tmp_path):
    clear, blurred = (list(drawn_pictures("train", 3, 8, most)) for most in (0.0, 6.0))
    radii = [one.origin.blur_px for one in blurred]
    assert all(0 < radius < 6 for radius in radii)
    assert len(set(radii)) == 8
    assert [one.origin.blur_px for one in clear] == [0.0] * 8
    assert [a.origin.scene() for a in clear] == [b.origin.scene() for b in blurred]
    shown = []

    def look(prompt, picture):
        shown.append(picture.tobytes())
        return ask(prompt, picture)

    parrot = Parrot((recoloured(caption(0)), "stop"))
    maker = PairMaker(parrot, SceneTeacher(), Bounds(0.01, 0.5), look)
    write_pairs(tmp_path / "p", maker.pairs(blurred[:1]), maker, 0.0)
    (preference,) = read_preferences(tmp_path / "p")
    assert preference.picture().tobytes() == shown[0]
    assert shown[0] != clear[0].origin.draw().tobytes()
    assert preference.image_key != key_of(clear[0].origin, None)


@pytest.mark.parametrize("word", ["-1", "101", "nan", "much"])
def test_a_blur_that_cannot_be_is_refused(word, capsys):
    words = ["--model", "m", "--teacher", "scene", "--out", "o", f"--blur={word}"]
    with pytest.raises(SystemExit) as stop:
        main(["pairs", *words])
    assert stop.value.code == 2
    assert "is not a number of pixels from 0 to 100" in capsys.readouterr().err


def test_files_are_shown_as_they_are(capsys):
    words = ["--model", "m", "--teacher", "openai:m@http://127.0.0.1:9", "--out", "o"]
    assert main(["pairs", *words, "--data", "d", "--images", "i", "--blur", "3"]) == 2
    assert "--blur is for drawn scenes" in capsys.readouterr().err


def test_a_damaged_row_is_named(tmp_path):
    maker = PairMaker(Parrot(*[(recoloured(caption(i)), "stop") for i in range(2)]),
                      SceneTeacher(), Bounds(0.01, 0.5), ask)  # fmt: skip
    write_pairs(tmp_path / "p", maker.pairs(drawn_pictures("train", 3, 2)), maker, 0.0)
    file = tmp_path / "p" / PAIRS
    file.write_text(file.read_text()[:-20])
    with pytest.raises(TrainingError, match=r"pairs\.jsonl, row 2"):
        read_preferences(tmp_path / "p")


@pytest.fixture
def photograph(tmp_path):
    PIL.Image.new("RGB", (12, 8), (200, 10, 10)).save(tmp_path / "red.png")
    return AskedPicture("photo-1", PictureFile("red.png"), "What is it?")


def test_a_server_sees_the_picture_and_its_text_is_the_chosen_answer(
    photograph, tmp_path, monkeypatch
):
    monkeypatch.setenv("OMNIVLM_API_KEY", KEY)
    with ChatDouble(lambda _: saying(" It is a red wall. ")) as server:
        teacher = ServerTeacher(open_chat_teacher(server.spec))
        model = Parrot(("It is a blue wall.", "stop"))
        maker = PairMaker(model, teacher, Bounds(0.01, 0.5), ask, tmp_path)
        write_pairs(tmp_path / "out", maker.pairs([photograph]), maker, 0.0)
    (sent,) = server.requests
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "It is a blue wall." in json.dumps(sent)
    url = sent["messages"][1]["content"][1]["image_url"]["url"]
    shown = PIL.Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert (shown.size, shown.getpixel((3, 3))) == ((12, 8), (200, 10, 10))
    (preference,) = read_preferences(tmp_path / "out", tmp_path)
    assert (preference.chosen, preference.rejected) == ("It is a red wall.", "It is a blue wall.")
    assert preference.picture().size == (12, 8)
    written = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert not any(KEY.encode() in data for data in written)
    assert any(b'"openai:eye@http://127.0.0.1' in data for data in written)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (saying(""), pairs.SILENT),
        (saying(None), pairs.SILENT),
        ((200, b"<html>"), pairs.SILENT),
        ((200, b'{"choices": []}'), pairs.SILENT),
        ((503, b"busy"), pairs.SILENT),
        (saying("As a language model I would rather write about something else."), pairs.LARGE),
        (saying("It is a blue wall."), pairs.RIGHT),
    ],
)
def test_nonsense_and_nothing_drop_the_pair(answer, why, photograph, tmp_path):
    with ChatDouble(lambda _: answer) as server:
        teacher = ServerTeacher(open_chat_teacher(server.spec, sleep=lambda _: None))
        model = Parrot(("It is a blue wall.", "stop"))
        assert made(model, teacher, [photograph], images=tmp_path) == [why]
    assert len(server.requests) == (TRIES if answer[0] == 503 else 1)


def test_a_server_that_never_answers_drops_the_pair(photograph, tmp_path):
    waits = []
    with socket.create_server(("127.0.0.1", 0)) as mute:  # it takes the question and says nothing
        spec = f"eye@http://127.0.0.1:{mute.getsockname()[1]}/v1"
        teacher = ServerTeacher(open_chat_teacher(spec, timeout_s=0.05, sleep=waits.append))
        model = Parrot(("It is a blue wall.", "stop"))
        assert made(model, teacher, [photograph], images=tmp_path) == [pairs.SILENT]
    assert waits == [1, 2, 4]


def test_a_teacher_that_gives_nothing_again_and_again_ends_the_work(photograph, tmp_path):
    with ChatDouble(lambda _: saying("")) as server:
        teacher = ServerTeacher(open_chat_teacher(server.spec))
        model = Parrot(*[("It is blue.", "stop")] * 40)
        with pytest.raises(OmniVLMError, match="10 times in a row"):
            made(model, teacher, [photograph] * 40, images=tmp_path)
    assert len(server.requests) == pairs.MOST_SILENT


def test_a_refusal_ends_the_work_and_shows_no_secret(photograph, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    echo = (401, f"wrong key {KEY}".encode())
    with ChatDouble(lambda _: echo) as server:
        teacher = ServerTeacher(open_chat_teacher(server.spec))
        with pytest.raises(OmniVLMError, match="HTTP 401") as caught:
            made(Parrot(("It is blue.", "stop")), teacher, [photograph], images=tmp_path)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there_ends_the_work(photograph, tmp_path):
    spec = "eye@http://ann:pass@127.0.0.1:9/v1"
    teacher = ServerTeacher(open_chat_teacher(spec, sleep=lambda _: None))
    assert "pass" not in teacher.name
    with pytest.raises(OmniVLMError, match="cannot be reached") as caught:
        made(Parrot(("It is blue.", "stop")), teacher, [photograph], images=tmp_path)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("spec", ["", "eye", "http://x", "eye@", "eye@ftp://x/v1", "e@http://"])
def test_a_teacher_without_an_address_is_refused(spec):
    with pytest.raises(OmniVLMError, match="no address"):
        open_chat_teacher(spec)


def test_a_key_that_no_header_takes_is_refused_unseen(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "two words")
    with pytest.raises(OmniVLMError, match="OPENAI_API_KEY") as caught:
        open_chat_teacher("eye@http://127.0.0.1:9")
    assert "two" not in str(caught.value)


def test_a_broken_picture_is_counted_and_the_others_go_on(photograph, tmp_path):
    (tmp_path / "torn.png").write_bytes((tmp_path / "red.png").read_bytes()[:40])
    asked = [AskedPicture("a", PictureFile(name), "?") for name in ("torn.png", "gone.png")]
    with ChatDouble(lambda _: saying("It is red.")) as server:
        teacher = ServerTeacher(open_chat_teacher(server.spec))
        model = Parrot(("It is blue.", "stop"))
        outcomes = made(model, teacher, [*asked, photograph], images=tmp_path)
    assert outcomes[:2] == [pairs.BROKEN, pairs.BROKEN]
    assert outcomes[2].chosen == "It is red."
