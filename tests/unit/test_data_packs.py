import hashlib
import io
import json

import msgspec
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnibench.data.pack import DiskPack, rows_hash
from omnibench.data.replies import check_replies, read_replies
from omnibench.data.verify import check_hash
from omnibench.errors import ImageError, OmnibenchError


class Row(msgspec.Struct):
    id: str
    question: str
    image: str | None = None


HEADER = 'task = "pope"\nname = "p"\nrows = 1\nrows_sha256 = "x"\nsource = ""\nlicence = ""\n'


def png(colour, size=(8, 6)):
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def write_header(folder, files, rows, **changes):
    header = {
        "task": "pope",
        "name": "p",
        "rows": rows,
        "rows_sha256": rows_hash(files),
        "source": "test",
        "licence": "none",
    } | changes
    (folder / "pack.toml").write_text(
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in header.items())
    )


def json_pack(folder, lines, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in lines))
    write_header(folder, [file], **{"rows": len(lines)} | changes)
    return folder


def parquet_pack(folder, shards, row_group_size=3):
    """Shards of (id, question, image bytes or None) in the hub's schema."""
    folder.mkdir(parents=True)
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("id", pa.string()), ("question", pa.string()), ("image", image)])
    files = []
    for number, rows in enumerate(shards):
        cells = [
            {"id": i, "question": q, "image": None if d is None else {"bytes": d, "path": None}}
            for i, q, d in rows
        ]
        file = folder / f"rows-{number:05d}.parquet"
        pq.write_table(pa.Table.from_pylist(cells, schema), file, row_group_size=row_group_size)
        files.append(file)
    write_header(folder, files, sum(map(len, shards)))
    return folder


def test_json_rows_come_in_order_and_extra_columns_are_left_alone(tmp_path):
    rows = [{"id": str(i), "question": "q", "extra": [1]} for i in range(5)]
    pack = DiskPack(json_pack(tmp_path / "p", rows))
    assert [row.id for row in pack.rows(Row)] == ["0", "1", "2", "3", "4"]
    assert pack.ids() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": "1"}, "missing required field `question`"),
        ({"id": "1", "question": 5}, "column `question`: Expected `str`, got `int`"),
        ({"question": "q"}, "missing required field `id`"),
    ],
)
def test_a_row_without_its_columns_is_named(tmp_path, row, words):
    pack = DiskPack(json_pack(tmp_path / "p", [{"id": "0", "question": "q"}, row]))
    with pytest.raises(OmnibenchError, match=words) as caught:
        list(pack.rows(Row))
    assert "line 2" in str(caught.value)


def test_an_id_that_stands_twice_is_refused(tmp_path):
    pack = DiskPack(json_pack(tmp_path / "p", [{"id": "7", "question": "q"}] * 2))
    with pytest.raises(OmnibenchError, match="'7' twice"):
        list(pack.rows(Row))


def test_a_wrong_count_is_refused_when_the_pack_is_opened(tmp_path):
    folder = json_pack(tmp_path / "p", [{"id": "0", "question": "q"}], rows=2)
    with pytest.raises(OmnibenchError, match=r"has 1 rows where pack.toml says 2"):
        DiskPack(folder)


def test_a_changed_byte_is_found_by_the_hash(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNIBENCH_CACHE", str(tmp_path / "cache"))
    folder = json_pack(tmp_path / "p", [{"id": "0", "question": "q"}])
    check_hash(DiskPack(folder))
    file = folder / "rows.jsonl"
    file.write_text(file.read_text().replace('"q"', '"Q"'))
    with pytest.raises(OmnibenchError, match="has changed"):
        check_hash(DiskPack(folder))


def test_a_pack_that_passed_is_not_hashed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNIBENCH_CACHE", str(tmp_path / "cache"))
    pack = DiskPack(json_pack(tmp_path / "p", [{"id": "0", "question": "q"}]))
    check_hash(pack)
    monkeypatch.setattr("omnibench.data.verify.rows_hash", lambda files: pytest.fail("hashed"))
    check_hash(pack)


def test_the_hash_of_shards_is_of_their_sorted_hashes(tmp_path):
    files = [tmp_path / "rows-0.parquet", tmp_path / "rows-1.parquet"]
    for file, data in zip(files, (b"one", b"two"), strict=True):
        file.write_bytes(data)
    hashes = sorted(hashlib.sha256(data).hexdigest() for data in (b"one", b"two"))
    assert rows_hash(files) == hashlib.sha256("".join(hashes).encode()).hexdigest()
    assert rows_hash(files[::-1]) == rows_hash(files)


def test_parquet_images_are_read_from_their_cells(tmp_path):
    shards = [
        [(f"a{i}", "q", png((i, 0, 0)) if i % 3 else None) for i in range(8)],
        [(f"b{i}", "q", png((0, i, 0))) for i in range(4)],
    ]
    pack = DiskPack(parquet_pack(tmp_path / "p", shards))
    expected = {row_id: data for shard in shards for row_id, _, data in shard}
    rows = list(pack.rows(Row))
    assert [row.id for row in rows] == list(expected)
    for row in rows:
        if expected[row.id] is None:
            assert row.image is None
        else:
            assert pack.image(row.image).read() == expected[row.id]
            assert pack.image(row.image).open().size == (8, 6)


def test_a_parquet_column_that_is_missing_is_named(tmp_path):
    class Other(msgspec.Struct):
        id: str
        answer: str

    pack = DiskPack(parquet_pack(tmp_path / "p", [[("a", "q", None)]]))
    with pytest.raises(OmnibenchError, match="lacks the column `answer`"):
        list(pack.rows(Other))


def test_a_cut_parquet_file_is_refused(tmp_path):
    folder = parquet_pack(tmp_path / "p", [[("a", "q", png("red"))]])
    file = folder / "rows-00000.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(OmnibenchError, match="not a whole parquet file"):
        DiskPack(folder)


def test_a_pack_may_name_no_file_outside_its_images(tmp_path):
    (tmp_path / "secret.png").write_bytes(png("red"))
    pack = DiskPack(json_pack(tmp_path / "p", [{"id": "0", "question": "q"}]))
    for key in ("../../secret.png", str(tmp_path / "secret.png")):
        with pytest.raises(ImageError, match="outside images/"):
            pack.image(key).read()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('task = "pope"\n', "missing required field"),
        ("no toml at all", "cannot be read"),
        (f"{HEADER}row = 1\n", "unknown field `row`"),
    ],
)
def test_a_header_that_is_off_is_refused(tmp_path, text, words):
    (tmp_path / "pack.toml").write_text(text)
    with pytest.raises(OmnibenchError, match=words):
        DiskPack(tmp_path)


def test_opening_two_hundred_thousand_rows_decodes_none(tmp_path, monkeypatch):
    rows = [{"id": str(i), "question": "q" * 200} for i in range(200_000)]
    folder = json_pack(tmp_path / "p", rows)
    monkeypatch.setattr("omnibench.data.pack.json_rows", lambda *_: pytest.fail("decoded"))
    assert DiskPack(folder).header.rows == 200_000


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ['{"id": "a", "reply": "x"}', '{"id": "a", "reply": "y"}'],
            "line 2: the id 'a' stands twice",
        ),
        (['{"id": "a", "reply": "x"}', '{"id": "b"'], "line 2"),
        (['{"id": "a", "reply": null}'], "line 1"),
    ],
)
def test_a_replies_file_that_is_off_is_refused(tmp_path, lines, words):
    file = tmp_path / "r.jsonl"
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(OmnibenchError, match=words):
        read_replies(file)


def test_replies_and_rows_must_match(tmp_path):
    file = tmp_path / "r.jsonl"
    check_replies(file, ["a", "b", "c"], ["a", "b"], ["a", "b", "c"])
    with pytest.raises(OmnibenchError, match=r"lacks 1 of 2 ids .*'b'"):
        check_replies(file, ["a"], ["a", "b"], ["a", "b"])
    with pytest.raises(OmnibenchError, match=r"1 ids that no row of the pack has .*'z'"):
        check_replies(file, ["a", "z"], ["a"], ["a"])


def hub_pack(folder, rows, toml, gallery=None):
    """A pack as a hub dataset has it: no ids, pictures in the cells or in a table of their own."""
    folder.mkdir()
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    file = folder / "rows-00000.parquet"
    fields = [("question_id", pa.int64()), ("question", pa.string()), ("imageId", pa.string())]
    schema = pa.schema([*fields, ("image", image)])
    pq.write_table(pa.Table.from_pylist(rows, schema), file, row_group_size=2)
    if gallery is not None:
        cells = [{"id": k, "image": {"bytes": v, "path": None}} for k, v in gallery.items()]
        table = pa.Table.from_pylist(cells, pa.schema([("id", pa.string()), ("image", image)]))
        pq.write_table(table, folder / "images-00000.parquet")
    write_header(folder, [file], len(rows))
    with (folder / "pack.toml").open("a") as header:
        header.write(toml)
    return DiskPack(folder)


@pytest.mark.parametrize(
    ("toml", "ids"),
    [
        ('ids = {column = "question_id", numbered = true}\n', ["7#1", "7#2", "8#1"]),
        ("ids = {}\n", ["0", "1", "2"]),
    ],
)
def test_rows_without_an_id_get_one_as_the_header_says(tmp_path, toml, ids):
    rows = [{"question_id": q, "question": "?"} for q in (7, 7, 8)]
    pack = hub_pack(tmp_path / "p", rows, toml)
    assert pack.ids() == ids
    assert [row.id for row in pack.rows(Row)] == ids


def test_a_shared_column_that_is_not_numbered_is_refused(tmp_path):
    rows = [{"question_id": q, "question": "?"} for q in (7, 7)]
    pack = hub_pack(tmp_path / "p", rows, 'ids = {column = "question_id"}\n')
    with pytest.raises(OmnibenchError, match="'7' twice"):
        pack.ids()


def test_without_a_word_in_the_header_rows_need_an_id(tmp_path):
    pack = hub_pack(tmp_path / "p", [{"question_id": 7, "question": "?"}], "")
    with pytest.raises(OmnibenchError, match="lacks the column `id`"):
        pack.ids()


def test_pictures_may_lie_in_a_table_of_their_own(tmp_path):
    rows = [{"question_id": i, "question": "?", "imageId": f"n{i}"} for i in range(3)]
    pictures = {"n0": png("red"), "n1": png("blue")}
    pack = hub_pack(tmp_path / "p", rows, "ids = {}\n", pictures)
    assert pack.image("n1").read() == pictures["n1"]
    with pytest.raises(ImageError, match="n2 is missing"):
        pack.image("n2").read()


def test_equal_pictures_of_a_table_share_a_name(tmp_path):
    pictures = [png("red"), png("red"), png("blue")]
    rows = [
        {"question_id": i, "question": "?", "image": {"bytes": data, "path": None}}
        for i, data in enumerate(pictures)
    ]
    pack = hub_pack(tmp_path / "p", rows, "ids = {}\n")
    names = [pack.picture(row.image) for row in pack.rows(Row)]
    assert names[0] == names[1] != names[2]
    assert pack.picture("a file.png") == "a file.png"
