"""A picture comes from whatever a program has."""

import io

import numpy as np
import pytest
from PIL import Image

from recsys.errors import LinkError, PictureError
from recsys.images import source
from recsys.images.source import load_picture, load_pictures

PIXELS = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)


def png(pixels=PIXELS):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ein Bild ü.png"
    path.write_bytes(png())
    return path


def test_a_path_is_read_as_text_and_as_path(file, monkeypatch):
    for path in (file, str(file)):
        assert np.array_equal(load_picture(path), PIXELS)
    monkeypatch.chdir(file.parent)
    assert np.array_equal(load_picture(file.name), PIXELS)


@pytest.mark.parametrize("as_bytes", [bytes, bytearray, memoryview])
def test_the_bytes_of_a_file_are_decoded(as_bytes):
    assert np.array_equal(load_picture(as_bytes(png())), PIXELS)


def test_a_pillow_image_is_returned_itself():
    image = Image.fromarray(PIXELS)
    assert load_picture(image) is image


@pytest.mark.parametrize(
    ("pixels", "mode"),
    [(PIXELS, "RGB"), (PIXELS / 255, "RGB"), ((PIXELS / 255).astype(np.float32), "RGB"), (PIXELS[..., 0], "L"),
     (PIXELS[..., :1], "L"), (np.dstack((PIXELS, PIXELS[..., :1])), "RGBA")],
    ids=["uint8", "float64", "float32", "grey", "one channel", "alpha"],
)  # fmt: skip
def test_an_array_is_a_picture_of_its_pixels(pixels, mode):
    image = load_picture(pixels)
    assert (image.mode, image.size) == (mode, (4, 6))
    expected = pixels if pixels.dtype == np.uint8 else PIXELS
    assert np.array_equal(np.asarray(image), expected[..., 0] if expected.shape[2:] == (1,) else expected)


@pytest.mark.parametrize(
    "pixels",
    [np.full((2, 2), np.nan), PIXELS.astype(np.int32), PIXELS / 50, PIXELS[..., :2], PIXELS[0, 0], PIXELS[None],
     PIXELS[:0]],
    ids=["not a number", "int32", "floats above 1", "two channels", "one dimension", "four dimensions", "empty"],
)  # fmt: skip
def test_an_array_of_other_numbers_or_shape_is_refused_with_both(pixels):
    with pytest.raises(PictureError, match=r"uint8, or floats from 0 to 1.*got \w+ \["):
        load_picture(pixels)


def test_a_link_is_fetched_and_decoded(monkeypatch):
    monkeypatch.setattr(source, "fetch", lambda url: {"https://shop.example/x.png": png()}[url.strip()])
    assert np.array_equal(load_picture("https://shop.example/x.png"), PIXELS)
    assert np.array_equal(load_picture(" https://shop.example/x.png\n"), PIXELS)


@pytest.mark.parametrize("link", ["http://127.0.0.1/x.png", "HTTP://localhost/x.png"])
def test_a_link_of_a_program_is_guarded_like_one_of_a_visitor(link):
    with pytest.raises(LinkError, match="not on the public internet"):
        load_picture(link)


def test_a_missing_file_is_named():
    for path in ("docs/shrt.jpg", "no such folder/x.jpg", "ftp://a.b/x.jpg"):
        with pytest.raises(PictureError, match=rf"no file '{path}'. Give the path of a JPEG, .* or an http\(s\) link"):
            load_picture(path)


def test_a_folder_and_an_impossible_name_are_named(tmp_path):
    with pytest.raises(PictureError, match="is a folder"):
        load_picture(tmp_path)
    for name in ("a\0b.png", "x" * 5000):
        with pytest.raises(PictureError, match=r"x\.\.\.|is not a path|no file"):
            load_picture(name)


@pytest.mark.parametrize("thing", [None, 5, ["x.png"], {"path": "x.png"}, object()], ids=repr)
def test_other_types_are_refused(thing):
    with pytest.raises(PictureError, match="A picture is a Pillow image, the path or the bytes of a file"):
        load_picture(thing)


def test_a_file_that_is_no_picture_says_so(tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(PictureError, match="a PDF document"):
        load_picture(str(tmp_path / "x.pdf"))


def test_the_message_gives_the_place_of_the_bad_picture_among_several(file):
    assert [image.size for image in load_pictures([file, png(), PIXELS])] == [(4, 6)] * 3
    with pytest.raises(PictureError, match=r"Picture 1: There is no file 'gone\.png'"):
        load_pictures([file, "gone.png"])
    with pytest.raises(LinkError, match="Picture 0: "):
        load_pictures(["http://127.0.0.1/x.png"])
