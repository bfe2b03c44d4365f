"""The languages of the page: which one is spoken, what it says, and what its catalogues lack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from recsys.errors import LinkError, PictureError
from recsys.images.decode import ACCEPTED, decode
from recsys.images.fetch import fetch
from recsys.recommend.outfit.slots import PLURALS
from recsys.types import Match
from recsys.web.page import page as page_module
from recsys.web.page.cards import closeness
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.head import PageHead
from recsys.web.page.languages import (
    ABOUT,
    FOLDER,
    LANGUAGES,
    MESSAGES,
    PLACEHOLDER,
    number,
    preferred,
    say,
    say_message,
    speaking,
    texts,
    translate,
)
from recsys.web.page.offers import money
from recsys.web.page.page import TITLE
from recsys.web.page.pages import Page
from recsys.web.page.state import PageOptions, Query
from recsys.web.page.templates import TEMPLATES, render, render_about
from recsys.web.server.about import SOURCE, routes
from recsys.web.server.error_responses import INTERNAL_MESSAGE
from recsys.web.server.uploads import NOT_HERE
from testkit.fake_shop import draw, encoded, fake_shop

OTHERS = LANGUAGES[1:]
REASONS = [
    "Red goes with Navy Blue: the same hue", "This catalogue has no shoes for Women, Ethnic, Summer.",
]  # fmt: skip
PACKAGE = FOLDER.parents[2]
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


@pytest.mark.parametrize("part", ["", MESSAGES, ABOUT])
@pytest.mark.parametrize("language", OTHERS)
def test_each_text_has_its_translation_with_the_same_placeholders(language, part):
    known = texts(language, part)
    assert known and known.keys() == texts(OTHERS[0], part).keys()
    for text, other in known.items():
        assert other.strip() and sorted(re.findall(r"\{+.*?\}+", text)) == sorted(re.findall(r"\{+.*?\}+", other)), text


def written(paths):
    """What these files have, where a text that is split over lines is one."""
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(Path(path).read_text("utf-8") for path in paths))


def test_no_translation_is_of_a_text_that_the_page_no_longer_has():
    source = written(SOURCES)
    built = ("Nothing else", "No close match", "{count} of {total} products", "Products {first}")
    assert [text for text in texts("de") if text not in source and not text.startswith(built)] == []


def test_each_text_of_the_page_about_the_shop_and_each_message_is_one_that_is_said():
    assert [text for text in texts("de", ABOUT) if text not in SOURCE] == []
    said = written(PACKAGE.rglob("*.py"))
    known = texts("de", MESSAGES)
    parts = {part for text in known for part in PLACEHOLDER.split(text)[::2] if len(part.strip()) > 5}
    nested = {text for text in known if text.split(" for ")[0] in PLURALS.values()}
    assert [part for part in parts if part not in said and not any(part in text for text in nested)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_between_the_tags_of_a_template_has_a_translation(language):
    code = re.compile(r"\{#.*?#\}|\{%.*?%\}|<style>.*?</style>", re.DOTALL)
    between, value = re.compile(r">([^<>]*)<"), re.compile(r"\{\{.*?\}\}")
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text("utf-8")
        english, other = (
            {part.strip() for part in between.findall(code.sub("", text))}
            for text in (source, translate(source, language))
        )
        assert [text for text in english & other if re.search("[A-Za-z]{2}", value.sub("", text))] == [], path.name


@pytest.mark.parametrize("language", OTHERS)
def test_what_scripts_and_sheets_read_is_the_same_in_each_language(language):
    read = re.compile(r'(?:data-(?!alt)[\w-]+|class|id|name|type|value|role|href)="[^"]*"')
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text("utf-8")
        assert read.findall(source) == read.findall(translate(source, language)), path.name


def errors():
    yield NOT_HERE
    yield INTERNAL_MESSAGE
    for data in (b"", b"no picture", b"%PDF-1.4", encoded(draw("Caps", "#222222"))[:900]):
        with pytest.raises(PictureError) as refused:
            decode(data)
        yield str(refused.value)
    for link in ("http://127.0.0.1/x.jpg", "nothing", "ftp://x.example/a.jpg"):
        with pytest.raises(LinkError) as refused:
            fetch(link)
        yield str(refused.value)


@pytest.mark.parametrize("language", OTHERS)
def test_errors_and_reasons_are_said_in_the_language_with_their_values(language):
    english = [*errors(), *REASONS]
    with speaking(language):
        other = [say_message(text) for text in english]
        accepted = say_message(ACCEPTED)
    assert [text for text, said in zip(english, other, strict=True) if text == said] == []
    assert all(accepted in said for text, said in zip(english, other, strict=True) if ACCEPTED in text)
    assert "Ethnic" in other[-1] and "Red" in other[-2] and "Blue" in other[-2]
    assert [say_message(text) for text in english] == english


def test_the_page_about_the_shop_is_in_the_language():
    shop = fake_shop()
    with TestClient(Starlette(routes=routes(shop, TITLE, render_about))) as web:
        pages = {name: web.get("/about", headers={"accept-language": name}).text for name in LANGUAGES}
    assert '<html lang="de">' in pages["de"] and "Was geschieht mit meinem Bild?" in pages["de"]
    assert "<h1>Über diesen Laden</h1>" in pages["de"] and "← Finden mit einem Bild" in pages["de"]
    assert '<html lang="hi">' in pages["hi"] and "मेरी तस्वीर का क्या होता है?" in pages["hi"]
    assert "What happens to my picture?" in pages["en"] and "What happens" not in pages["de"] + pages["hi"]


def test_prices_and_shares_are_written_as_in_the_language():
    with speaking("de"):
        assert money(1234.5, "EUR") == "€1.234,50" and money(20.0, "EUR") == "€20"
        assert "Ähnlichkeit 0,94" in closeness(Match(fake_shop().items[7], 0.94)).detail
    assert money(1234.5, "EUR") == "€1,234.50"


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
