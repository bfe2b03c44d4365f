"""Bringing a picture, and pointing to a part of it."""

from __future__ import annotations

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from testkit.fake_shop import HOSTILE_NAME, draw, encoded
from tests.browser.steps import cards, choose, heading, ids, press, status, tick, unfold

AS_LARGE = "document.querySelector('.veil').offsetWidth > document.querySelector('#picture img').offsetWidth - 4"
"""The layer with the frame is as large as the unfolded picture, which it is when the browser draws both."""


class TestOnEveryScreen:
    def test_an_uploaded_photo_is_answered_where_the_visitor_looks(self, page, photo):
        choose(page, photo)
        expect(cards(page)).to_have_count(20)
        expect(page.locator("#cards .facts").first).to_contain_text("Dresses · Red")
        expect(page.locator("#cards .similarity").first).to_have_text("similarity 1.00")
        expect(heading(page)).to_be_in_viewport()

    def test_a_photo_of_the_camera_is_answered(self, page):
        press(page, "Take a photo")
        page.wait_for_function("document.querySelector('#picture video')?.videoWidth > 0")
        press(page, "Take this photo")
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(cards(page)).to_have_count(20)

    def test_a_part_of_a_picture_can_be_pointed_to_in_three_ways(self, page, pair):
        first, veil, frame = (
            cards(page).first.locator(".facts"),
            page.locator("#picture .veil"),
            page.locator(".veil i"),
        )
        choose(page, pair)
        whole = ids(page)
        unfold(page)
        expect(frame).to_be_hidden()
        expect(page.locator(".veil b")).to_have_text(["1", "2"])

        veil.scroll_into_view_if_needed()
        size = veil.bounding_box()
        veil.click(position={"x": 0.24 * size["width"], "y": size["height"] / 2})
        expect(first).to_contain_text("Dresses · Red")
        unfold(page)
        expect(frame).to_be_visible()
        press(page.locator("#part"), "Whole picture")
        expect(page.locator("#part")).to_contain_text("Searched with the whole picture")
        unfold(page)
        expect(frame).to_be_hidden()
        assert ids(page)[:2] == whole[:2]

        veil.scroll_into_view_if_needed()
        size = veil.bounding_box()
        for step, (x, y) in enumerate([(0.56, 0.1), (0.8, 0.5), (0.98, 0.95)]):
            page.mouse.move(size["x"] + x * size["width"], size["y"] + y * size["height"])
            page.mouse.down() if step == 0 else None
        page.mouse.up()
        expect(first).to_contain_text("Handbags · Navy Blue")
        expect(page.locator("#part [data-frame]")).to_have_attribute("data-frame", re.compile("^0.5"))
        unfold(page)
        page.wait_for_function(AS_LARGE)
        drawn, shown = frame.bounding_box(), veil.bounding_box()
        assert drawn["x"] == pytest.approx(shown["x"] + 0.56 * shown["width"], abs=4)
        assert drawn["width"] == pytest.approx(0.42 * shown["width"], abs=4)

        page.locator("#part").get_by_role("button", name=re.compile("1")).click()
        expect(first).to_contain_text("Dresses · Red")
        unfold(page)
        page.locator("#part").get_by_role("button", name=re.compile("2")).click()
        expect(first).to_contain_text("Handbags · Navy Blue")

    def test_where_nothing_is_close_the_nearest_are_offered_all_the_same(self, calibrated, monkeypatch, page, tmp_path):
        monkeypatch.setattr(calibrated.encoder, "sees", {"articleType": {HOSTILE_NAME: 0.8, "Dresses": 0.2}})
        Image.new("RGB", (240, 320), "black").save(tmp_path / "black.png")
        page.set_input_files("#picture input[type=file]", tmp_path / "black.png")
        expect(heading(page)).to_have_text("No close match in this shop")
        expect(status(page)).to_have_text("These come nearest: 20 of 60 products")
        expect(page.locator("#heading .tools")).to_contain_text(HOSTILE_NAME)
        expect(cards(page)).to_have_count(20)
        tick(page, "Gender", "Women")
        expect(heading(page)).to_have_text("No close match with these filters")
        expect(page.locator(".toast-body")).to_have_count(0)


class TestOnOneScreen:
    def test_an_example_runs_on_click_and_is_shown(self, visit):
        page = visit()
        page.locator("#examples button").nth(2).click()
        expect(heading(page)).to_have_text("Closest to your picture")
        expect(page.locator("#picture img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
        expect(page.locator("#cards .similarity").first).to_have_text("similarity 1.00")

    def test_a_pasted_picture_is_answered_and_can_be_taken_away(self, visit):
        page = visit()
        page.evaluate(
            """async bytes => navigator.clipboard.write(
                [new ClipboardItem({"image/png": new Blob([new Uint8Array(bytes)], {type: "image/png"})})])""",
            list(encoded(draw("Dresses", "#b3262e"))),
        )
        page.bring_to_front()
        page.wait_for_function("navigator.clipboard.read().then(([item]) => item.types.includes('image/png'))")
        page.get_by_label("Paste from clipboard").click()
        expect(heading(page)).to_have_text("Closest to your picture")
        press(page, "Remove the picture")
        expect(heading(page)).to_have_text("From the shop")
        expect(page.locator("#part .focus")).to_have_count(0)

    def test_a_link_into_the_own_network_is_refused_in_a_sentence(self, visit):
        page = visit()
        page.get_by_placeholder("Paste a link to a picture").fill("http://127.0.0.1/x.jpg")
        press(page, "Search")
        expect(page.locator("#link .problem")).to_contain_text("not on the public internet")

    def test_a_bad_file_is_refused_in_a_sentence_and_leaves_no_trace(self, visit, tmp_path):
        (tmp_path / "bad.jpg").write_text("no picture")
        page = visit("phone")
        page.set_input_files("#picture input[type=file]", tmp_path / "bad.jpg")
        expect(page.locator("#picture .problem")).to_contain_text("not a readable picture")
        expect(page.locator("#picture img")).to_have_count(0)
        expect(heading(page)).to_have_text("From the shop")
