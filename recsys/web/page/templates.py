"""Renders HTML from the files in `templates/`. Every value is escaped, unless it was rendered here itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from recsys.web.page.attribute_display import label

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


ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    extensions=[OneLine],
)
ENVIRONMENT.filters["label"] = label
ENVIRONMENT.filters["thousands"] = "{:,}".format


def render(template: str, **values: Any) -> Markup:
    """The HTML of `templates/{template}`. Raises `jinja2.UndefinedError` if a value that it uses is not given."""
    return Markup(ENVIRONMENT.get_template(template).render(values))
