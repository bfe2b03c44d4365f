"""Giving a picture: from the clipboard, by a drop anywhere, and made small before it is sent."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from testkit.fake_shop import draw, encoded
from tests.browser.steps import cards, choose, heading, ids

DROP = """([kind, name, bytes]) => {
    const data = new DataTransfer();
    if (bytes) data.items.add(new File([new Uint8Array(bytes)], name, { type: kind }));
    else data.setData(kind, name);
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""
PASTE = DROP.replace("DragEvent(type, { dataTransfer", "ClipboardEvent(type, { clipboardData").replace(
    '["dragover", "drop"]', '["paste"]'
)


KEEP_SENT = """() => { const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (form) { window.sent = form.get("files"); send.call(this, form); } }"""
SENT = "sent.arrayBuffer().then((buffer) => [...new Uint8Array(buffer)])"


def test_a_large_photo_is_sent_small_upright_and_without_its_place(visit, tmp_path):
    photo = draw("Dresses", "#b3262e").resize((3000, 4000)).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    photo.save(tmp_path / "phone.jpg", exif=exif)
    page = visit("phone")
    page.evaluate(KEEP_SENT)
    choose(page, tmp_path / "phone.jpg")
    data = bytes(page.evaluate(SENT))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (768, 1024) and not picture.getexif()
    assert len(data) <= 80_000
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses · Red")
    expect(page.locator("#picture img")).to_have_attribute("src", re.compile("^blob:"))


def test_the_picture_stays_in_sight_and_the_rest_is_a_touch_away(visit, photo):
    page = visit("phone", has_touch=True)
    expect(cards(page).first).to_be_in_viewport()
    expect(page.get_by_role("button", name="Take a photo")).to_be_in_viewport()
    choose(page, photo)
    cards(page).last.scroll_into_view_if_needed()
    expect(page.locator("#picture img")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Choose a picture")).to_be_hidden()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("button", name="Choose a picture")).to_be_visible()


@pytest.mark.parametrize("way", [DROP, PASTE], ids=["drop", "paste"])
def test_a_picture_can_be_dropped_and_pasted_anywhere(visit, way):
    page = visit()
    page.evaluate(way, ["image/png", "dress.png", list(encoded(draw("Dresses", "#b3262e")))])
    expect(heading(page)).to_have_text("Closest to your picture")
    assert len(ids(page)) == 20
    page.evaluate(way, ["text/plain", "just words", None])
    page.evaluate(way, ["text/html", '<img src="http://127.0.0.1/x.jpg">', None])
    expect(page.locator("body")).to_contain_text("not on the public internet")
