"""Renders HTML from the files in `templates/`. Every value is escaped, unless it was rendered here itself."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from recsys.web.page.attribute_display import label
from recsys.web.page.languages import ABOUT, ENGLISH, attributes, language, number, preferred, say, speaking, translate

TEMPLATES = Path(__file__).parent / "templates"
DROPPED_BREAK = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{]|$)")
KEPT_BREAK = re.compile(r"\s*\n\s*")


class OneLine(Extension):
    """Removes the indentation of a template, so that it adds no white space to the page.

    A line break is dropped next to a tag, a block or an expression. Any other one, as between two attributes of a tag,
    becomes a space.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return KEPT_BREAK.sub(" ", DROPPED_BREAK.sub("", source))


@lru_cache(8)
def environment(name: str) -> Environment:
    """The templates in a language."""
    found = Environment(
        loader=FunctionLoader(lambda template: translate((TEMPLATES / template).read_text("utf-8"), name)),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=[OneLine],
    )
    found.globals["say"] = say
    found.filters["label"] = label
    found.filters["thousands"] = _thousands
    return found


def render(template: str, **values: Any) -> Markup:
    """The HTML of `templates/{template}` in the language of the page.

    Raises `jinja2.UndefinedError` if a value that it uses is not given.
    """
    return Markup(environment(language()).get_template(template).render(values))


def render_about(source: str, accept_language: str | None, **values: Any) -> str:
    """The page about the shop in the language that a browser asks for, from the source of its template."""
    with speaking(preferred(accept_language)):
        values["title"] = say(values["title"])
        return _about(source, language()).render(values, html_attributes=Markup(attributes(language())))


@lru_cache(8)
def _about(source: str, name: str) -> Template:
    return environment(name).from_string(translate(source, name, ABOUT))


def _thousands(value: Any) -> str:
    return number(value) if isinstance(value, int) else format(value)


ENVIRONMENT = environment(ENGLISH)
