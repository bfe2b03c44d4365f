"""The languages of the page: which one is spoken, what it says, and what its catalogues lack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recsys.web.page import page as page_module
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.head import PageHead
from recsys.web.page.languages import FOLDER, LANGUAGES, number, preferred, say, speaking, texts, translate
from recsys.web.page.pages import Page
from recsys.web.page.state import PageOptions, Query
from recsys.web.page.templates import TEMPLATES, render
from testkit.fake_shop import fake_shop

OTHERS = LANGUAGES[1:]
SOURCES = [*TEMPLATES.glob("*.html"), *(FOLDER.parent / "static").glob("*.js"), *FOLDER.parent.glob("*.py")]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"), ("en-GB,de;q=0.5", "en"), ("fr,hi;q=0.4,de;q=0.3", "hi"), ("fr", "en"),
        ("", "en"), (None, "en"), ("de;q=x", "en"), (";;,=,de" * 500, "en"),
    ],
)  # fmt: skip
def test_the_browser_says_which_language_is_read(header, language):
    assert preferred(header) == language


def test_numbers_are_written_as_in_the_language():
    written = {}
    for language in LANGUAGES:
        with speaking(language):
            written[language] = number(1234567)
    assert written == {"en": "1,234,567", "de": "1.234.567", "hi": "12,34,567"}


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_has_its_translation_with_the_same_placeholders(language):
    known = texts(language)
    assert known.keys() == texts(OTHERS[0]).keys()
    for text, other in known.items():
        assert other.strip() and sorted(re.findall(r"\{+.*?\}+", text)) == sorted(re.findall(r"\{+.*?\}+", other)), text


def test_no_translation_is_of_a_text_that_the_page_no_longer_has():
    source = "\n".join(Path(path).read_text("utf-8") for path in SOURCES)
    built = ("Nothing else", "No close match", "{count} of {total} products", "Products {first}")
    assert [text for text in texts("de") if text not in source and not text.startswith(built)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_parts_of_a_new_visit_are_in_the_language(language):
    answers = PageHandlers(fake_shop())
    english = page_module._first_values(answers)
    with speaking(language):
        other = page_module._first_values(answers)
    for name in ("header", "heading", "filters", "picture", "words"):
        assert other[name] != english[name], name
    for text in ("Take a photo", "More filters", "Clear filters", "About this shop", "From the shop"):
        assert text not in "".join(other.values()) and say_in(language, text) in "".join(other.values())
    assert 'data-id="p7"' in other["found"] or "data-item" in other["found"]


def say_in(language, text):
    with speaking(language):
        return say(text)


def test_an_answer_is_in_the_language_with_its_values():
    answers = PageHandlers(fake_shop())
    with speaking("de"):
        _, heading, found, _ = answers.search_similar("p7", PageOptions({"gender": ["Women"]}), Query())
        number = Page(40_600, 100, 80, 80, 40_680).number
    assert "Mehr wie Men Red Dresse 7" in heading and "Produkten, die zu den Filtern passen" in heading
    assert 'aria-label="Gefällt mir: ' in found or "Gefällt mir" in found
    assert number == "Produkte 40.601 bis 40.680 von 40.680"


def test_only_whole_texts_of_a_template_are_translated():
    assert translate('<p>Search</p> data-x="Search" Searching <b>\n  Search\n</b>', "de") == (
        '<p>Suchen</p> data-x="Suchen" Searching <b>\n  Suchen\n</b>'
    )
    assert translate("<p>Search</p>", "en") == "<p>Search</p>"


def test_the_first_page_is_sent_in_the_language():
    head = PageHead(None, None, "Shop", {"de": [(b'"From the shop"', b'"Aus dem Laden"')]})
    page = b'<html lang="en"><base href="./" />"From the shop"'
    assert head.in_language(page, "de").startswith(b'<html lang="de">') and b"Laden" in head.in_language(page, "de")
    assert head.in_language(page, "hi").startswith(b'<html lang="hi">') and head.in_language(page, "en") == page
    assert b"shopTexts" in head.in_language(page, "de") and b"<script>alert" not in head.in_language(page, "de")


def test_a_hostile_value_stays_text_in_each_language():
    with speaking("de"):
        assert "<script" not in render("notice.html", text="<script>")
