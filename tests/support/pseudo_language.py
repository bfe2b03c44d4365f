"""A language that nobody speaks: every text of the page in letters of a right-to-left alphabet, a third longer."""

from __future__ import annotations

import json
import re

LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "אבגדהוזחטיכלמנסעפצקרשתאבגד")
KEPT = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{\w*\}|<.*?>|&\w+;)")
"""Placeholders and tags."""
NAME = "he"


def pseudo(text: str) -> str:
    """The text in the language, with its placeholders and tags."""
    parts = KEPT.split(text)
    other = "".join(part if KEPT.fullmatch(part) else part.lower().translate(LETTERS) for part in parts)
    return other + " תתתת" * (len(KEPT.sub("", text)) // 15)


def speak_it(monkeypatch, folder):
    """Let the page speak the language too, with its texts in this folder."""
    from recsys.web.page import languages, page

    for path in languages.FOLDER.rglob("de.json"):
        place = folder / path.relative_to(languages.FOLDER).parent
        place.mkdir(exist_ok=True)
        other = {text: pseudo(text) for text in json.loads(path.read_text("utf-8"))}
        (place / f"{NAME}.json").write_text(json.dumps(other), "utf-8")
    monkeypatch.setattr(languages, "FOLDER", folder)
    for module in (languages, page):
        monkeypatch.setattr(module, "LANGUAGES", (languages.ENGLISH, NAME))
