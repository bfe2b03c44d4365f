"""The frame on the picture: drawn by touch, moved, resized, and set by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.steps import cards, choose, press, unfold


def places(page):
    """The frame's edges as shares of the picture."""
    frame, veil = page.locator(".veil i").bounding_box(), page.locator(".veil").bounding_box()
    left, top = (frame[at] - veil[at] for at in ("x", "y"))
    width, height = veil["width"], veil["height"]
    return (left / width, top / height, (left + frame["width"]) / width, (top + frame["height"]) / height)


def drag(page, start, end):
    veil = page.locator(".veil")
    veil.scroll_into_view_if_needed()
    box = veil.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()


def test_a_frame_is_moved_and_resized(visit, photo):
    page = visit()
    choose(page, photo)
    drag(page, (0.2, 0.2), (0.6, 0.6))
    expect(page.locator("#part")).to_contain_text("part in the frame")
    assert places(page) == pytest.approx((0.2, 0.2, 0.6, 0.6), abs=0.03)
    drag(page, (0.4, 0.4), (0.6, 0.5))
    page.wait_for_function("document.querySelector('#part [data-frame]').dataset.frame.startsWith('0.4')")
    assert places(page) == pytest.approx((0.4, 0.3, 0.8, 0.7), abs=0.03)
    drag(page, (0.8, 0.7), (0.95, 0.95))
    page.wait_for_function("document.querySelector('#part [data-frame]').dataset.frame.split(' ')[3] > 0.9")
    assert places(page) == pytest.approx((0.4, 0.3, 0.95, 0.95), abs=0.04)


def test_a_part_is_framed_by_keyboard_alone(visit, pair):
    page = visit()
    page.set_input_files("#picture input[type=file]", pair)
    page.locator("#part").get_by_role("button", name="Frame a part").press("Enter")
    expect(page.locator(".veil i")).to_be_focused()
    for key in ["Shift+ArrowLeft"] * 8 + ["ArrowRight"] * 13:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(cards(page).first.locator(".facts")).to_contain_text("Handbags")
    press(page.locator("#part"), "Whole picture")
    expect(page.locator(".veil i")).to_be_hidden()


def test_a_tall_thing_is_framed_by_touch(visit, photo):
    page = visit("phone", has_touch=True)
    choose(page, photo)
    unfold(page)
    page.locator(".veil").scroll_into_view_if_needed()
    box = page.locator(".veil").bounding_box()
    touch = page.context.new_cdp_session(page)
    points = [(box["x"] + 0.3 * box["width"], box["y"] + y * box["height"]) for y in (0.1, 0.3, 0.6, 0.9)]
    points = [(x + 0.08 * number * box["width"], y) for number, (x, y) in enumerate(points)]
    for kind, (x, y) in zip(["touchStart", "touchMove", "touchMove", "touchMove"], points, strict=True):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#part")).to_contain_text("part in the frame")
    left, top, right, bottom = map(float, page.locator("#part [data-frame]").get_attribute("data-frame").split())
    assert (left, top, right, bottom) == pytest.approx((0.3, 0.1, 0.54, 0.9), abs=0.04)
