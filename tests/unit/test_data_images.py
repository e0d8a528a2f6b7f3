import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest

from omnibench.data.images import FileImage, decode
from omnibench.errors import ImageError


def encoded(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(mode="RGB", size=(40, 30)):
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return PIL.Image.fromarray(values).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "LA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb_of_the_same_size(mode):
    kind = {"CMYK": "TIFF", "YCbCr": "TIFF"}.get(mode, "PNG")
    picture = decode(encoded(noise(mode), kind), "x")
    assert (picture.mode, picture.size) == ("RGB", (40, 30))


def test_transparent_parts_are_white():
    picture = PIL.Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    picture.putpixel((0, 0), (255, 0, 0, 255))
    seen = decode(encoded(picture), "x")
    assert seen.getpixel((0, 0)) == (255, 0, 0)
    assert seen.getpixel((3, 3)) == (255, 255, 255)


def test_sixteen_bit_grey_is_scaled():
    values = np.array([[0, 65535], [256 * 100, 256 * 7]], dtype=np.uint16)
    seen = np.asarray(decode(encoded(PIL.Image.fromarray(values)), "x"))
    assert seen[..., 0].tolist() == [[0, 255], [100, 7]]


def test_a_picture_is_turned_upright_by_its_exif_orientation():
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(noise(), "JPEG", exif=exif.tobytes()), "x").size == (30, 40)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", encoded(noise())[:200], encoded(noise(), "JPEG")[:300], b"GIF89a"],
    ids=["empty", "text", "cut png", "cut jpeg", "gif header"],
)
def test_what_is_no_whole_picture_is_refused(data):
    with pytest.raises(ImageError, match=r"image x\.png is (empty|truncated|not)") as caught:
        decode(data, "x.png")
    assert "0x" not in str(caught.value)  # an address would differ from run to run


def bomb(width, height):
    """A PNG that claims to be huge."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [11_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side):
    with pytest.raises(ImageError, match=r"over the bound|far too large"):
        decode(bomb(side, side), "bomb.png")


def test_a_missing_file_says_where_it_should_be(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.png is missing"):
        FileImage(tmp_path / "gone.png").open()
