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


def menu(page, attribute):
    """The menu of the filter by an attribute, which is shown, on a narrow screen in a sheet."""
    details = page.locator(f'#filters details:is([data-name="{attribute}"], [data-attributes*="{attribute}"])')
    sheet, more = page.locator("#filters [data-sheet]"), page.locator("#filters [data-more]")
    if sheet.is_visible() and not page.locator(".sheet[open]").count():
        sheet.click()
    if not details.is_visible():
        more.click()
    return details


def value_of(details, value):
    """The box of a value in a menu. Where it belongs to another value, that one is opened."""
    box = details.locator(f'input[value="{value}"]')
    for twig in details.locator("[data-twig]").all():
        if not box.is_visible():
            twig.click()
            if not box.is_visible():
                twig.click()
    return box


def leave(page):
    """Close the menus of the filters, and their sheet."""
    page.keyboard.press("Escape")
    expect(page.locator("#filters details[open]")).to_have_count(0)
    if page.locator(".sheet[open]").count():
        page.locator(".sheet footer .primary").click()


def tick(page, attribute, value):
    details = menu(page, attribute)
    details.locator("summary").click()
    value_of(details, value).click()
    leave(page)


def like(page, number=0):
    """Press the heart of a card; the product's id."""
    heart = cards(page).nth(number).locator("[data-opinion=liked]")
    chosen = heart.get_attribute("data-id")
    heart.click()
    expect(page.locator("#taste h2")).to_be_visible()
    return chosen
