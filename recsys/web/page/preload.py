"""Tells the browser at once which of Gradio's scripts and style sheets the page needs.

Without this the browser finds them in four steps, each script after the one that asks for it: on a phone that is half a
second of waiting. `static/preload.txt` lists them for the pinned version of Gradio, and a test in
tests/browser/test_first_visit.py compares it with what the page loads. A file that
another version does not have is left out.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

LIST = Path(__file__).parent / "static" / "preload.txt"
SCRIPT = Markup('<link rel="modulepreload" crossorigin href="./assets/{}">')
STYLE_SHEET = Markup('<link rel="preload" as="style" crossorigin href="./assets/{}">')


@cache
def preloads() -> Markup:
    """The elements of the head that ask for the files, in the order in which they are needed."""
    assets = files("gradio") / "templates" / "frontend" / "assets"
    names = [name for name in LIST.read_text("utf-8").split() if (assets / name).is_file()]
    return Markup().join((SCRIPT if name.endswith(".js") else STYLE_SHEET).format(name) for name in names)
