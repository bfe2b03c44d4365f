"""HEIC photos, as iPhones save them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from PIL.Image import Transpose

from recsys.images.decode import decode
from recsys.images.heif import is_heif
from tests.support.pictures import READABLE, RED, encoded, is_close, is_two_halves, two_halves


def test_a_photo_of_a_phone_on_its_side_is_put_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lying = two_halves((200, 100)).transpose(Transpose.ROTATE_90)

    found = decode(encoded(lying, "HEIF", quality=95, exif=exif.tobytes()))

    assert found.size == (200, 100) and is_close(found, (25, 50), RED, 20)
    assert found.info == {}


def test_the_preview_in_a_photo_is_not_taken_for_the_photo() -> None:
    large = two_halves((1400, 1300))

    found = decode(encoded(large, "HEIF", quality=60, thumbnails=[700]))

    assert found.size == (700, 650) and is_close(found, (100, 100), RED, 20)


def test_a_transparent_photo_is_on_white() -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))

    assert is_close(decode(encoded(clear, "HEIF", quality=95)), (32, 32), (255, 255, 255), 6)


def test_a_photo_with_several_pictures_is_its_main_one() -> None:
    others = {"save_all": True, "append_images": [Image.new("RGB", (9, 9))]}

    assert is_two_halves(decode(encoded(two_halves(), "HEIF", quality=95, chroma="444", **others)))


@pytest.mark.parametrize("kind", ["avif", "jpeg", "png"])
def test_other_formats_are_none(kind: str) -> None:
    assert is_heif(READABLE["heic"]()) and not is_heif(READABLE[kind]())


def test_the_library_is_imported_at_the_first_photo(tmp_path: Path) -> None:
    (tmp_path / "photo.heic").write_bytes(READABLE["heic"]())
    (tmp_path / "photo.jpg").write_bytes(READABLE["jpeg"]())
    script = f"""
import sys
from pathlib import Path
from recsys.images.decode import decode
decode(Path({str(tmp_path)!r}) / "photo.jpg")
assert "pillow_heif" not in sys.modules
decode(Path({str(tmp_path)!r}) / "photo.heic")
assert "pillow_heif" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
