"""Reads tables in JSON, one object a line or a list of objects, as text. Nested objects become columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recsys.catalog.text_table import Cell, TextTable
from recsys.errors import CatalogError

LINK_KEYS = ("src", "url", "href", "link")
"""What an object in a list of pictures has."""
NAME_KEYS = ("name", "title", "label", "value")
"""What an object in a list of categories or tags has."""
VALUE_KEYS = ("values", "options", "option", "value")
"""The values of an object in a list of options, which also has a name."""


def parse_json(text: str, name: str) -> TextTable:
    """The table in the text of the file `name`. Numbers stay as they are written.

    Raises CatalogError if it is not JSON, or has no list of objects.
    """
    records = [dict(_cells(_unwrapped(record))) for record in _records(text, name)]
    return TextTable.from_records(name, records)


def _records(text: str, name: str) -> list[Mapping[str, Any]]:
    try:
        content = _load(text)
    except json.JSONDecodeError as whole:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        try:
            content = [_load(line) for number, line in lines]
        except json.JSONDecodeError as error:
            number = next(number for number, line in lines if not _is_json(line))
            first = whole if number == 1 else error
            raise CatalogError(f"{name} is not JSON: line {number}: {first.msg}. Export the table again.") from error
    found = _list_of_objects(content)
    if not found:
        raise CatalogError(f"{name} has no list of objects, and so no products. Give one object for each product.")
    return found


def _unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object in an object that has nothing else, such as the `node` of a list in GraphQL."""
    parts = list(record.values())
    return parts[0] if len(parts) == 1 and isinstance(parts[0], dict) else record


def _load(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: None)


def _is_json(line: str) -> bool:
    try:
        _load(line)
    except json.JSONDecodeError:
        return False
    return True


def _list_of_objects(content: Any) -> list[Mapping[str, Any]]:
    """The list itself, or the longest list of objects in an object, or the objects that an object has by id."""
    if isinstance(content, list):
        return [record for record in content if isinstance(record, dict)]
    if not isinstance(content, dict):
        return []
    lists = [_list_of_objects(part) for part in content.values() if isinstance(part, list | dict)]
    longest = max(lists, key=len, default=[])
    if longest or not all(isinstance(part, dict) for part in content.values()):
        return longest or [content]
    return [{"id": key, **part} for key, part in content.items()]


def _cells(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Cell]]:
    """The cells of an object: those of an object in it have names such as `price.value`."""
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _cells(value, f"{prefix}{key}.")
        elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
            yield from _cells_of_list(f"{prefix}{key}", [part for part in value if isinstance(part, dict)])
        elif isinstance(value, list):
            yield f"{prefix}{key}", tuple(text for part in value if (text := _text(part)) is not None)
        else:
            yield f"{prefix}{key}", _text(value)


def _cells_of_list(name: str, parts: list[Mapping[str, Any]]) -> Iterator[tuple[str, Cell]]:
    """The cells of a list of objects: links of pictures, values of options, names, or else a column for each key."""
    for keys in (LINK_KEYS, NAME_KEYS):
        key = next((key for key in keys if all(key in part for part in parts)), None)
        values = next((key for key in VALUE_KEYS if all(key in part for part in parts)), None)
        if key in NAME_KEYS and values and key != values:
            for part in parts:
                yield from _cells({str(part[key]): part[values]})
            return
        if key and (key in LINK_KEYS or not any("price" in part for part in parts)):
            yield name, tuple(text for part in parts if (text := _text(part[key])) is not None)
            return
    keys_of_all = dict.fromkeys(key for part in parts for key in part)
    for key in keys_of_all:
        texts = [_text(part.get(key)) for part in parts if not isinstance(part.get(key), dict | list)]
        yield f"{name}.{key}", tuple(dict.fromkeys(text for text in texts if text is not None)) or None


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
