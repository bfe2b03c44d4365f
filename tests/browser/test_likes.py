"""Likes: what they do on the page, and where they are kept."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, ids, like, look_closer, press


def way(page, name):
    return page.locator("#taste").get_by_role("button", name=name, exact=True)


def kept(page):
    return page.evaluate("Object.values(localStorage).map(JSON.parse).find(value => value.liked)")


def test_likes_give_a_row_and_can_be_undone_and_cleared(page):
    row = page.locator("#taste .strip a")
    expect(way(page, "Undo")).to_be_hidden()
    first = like(page, 1)
    expect(row).to_have_count(6)
    assert first not in row.evaluate_all("links => links.map(link => link.dataset.item)")
    name = look_closer(page, 3)
    no = dialog(page).get_by_role("button", name=f"Not for me: {name}")
    no.click()
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#taste .hint")).to_contain_text("1 liked, 1 not for you")
    page.keyboard.press("Escape")
    row.first.click()
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("Escape")
    way(page, "Undo").press("Enter")
    expect(page.locator("#taste .hint")).not_to_contain_text("not for you")
    expect(way(page, "Undo")).to_be_focused()
    way(page, "Clear").click()
    expect(row).to_have_count(0)
    assert kept(page) == {"liked": [], "disliked": []}
    way(page, "Undo").click()
    expect(row).to_have_count(6)
    assert kept(page) == {"liked": [first], "disliked": []}


def heart(page, number):
    return cards(page).nth(number).locator("[data-opinion=liked]")


def test_likes_move_an_answer_and_what_is_liked_keeps_its_place(visit, photo):
    page = visit()
    choose(page, photo)
    before = ids(page)
    heart(page, 4).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#heading .moved")).to_contain_text("Moved by your likes")
    expect(heart(page, 4)).to_have_attribute("aria-pressed", "true")

    expect(heart(page, 4)).to_be_focused()
    assert ids(page)[4] == before[4] and ids(page) != before
    expect(page.locator("body > [role=status]")).to_contain_text("Closest to your picture")
    press(page.locator("#heading"), "Switch off")
    expect(page.locator("#heading .moved")).to_contain_text("Your likes are off")
    assert ids(page) == before
    expect(heart(page, 4)).to_have_attribute("aria-pressed", "true")
    press(page.locator("#heading"), "Switch on")
    expect(page.locator("#heading .moved")).to_contain_text("Moved by your likes")
    for _ in range(3):
        way(page, "Undo").click()
    expect(page.locator("#taste h2")).to_have_count(0)
    assert ids(page) == before


def test_what_was_liked_is_found_again_compared_and_removed(page):
    names = [cards(page).nth(place).locator(".name").get_attribute("title") for place in (0, 2)]
    like(page, 0)
    heart(page, 2).click()
    sheet = page.locator(".sheet.liked[open]")
    press(page.locator("#heading"), "Liked (2)")
    expect(sheet.locator("thead .name")).to_have_text(names[::-1])
    expect(page).to_have_url(re.compile("liked=1"))
    sheet.locator("thead a[data-item]").first.click()
    expect(page.locator("#product-name")).to_have_text(names[1])
    page.go_back()
    expect(page.locator("#product dialog")).to_have_count(0)
    expect(sheet).to_be_visible()
    sheet.locator("[data-opinion=liked]").first.click()
    expect(sheet.locator("thead .name")).to_have_text(names[:1])
    page.go_back()
    expect(sheet).to_have_count(0)
    expect(page).not_to_have_url(re.compile("liked=1"))


def test_two_tabs_keep_their_likes_in_step(visit):
    one, other = visit(), visit()
    first = like(one, 0)
    expect(other.locator(f'#cards [data-opinion=liked][data-id="{first}"]')).to_have_attribute("aria-pressed", "true")
    second = like(other, 1)
    expect(one.locator(f'#cards [data-opinion=liked][data-id="{second}"]')).to_have_attribute("aria-pressed", "true")
    assert kept(one) == {"liked": [first, second], "disliked": []}


def test_a_like_of_another_kind_moves_no_answer(visit, photo):
    page = visit()
    choose(page, photo)
    before = ids(page)[:10]
    page.go_back()
    expect(heading(page)).to_have_text("From the shop")
    cards(page).filter(has_text="Watches").first.locator("[data-opinion=liked]").click()
    expect(page.locator("#taste h2")).to_be_visible()
    choose(page, photo)
    expect(page.locator("#cards .similarity").first).to_have_text("similarity 1.00")
    assert ids(page)[:10] == before


def test_likes_live_in_the_browser_alone_and_can_be_carried_in_a_file(visit, tmp_path):
    page = visit()
    requests = []
    page.on("request", lambda request: requests.append(f"{request.all_headers()} {request.post_data or ''}"))
    chosen = like(page, 1)
    look_closer(page, 2)
    page.keyboard.press("Escape")
    assert any(f'{{"liked":["{chosen}"],"disliked":[]}}' in request for request in requests)
    assert not any("For you" in request or "Look closer" in request for request in requests)
    assert not page.context.cookies()

    page.reload()
    expect(page.locator("#taste .strip a")).to_have_count(6)
    expect(page.locator(f'[data-opinion=liked][data-id="{chosen}"][aria-pressed=true]').first).to_be_attached()

    with page.expect_download() as download:
        way(page, "Save to a file").click()
    download.value.save_as(tmp_path / "likes.json")
    assert json.loads((tmp_path / "likes.json").read_text("utf-8")) == {"liked": [chosen], "disliked": []}
    way(page, "Clear").click()
    expect(page.locator("#taste h2")).to_have_count(0)
    (tmp_path / "no.json").write_text("no likes")
    page.set_input_files("#taste input[type=file]", tmp_path / "no.json")
    expect(page.locator("#taste")).to_contain_text("This is not a file of likes")
    page.set_input_files("#taste input[type=file]", tmp_path / "likes.json")
    expect(page.locator("#taste .strip a")).to_have_count(6)
    assert kept(page) == {"liked": [chosen], "disliked": []}
    expect(cards(page).first).to_be_visible()


def test_a_visit_with_likes_keeps_the_form_of_the_start_page(visit):
    page = visit()
    like(page)
    waiting = []
    page.route("**/queue/join*", lambda route: waiting.append(route))
    page.reload()
    expect(page.locator("#cards .pending")).to_be_attached()
    expect(page.locator("#examples button").first).to_be_visible()
    expect(page.locator("#heading [data-kind]")).to_have_attribute("data-kind", "window")
    assert waiting
    page.unroute("**/queue/join*")
    expect(page.locator("#taste h2")).to_be_visible()
    expect(page.locator("#cards .pending")).to_have_count(0)
    assert (
        page.locator("#heading .heading").evaluate("heading => parseFloat(getComputedStyle(heading).marginBottom)") < 20
    )
