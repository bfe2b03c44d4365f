"""Pictures in requests, as uploads and links: accepted formats, refused files, and the life of an upload."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys.errors import PictureError
from recsys.web.server.uploads import GIVE_ONE, MAX_BYTES, NO_DATA_URLS, NOT_HERE, UNREADABLE, read_picture
from testkit.fake_shop import draw, encoded, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")
META = {"_type": "gradio.FileData"}
ACCEPTED = "Give a (complete )?JPEG, PNG"


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture
def ask(ask_by_position):
    return ask_by_position


def odd_pictures():
    transparent = RED_DRESS.convert("RGBA")
    white = np.all(np.asarray(RED_DRESS) == 255, axis=2)
    pixels = np.asarray(transparent).copy()
    pixels[white] = (0, 0, 0, 0)
    deep = Image.fromarray(np.asarray(RED_DRESS.convert("L")).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = RED_DRESS.transpose(Image.Transpose.ROTATE_90)
    other = draw("Handbags", "#222222")
    return {
        "grey": encoded(RED_DRESS.convert("L")),
        "palette": encoded(RED_DRESS.convert("P")),
        "CMYK": encoded(RED_DRESS.convert("CMYK"), "JPEG"),
        "16-bit": encoded(deep),
        "transparent": encoded(Image.fromarray(pixels)),
        "EXIF-rotated": encoded(sideways, "JPEG", exif=exif),
        "animated": encoded(RED_DRESS, "GIF", save_all=True, append_images=[other]),
        "WebP": encoded(RED_DRESS, "WEBP"),
        "AVIF": encoded(RED_DRESS, "AVIF"),
        "TIFF": encoded(RED_DRESS, "TIFF"),
        "1×1": encoded(Image.new("RGB", (1, 1), "red")),
    }


def bad_pictures():
    jpeg = encoded(RED_DRESS.resize((600, 800)), "JPEG")
    return {
        "text": b"not a picture at all",
        "empty": b"",
        "truncated": jpeg[: len(jpeg) // 2],
        "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "64 megapixels": encoded(Image.new("1", (8000, 8000))),
    }


class TestPicturesThatComeIn:
    @pytest.mark.parametrize("kind", odd_pictures())
    def test_an_odd_picture_works(self, ask, upload, kind):
        matches = ask("recommend", upload(odd_pictures()[kind]), 2)["matches"]
        assert len(matches) == 2
        if kind != "1×1":
            assert {match["attributes"]["articleType"] for match in matches} == {"Dresses"}

    @pytest.mark.parametrize("kind", bad_pictures())
    def test_a_bad_picture_is_refused_with_what_is_accepted(self, ask, upload, uploads, kind):
        message = ask("recommend", upload(bad_pictures()[kind], "x.jpg"))
        assert re.search(ACCEPTED, message)
        assert str(uploads) not in message and "Traceback" not in message

    def test_a_file_over_the_limit_is_refused_at_the_door(self, web):
        answer = web.post("gradio_api/upload", files={"files": ("x.jpg", bytes(MAX_BYTES + 1))})
        assert answer.status_code == 413

    @pytest.mark.parametrize("meta", [{}, {"meta": META}], ids=["without meta", "with meta"])
    def test_no_other_file_of_the_server_is_opened(self, ask, upload, uploads, tmp_path, meta):
        outside = tmp_path / "secret.png"
        outside.write_bytes(encoded(RED_DRESS))
        beside = uploads / "deep_links" / "secret.png"
        beside.parent.mkdir(exist_ok=True)
        beside.write_bytes(encoded(RED_DRESS))
        up = upload(encoded(RED_DRESS))["path"]
        for path in ("/etc/passwd", str(outside), str(beside), f"{Path(up).parent}/../../{outside}", "nope", ""):
            message = ask("recommend", {"path": path} | meta)
            assert message in (NOT_HERE, GIVE_ONE)
        assert outside.exists() and beside.exists()

    def test_a_file_hidden_in_another_value_is_not_touched(self, ask, upload, tmp_path):
        outside = tmp_path / "secret.png"
        outside.write_bytes(encoded(RED_DRESS))
        message = ask("recommend", upload(encoded(RED_DRESS)), 5, {"gender": {"path": str(outside), "meta": META}})
        assert message.startswith("where is a filter")
        assert outside.exists()

    @pytest.mark.parametrize(
        "value",
        [None, "", 7, [1], {}, {"path": None}, {"path": 5, "meta": META}, {"path": "x", "meta": 5}, {"url": []}],
        ids=repr,
    )
    def test_what_is_no_picture_is_told_so(self, ask, value):
        assert ask("recommend", value) in (GIVE_ONE, NOT_HERE)

    def test_a_request_that_cannot_be_read_is_told_so(self, ask):
        nested = []
        for _ in range(400):
            nested = [nested]
        assert ask("recommend", {"path": "x", "meta": META, "size": nested}) in (NOT_HERE, UNREADABLE)

    @pytest.mark.parametrize("value", ["data:image/png;base64,AAAA", {"path": None, "url": "data:image/png;base64,A"}])
    def test_a_data_url_is_refused(self, ask, value):
        assert ask("recommend", value) == NO_DATA_URLS

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]"])
    def test_a_link_into_a_private_network_is_refused(self, ask, host):
        for value in (
            f"http://{host}/x.jpg",
            {"path": f"http://{host}/x.jpg", "meta": META},
            {"url": f"http://{host}/"},
        ):
            message = ask("recommend", value)
            assert "give an http or https link" in message

    def test_a_link_is_followed_by_our_own_fetch_alone(self, ask, monkeypatch):
        asked = []

        def fetch(url):
            asked.append(url)
            return encoded(RED_DRESS)

        monkeypatch.setattr("recsys.web.server.uploads.fetch", fetch)
        link = "https://example.com/dress.png"
        for value in (link, {"path": link, "meta": META}, {"path": None, "url": link}):
            assert ask("recommend", value, 1)["matches"][0]["attributes"]["articleType"] == "Dresses"
        assert asked == [link] * 3

    def test_an_upload_is_removed_soon_after_its_use(self, server, ask, upload, monkeypatch):
        monkeypatch.setattr("recsys.web.server.uploads.USED_UPLOAD_LIFE_S", 0.1)
        picture = upload(encoded(RED_DRESS), "mine.png")
        assert Path(picture["path"]).exists()
        ask("recommend", picture)
        for _ in range(50):
            if not Path(picture["path"]).exists():
                break
            time.sleep(0.1)
        assert not Path(picture["path"]).exists()
        assert not any("mine.png" in name for name in server.upload_file_set)
        assert ask("recommend", picture) == NOT_HERE

    def test_an_upload_that_was_sent_again_is_left_to_the_later_request(self, server, uploads):
        file = uploads / ("0" * 64) / "x.png"
        file.parent.mkdir()
        file.write_bytes(b"1")
        server._delete(file, used=file.stat().st_ctime - 1)
        assert file.exists()
        server._delete(file, used=file.stat().st_ctime)
        assert not file.parent.exists()

    def test_a_picture_from_outside_the_upload_folder_is_refused_by_the_reader_itself(self, tmp_path):
        (tmp_path / "x.png").write_bytes(encoded(RED_DRESS))
        with pytest.raises(PictureError, match="not uploaded here"):
            read_picture({"path": str(tmp_path / "x.png")})
