"""LLaVA's conversations and RLAIF-V's preferences, over real photographs where they are there."""

import json
import re
import shutil

import PIL.Image
import pyarrow
import pyarrow.parquet
import pytest

from omnivlm.errors import PictureError, TrainingError
from omnivlm.training.llava import LlavaConversations, asked_pictures
from omnivlm.training.picture_files import open_picture
from omnivlm.training.preference_rows import read_preferences

PHOTOGRAPHS = ("llava_waterview.jpg", "skimage_astronaut.jpg", "skimage_camera.png")
PRETRAIN = {
    "id": "004539375",
    "image": PHOTOGRAPHS[0],
    "conversations": [
        {"from": "human", "value": "Render a clear and concise summary of the photo.\n<image>"},
        {"from": "gpt", "value": "a wooden pier on a still lake"},
    ],
}
INSTRUCT = {
    "id": 7,
    "image": PHOTOGRAPHS[1],
    "model": "gpt-4",
    "conversations": [
        {"from": "human", "value": "<image>\nWho is shown?"},
        {"from": "gpt", "value": "An astronaut."},
        {"from": "human", "value": "What is behind her?"},
        {"from": "gpt", "value": "A flag and a model of a shuttle. "},
    ],
}
TEXT_ALONE = {
    "id": "t",
    "conversations": [{"from": "human", "value": "2 + 2?"}, {"from": "gpt", "value": "4"}],
}
PREFERENCE = {"question": "What is it?", "chosen": "A camera.", "rejected": "A cat.", "idx": "c9"}


@pytest.fixture
def photographs(evidence):
    folder = evidence / "images"
    if not all((folder / name).is_file() for name in PHOTOGRAPHS):
        pytest.skip(f"no photographs in {folder}")
    return folder


@pytest.fixture
def written(tmp_path):
    def write(rows, name="rows.json"):
        file = tmp_path / name
        text = json.dumps(rows) if name.endswith(".json") else "\n".join(map(json.dumps, rows))
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_llava_s_rows_are_conversations_over_real_photographs(written, photographs):
    rows = LlavaConversations(written([PRETRAIN, INSTRUCT, TEXT_ALONE]), photographs)
    assert len(rows) == 3
    (turn,) = rows[0].turns
    assert turn.prompt == "Render a clear and concise summary of the photo."
    assert turn.answer == "a wooden pier on a still lake"
    assert rows[0].pictures[0]().size == (1000, 667)
    assert [turn.prompt for turn in rows[1].turns] == ["Who is shown?", "What is behind her?"]
    assert rows[1].turns[1].answer == "A flag and a model of a shuttle."
    assert rows[1].pictures[0]().mode == "RGB"
    assert (rows[2].pictures, rows[2].image_keys) == ((), ())
    assert [rows[i].id for i in range(3)] == ["rows-004539375", "rows-7", "rows-t"]
    with pytest.raises(IndexError):
        rows[3]


def test_one_picture_in_two_rows_has_one_key_and_another_folder_s_another(written, tmp_path):
    file = written([PRETRAIN, PRETRAIN | {"id": "again"}, INSTRUCT])
    rows = LlavaConversations(file, tmp_path / "a")
    assert rows[0].image_keys == rows[1].image_keys != rows[2].image_keys
    assert LlavaConversations(file, tmp_path / "b")[0].image_keys != rows[0].image_keys


def test_several_pictures_in_one_row_and_a_greeting_before_the_question(written, photographs):
    both = PRETRAIN | {
        "image": list(PHOTOGRAPHS[:2]),
        "conversations": [
            {"from": "gpt", "value": "Hello."},
            {"from": "human", "value": "<image>\n<image>\nWhich is a lake?"},
            {"from": "gpt", "value": "The first."},
        ],
    }
    row = LlavaConversations(written([both]), photographs)[0]
    assert [picture().width for picture in row.pictures] == [1000, 512]
    assert len(row.pictures) == len(row.image_keys) == 2
    assert row.turns[0].prompt == "Which is a lake?"


def test_pairs_ask_the_first_question_of_rows_with_one_picture(written):
    asked = asked_pictures(written([PRETRAIN, TEXT_ALONE, INSTRUCT]))
    assert [(one.origin.path, one.prompt) for one in asked] == [
        (PHOTOGRAPHS[0], "Render a clear and concise summary of the photo."),
        (PHOTOGRAPHS[1], "Who is shown?"),
    ]


def said(*values):
    return {"conversations": [{"from": who, "value": value} for who, value in values]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conversations": "none"}, "conversations"),
        ({"conversations": []}, "questions by human"),
        (said(("human", "<image> What?")), "questions by human"),
        (said(("human", "<image> What?"), ("human", "?")), "take turns"),
        (said(("human", "<image> What?"), ("gpt", " ")), "an answer is empty"),
        (said(("human", "What?"), ("gpt", "This.")), "stands 0 times"),
        (said(("user", "<image>"), ("gpt", "This.")), "user"),
        ({"image": None}, "stands 1 times"),
        ({"image": 4}, "image"),
    ],
)
def test_a_malformed_row_is_named_with_its_file(change, message, written, tmp_path):
    with pytest.raises(TrainingError, match=rf"rows\.json, row 2.*{message}"):
        LlavaConversations(written([INSTRUCT, PRETRAIN | change]), tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[", "[]", '[{"id": 1}'])
def test_a_file_that_is_no_list_of_conversations_is_refused(text, tmp_path):
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(TrainingError, match=r"rows\.json"):
        LlavaConversations(tmp_path / "rows.json", tmp_path)
    with pytest.raises(TrainingError, match="cannot be read"):
        LlavaConversations(tmp_path / "none.json", tmp_path)


@pytest.mark.parametrize("spoil", ["missing", "torn", "text", "folder"])
def test_a_picture_that_is_missing_or_broken_is_that_item_s_fault(spoil, written, tmp_path):
    path = tmp_path / PHOTOGRAPHS[0]
    PIL.Image.new("RGB", (40, 30)).save(path, "JPEG")
    whole = path.read_bytes()
    path.unlink()
    match spoil:
        case "torn":
            path.write_bytes(whole[:300])
        case "text":
            path.write_text("no picture")
        case "folder":
            path.mkdir()
    row = LlavaConversations(written([PRETRAIN]), tmp_path)[0]
    with pytest.raises(PictureError, match=re.escape(PHOTOGRAPHS[0])):
        row.pictures[0]()


def test_a_picture_of_any_mode_comes_as_rgb(tmp_path):
    for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16"):
        name = f"{mode.replace(';', '')}.{'tiff' if mode in ('CMYK', 'I;16') else 'png'}"
        PIL.Image.new(mode, (5, 4)).save(tmp_path / name)
        assert open_picture(tmp_path / name).mode == "RGB"


def parquet(path, rows, row_group_size=2):
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(rows), path, row_group_size=row_group_size
    )
    return path


def with_bytes(data, number):
    image = {"bytes": data, "path": f"{number}.jpg"}
    return PREFERENCE | {"ds_name": "RLAIF-V", "image": image, "idx": str(number)}


def test_parquet_shards_hold_their_pictures(tmp_path, photographs):
    data = [(photographs / name).read_bytes() for name in PHOTOGRAPHS]
    parquet(tmp_path / "b.parquet", [with_bytes(data[2], 9)])
    parquet(tmp_path / "a.parquet", [with_bytes(data[n % 3], n) for n in range(5)])
    rows = read_preferences(tmp_path)
    assert [row.id for row in rows] == ["a-0", "a-1", "a-2", "a-3", "a-4", "b-9"]
    assert rows[5].picture().size == rows[2].picture().size == (512, 512)
    assert rows[0].picture().size == (1000, 667)
    assert (rows[3].prompt, rows[3].chosen) == ("What is it?", "A camera.")
    assert len({row.image_key for row in rows}) == 6
    assert [row.id for row in rows[1:3]] == ["a-1", "a-2"]
    with pytest.raises(IndexError):
        rows[6]


def test_a_row_without_bytes_takes_the_file_that_it_names(tmp_path, photographs):
    shutil.copy(photographs / PHOTOGRAPHS[2], tmp_path / "1.jpg")
    file = parquet(tmp_path / "rows.parquet", [with_bytes(None, 1), with_bytes(None, 2)])
    rows = read_preferences(file)
    assert rows[0].picture().size == (512, 512)
    with pytest.raises(PictureError, match=r"2\.jpg"):
        rows[1].picture()


def test_broken_bytes_are_that_row_s_fault(tmp_path):
    rows = read_preferences(parquet(tmp_path / "rows.parquet", [with_bytes(b"torn", 1)]))
    with pytest.raises(PictureError, match=r"rows\.parquet, row 1"):
        rows[0].picture()


def test_json_lines_name_their_pictures(written, photographs):
    lines = [PREFERENCE | {"image": PHOTOGRAPHS[2]}, PREFERENCE | {"image_path": PHOTOGRAPHS[0]}]
    rows = read_preferences(written(lines, "rows.jsonl"), photographs)
    assert [row.picture().width for row in rows] == [512, 1000]
    assert rows[0].rejected == "A cat."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (PREFERENCE, "names no picture"),
        ({"image": "x.png", "question": "?", "chosen": "a"}, "rejected"),
        ({"image": 3}, "question|image"),
    ],
)
def test_a_malformed_line_is_named(line, message, written):
    file = written([PREFERENCE | {"image": "x.png"}, line], "rows.jsonl")
    with pytest.raises(TrainingError, match=rf"rows\.jsonl, row 2.*({message})"):
        read_preferences(file)


def test_a_malformed_cell_or_a_missing_column_of_parquet_is_named(tmp_path):
    rows = [with_bytes(b"", 1), with_bytes(b"", 2) | {"chosen": None}]
    with pytest.raises(TrainingError, match=r"rows\.parquet, row 2: chosen"):
        read_preferences(parquet(tmp_path / "rows.parquet", rows))
    with pytest.raises(TrainingError, match="no column rejected, image"):
        read_preferences(parquet(tmp_path / "few.parquet", [{"question": "?", "chosen": "a"}]))
    (tmp_path / "bad.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(TrainingError, match=r"bad\.parquet is no parquet file"):
        read_preferences(tmp_path / "bad.parquet")


@pytest.mark.parametrize("name", ["none.jsonl", "none.parquet", "folder"])
def test_what_is_not_there_is_said(name, tmp_path):
    with pytest.raises(TrainingError, match=r"none|folder"):
        read_preferences(tmp_path / name)
