"""A lost connection, and a server that has forgotten the visit: what was chosen meanwhile is done afterwards."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.steps import cards, choose, heading, look_closer, press, status, tick

OFFLINE = "There is no connection."


@pytest.fixture
def forget(server):
    """The server forgets every visit, as when it is restarted."""
    return server.app.state_holder.session_data.clear


@contextmanager
def no_connection(page):
    """The page has no connection while the context lasts, and has noticed it."""
    page.wait_for_timeout(500)  # pictures of products that are on their way would stay broken
    page.context.set_offline(True)
    try:
        yield
        page.wait_for_timeout(500)
    finally:
        page.context.set_offline(False)


def problem(page):
    return page.locator(".problem:not(:empty)")


def expect_photo(page):
    expect(page.locator("#picture .shown img")).to_be_visible()
    expect(cards(page).first.locator(".facts")).to_contain_text("Dresses")


def test_a_filter_without_a_connection_is_set_when_it_is_back(page, photo):
    choose(page, photo)
    page.wait_for_timeout(300)
    with no_connection(page):
        tick(page, "Gender", "Women")
        expect(problem(page)).to_contain_text(OFFLINE)
    expect(status(page)).to_contain_text("of 30 products that match the filters")
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    expect(heading(page)).to_have_text(re.compile("Closest to your picture|Your last search"))
    expect_photo(page)
    expect(problem(page)).to_have_count(0)
    page.go_back()
    expect(page.locator("#filters .active")).to_have_count(0)
    expect_photo(page)


def test_several_choices_without_a_connection_are_made_in_their_order(visit, photo):
    page = visit()
    choose(page, photo)
    page.wait_for_timeout(300)
    with no_connection(page):
        page.get_by_role("combobox").fill("red")
        page.get_by_role("combobox").press("Enter")
        expect(problem(page)).to_contain_text(OFFLINE)
        tick(page, "Gender", "Women")
    expect(heading(page)).to_contain_text("“red”")
    expect(status(page)).to_contain_text("match the filters")
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    expect(page.get_by_role("combobox")).to_have_value("red")


@pytest.mark.parametrize("screen", ["wide", "phone"])
def test_a_picture_without_a_connection_is_sent_when_it_is_back(visit, photo, screen):
    page = visit(screen)
    with no_connection(page):
        page.set_input_files("#picture input[type=file]", photo)
        expect(problem(page)).to_have_text("There is no connection. The picture is sent when it is back.")
        expect(page.locator("#picture .shown img")).to_be_visible()
    expect(heading(page)).to_have_text("Closest to your picture")
    expect(problem(page)).to_have_count(0)
    expect_photo(page)


def test_a_picture_and_a_filter_without_a_connection_outlive_the_reload(visit, photo):
    page = visit()
    with no_connection(page):
        page.set_input_files("#picture input[type=file]", photo)
        expect(problem(page)).to_contain_text(OFFLINE)
        tick(page, "Gender", "Women")
        page.wait_for_timeout(500)
    expect(heading(page)).to_have_text("Closest to your picture")
    expect_photo(page)
    expect(page.locator("#filters .active summary")).to_have_text(["For whom: Women"])
    expect(status(page)).to_contain_text("of 30 products that match the filters")


def test_a_picture_that_is_too_large_to_keep_is_asked_for_again(visit, photo):
    page = visit()
    page.evaluate("void (FileReader.prototype.readAsDataURL = function () { this.onerror(); })")
    with no_connection(page):
        page.set_input_files("#picture input[type=file]", photo)
        expect(problem(page)).to_contain_text(OFFLINE)
    page.reload()
    expect(problem(page)).to_have_text(re.compile("could not be sent, because the connection was lost"))


def test_a_reload_before_the_answer_makes_the_choice_again(window, server, photo):
    page = window("wide").new_page()  # Gradio writes to the console that its request was aborted
    page.goto(server.local_url)
    choose(page, photo)
    page.wait_for_timeout(300)
    page.route("**/queue/join*", lambda route: None, times=1)
    tick(page, "Gender", "Women")
    page.reload()
    expect(status(page)).to_contain_text("of 30 products that match the filters")
    expect_photo(page)
    page.close()


def test_an_answer_that_comes_while_the_page_is_left_is_not_lost(visit):
    page = visit()
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    tick(page, "Gender", "Women")
    expect(status(page)).to_contain_text("of 30 products")
    assert "is.gender" not in page.url and "narrow" in page.evaluate(
        "(dispatchEvent(new Event('pagehide')), JSON.stringify({ ...sessionStorage }))"
    )
    expect(page).to_have_url(re.compile("is.gender=Women"))  # the page stayed


def test_a_server_that_forgot_the_visit_gets_it_back(page, photo, forget):
    choose(page, photo)
    page.wait_for_timeout(300)
    forget()
    tick(page, "Gender", "Women")
    expect(status(page)).to_contain_text("of 30 products that match the filters")
    expect(heading(page)).to_have_text("Closest to your picture")
    expect_photo(page)
    expect(page).to_have_url(re.compile("found=.*is.gender=Women"))
    forget()
    name = look_closer(page, 1)
    press(page.locator("dialog[open]"), "More like this")
    expect(heading(page)).to_have_text(f"More like {name}")
    expect(page.locator("#heading [data-back]")).to_have_text("Back to your picture")
    expect(problem(page)).to_have_count(0)


def test_an_event_that_is_sent_just_before_the_stream_of_answers_is_closed_is_answered(visit):
    page = visit()
    page.evaluate(
        """() => {
            const send = window.fetch;
            const late = () => new TransformStream({ async transform(part, out) {
                for (const message of part.split(/(?<=\\n\\n)/)) {
                    if (message.includes("close_stream")) await window.held;
                    out.enqueue(message);
                }
            } });
            window.held = new Promise((done) => (window.close = done));
            window.fetch = async (...given) => {
                const answer = await send(...given);
                const url = String(given[0].url ?? given[0]);
                const isFilter = url.includes("queue/join") && String(given[1].body).includes('"where":{"gender"');
                if (isFilter) setTimeout(window.close, 300);
                if (!url.includes("queue/data")) return answer;
                const body = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(late());
                return new Response(body.pipeThrough(new TextEncoderStream()), answer);
            };
        }"""
    )
    page.locator("#examples button").nth(1).click()
    expect(heading(page)).to_have_text("Closest to your picture")
    tick(page, "Gender", "Women")
    expect(status(page)).to_contain_text("of 30 products that match the filters")
