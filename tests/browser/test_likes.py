"""Likes: what they do on the page, and where they are kept."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, ids, like, look_closer


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


def test_likes_move_an_answer_and_stay_out_of_it(visit, photo):
    page = visit()
    choose(page, photo)
    before = ids(page)
    chosen = like(page, 4)
    expect(page.locator(f'#cards .front > a[data-item="{chosen}"]')).to_have_count(0)
    assert set(ids(page)) != set(before)
    way(page, "Undo").click()
    expect(page.locator("#taste h2")).to_have_count(0)
    assert ids(page) == before


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
