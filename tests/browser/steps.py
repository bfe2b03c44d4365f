"""What a visitor does again and again, and where to look."""

from __future__ import annotations

from playwright.sync_api import expect


def heading(page):
    return page.locator("#heading h2")


def status(page):
    return page.locator("#heading [role=status]")


def cards(page):
    return page.locator("#cards .card")


def dialog(page):
    return page.locator("dialog[open]")


def ids(page):
    """The products shown, in their order."""
    return cards(page).locator(".front > a").evaluate_all("links => links.map(link => link.dataset.item)")


def press(place, name):
    place.get_by_role("button", name=name, exact=True).click()


def choose(page, photo):
    page.set_input_files("#picture input[type=file]", photo)
    expect(heading(page)).to_have_text("Closest to your picture")


def unfold(page):
    """Show the picture and its buttons, which a narrow screen folds into a line after an answer."""
    expect(page.locator("#part .focus")).to_be_attached()
    change = page.get_by_role("button", name="Change", exact=True)
    if change.is_visible() and change.get_attribute("aria-expanded") == "false":
        change.click()
    expect(page.locator("#part .focus")).to_be_visible()


def look_closer(page, number=0):
    """Open the product of a card; its name."""
    cards(page).nth(number).locator(".front > a").click()
    expect(dialog(page)).to_be_visible()
    return dialog(page).locator("h2").inner_text()


def tick(page, attribute, value):
    page.locator("#filters summary", has_text=attribute).click()
    page.locator("#filters details[open] label", has_text=value).click()
    page.keyboard.press("Escape")
    expect(page.locator("#filters details[open]")).to_have_count(0)


def like(page, number=0):
    """Press the heart of a card; the product's id."""
    heart = cards(page).nth(number).locator("[data-opinion=liked]")
    chosen = heart.get_attribute("data-id")
    heart.click()
    expect(page.locator("#taste h2")).to_be_visible()
    return chosen
