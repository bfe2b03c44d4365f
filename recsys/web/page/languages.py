"""The languages of the page: which one a visitor reads, and what the page says in it.

The texts stand in English where they are used. `texts/de.json` and the others map them to another language, whole texts
of the templates among them. A text that a language lacks stays English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "texts"
MESSAGES, ABOUT = "messages", "about"
"""The folders of what other packages say: their messages, and the page about the shop."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.json")))
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
"""The languages that are written from right to left. There is a test of the page in such a language."""
RANGE = re.compile(r"\s*([a-zA-Z]+)[\w-]*\s*(?:;\s*q\s*=\s*([\d.]+))?\s*$")
"""An entry of Accept-Language, such as "de-AT;q=0.8"."""
BEFORE, AFTER = r"(?P<before>[>\"%}]|^)(?P<space>\s*)", r"(?=\s*(?:[<\"{]|$))"

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The language that the page speaks now."""
    return _language.get()


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak this language while the context lasts."""
    token = _language.set(name)
    try:
        yield
    finally:
        _language.reset(token)


def attributes(name: str) -> str:
    """What the element `html` says of a language."""
    return f'lang="{name}" dir="rtl"' if name in RIGHT_TO_LEFT else f'lang="{name}"'


def preferred(accept_language: str | None) -> str:
    """The language of the page that a browser's Accept-Language header asks for first."""
    found = [match for part in (accept_language or "")[:1000].split(",") if (match := RANGE.match(part))]
    ordered = sorted(found, key=lambda match: -_weight(match[2]))
    return next((match[1].lower() for match in ordered if match[1].lower() in LANGUAGES), ENGLISH)


def say(text: str, /, **values: object) -> str:
    """The text in the language of the page, with the values in place of their {names}."""
    return texts(language()).get(text, text).format(**values) if values else texts(language()).get(text, text)


def say_message(text: str) -> str:
    """A text that was made elsewhere, with its values in it: an error, or the reason of a look."""
    for message, other in _messages(language()):
        if found := message.fullmatch(text):
            return other.format(**{name: say_message(value) for name, value in found.groupdict().items()})
    return text


def say_message_in(text: str, accept_language: str) -> str:
    """A text that was made elsewhere, in the language that an Accept-Language header asks for first."""
    with speaking(preferred(accept_language)):
        return say_message(text)


def number(value: int) -> str:
    """A whole number as the language writes it."""
    if language() == "hi":
        head, tail = f"{abs(value)}"[:-3], f"{abs(value)}"[-3:]
        pairs = re.sub(r"(?<=\d)(?=(?:\d\d)+$)", ",", head)
        return ("-" if value < 0 else "") + (f"{pairs},{tail}" if head else tail)
    return f"{value:,}".replace(",", ".") if language() == "de" else f"{value:,}"


def decimal(written: str) -> str:
    """A number with a decimal point, as the language writes it."""
    return written.replace(",", " ").replace(".", ",").replace(" ", ".") if language() == "de" else written


@lru_cache(32)
def texts(name: str, part: str = "") -> Mapping[str, str]:
    """English text → its translation; empty for English. `part` is a folder of texts, "" for those of the page."""
    path = FOLDER / part / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


@lru_cache(8)
def _messages(name: str) -> list[tuple[re.Pattern[str], str]]:
    """The messages of `texts/messages/`, with a group for each of their {names}, and their translations."""
    known = texts(name, MESSAGES).items()
    return [(re.compile(_with_groups(message), re.DOTALL), other) for message, other in known]


def _with_groups(message: str) -> str:
    parts = PLACEHOLDER.split(message)
    return "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))


def translate(source: str, name: str, part: str = "") -> str:
    """The source of a template in another language. Only whole texts between tags, quotes and blocks are replaced."""
    known = {text: other for text, other in texts(name, part).items() if text in source and not text.startswith(" ")}
    if not known:
        return source
    longest_first = "|".join(re.escape(text) for text in sorted(known, key=len, reverse=True))
    pattern = re.compile(f"{BEFORE}(?P<text>{longest_first}){AFTER}", re.MULTILINE)
    return pattern.sub(lambda match: f"{match['before']}{match['space']}{known[match['text']]}", source)


def _weight(text: str | None) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0
