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
    return other + " " + "ת" * (len(KEPT.sub("", text)) // 3) if len(text) > 8 else other


def speak_it(monkeypatch, folder):
    """Let the page speak the language too, with its texts in this folder."""
    from recsys.web.page import languages, page

    for path in languages.FOLDER.glob("*.json"):
        texts = json.loads(path.read_text("utf-8"))
        (folder / path.name).write_text(json.dumps(texts), "utf-8")
    other = {text: pseudo(text) for text in texts}
    (folder / f"{NAME}.json").write_text(json.dumps(other), "utf-8")
    monkeypatch.setattr(languages, "FOLDER", folder)
    for module in (languages, page):
        monkeypatch.setattr(module, "LANGUAGES", (*languages.LANGUAGES, NAME))
