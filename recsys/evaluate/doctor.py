"""Examines the products of an index: repeated and blank pictures, contradicted and missing values, dead links."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recsys.core.items import Items
from recsys.core.same_pictures import SamePictures
from recsys.evaluate.label_check import NEIGHBOURS, Facts, LabelCheck, check_labels, word_numbers
from recsys.evaluate.unusable import blank_and_small, dead_links
from recsys.format.layout import ITEMS
from recsys.images.fetch import Policy
from recsys.index.folder import IndexFolder
from recsys.index.items_table import read_thumbnails
from recsys.types import Rows, Searcher, Value, Vectors

MIN_NEAR_COSINE = 0.995
"""Two pictures whose embeddings have at least this cosine are nearly the same."""
MIN_PROBABILITY = 0.9
"""A value is proposed for a missing one if it is right with at least this probability."""
MAX_VALUES = 200
"""An attribute with more values is not checked."""
MAX_SHOWN = 200
"""The findings of one problem that the page shows."""
BLOCK_ROWS = 4096

SAME = "same picture"
NEAR = "nearly the same picture"
PLACEHOLDER = "picture that many products share"
WRONG = "value that the rest contradicts"
MISSING = "missing value"
BLANK = "blank picture"
UNUSABLE = "picture that is too small or cannot be read"
DEAD = "link that leads nowhere"
PROBLEMS = (SAME, NEAR, PLACEHOLDER, WRONG, MISSING, BLANK, UNUSABLE, DEAD)


@dataclass(frozen=True)
class Finding:
    """A problem of one product, with the other product, or the attribute and the value proposed for it."""

    problem: str
    id: str
    name: Value
    other_id: Value = None
    attribute: Value = None
    value: Value = None
    proposed: Value = None
    probability: float | None = None


@dataclass(frozen=True)
class Examination:
    """The findings, and for each checked attribute the share of planted wrong values that the check found."""

    findings: tuple[Finding, ...]
    checked: dict[str, float]
    unchecked: tuple[str, ...]

    def of(self, problem: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.problem == problem]


def examine(items: Items, searcher: Searcher) -> Examination:
    """Examine the products with their embeddings. Nothing is changed."""
    same = SamePictures.of_searcher(items, searcher)
    neighbours, cosines = _neighbours(searcher, len(items))
    findings = [*_same(items, same), *_near(items, same, neighbours, cosines)]
    checkable = [name for name, column in items.columns.items() if len(column.vocabulary) <= MAX_VALUES]
    codes, words = {name: _codes(items, name) for name in checkable}, word_numbers(items.names)
    checked: dict[str, float] = {}
    for name, own in codes.items():
        values = [value for value in items.columns[name].vocabulary if value is not None]
        if len(values) > 1:
            others = [other for other_name, other in codes.items() if other_name != name]
            check = check_labels(own, len(values), Facts(neighbours, cosines, others, words))
            findings += _value_findings(items, name, own, values, check)
            checked |= {name: check.found} if check.found else {}
    return Examination(tuple(findings), checked, tuple(name for name in items.all_columns if name not in checked))


def examine_index(folder: IndexFolder, link_policy: Policy | None = None) -> Examination:
    """Examine the products of an index and their thumbnails, and with a `link_policy` also their links."""
    examination, items = examine(folder.items, folder.searcher), folder.items
    pictures = blank_and_small(read_thumbnails(folder.path / ITEMS))
    more = [Finding(BLANK if is_blank else UNUSABLE, items.ids[row], items.names[row]) for row, is_blank in pictures]
    if link_policy:
        linked = [(item, item.offer.url) for item in items if item.offer and item.offer.url]
        dead = dead_links((url for _, url in linked), link_policy)
        more += [
            Finding(DEAD, item.id, item.name, attribute=dead[url], value=url) for item, url in linked if url in dead
        ]
    return replace(examination, findings=(*examination.findings, *more))


def _value_findings(
    items: Items, attribute: str, codes: Rows, values: Sequence[str], check: LabelCheck
) -> Iterator[Finding]:
    missing = (codes < 0) & (check.probability >= MIN_PROBABILITY)
    for row in np.flatnonzero(check.wrong | missing).tolist():
        proposed, probability = values[check.proposed[row]], float(check.probability[row])
        value, problem = (values[codes[row]], WRONG) if check.wrong[row] else (None, MISSING)
        yield Finding(problem, items.ids[row], items.names[row], None, attribute, value, proposed, probability)


def write_report(folder: IndexFolder, examination: Examination, output: Path) -> None:
    """Write `findings.parquet` and the page `index.html`."""
    output.mkdir(parents=True, exist_ok=True)
    rows = [asdict(finding) for finding in examination.findings]
    pd.DataFrame(rows, columns=list(Finding.__dataclass_fields__)).to_parquet(output / "findings.parquet", index=False)
    loader = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    sections = [_section(folder, problem, examination.of(problem)) for problem in PROBLEMS]
    page = pages.get_template("doctor.html").render(
        name=folder.path.name, count=len(folder.items), examination=examination, sections=sections, most=MAX_SHOWN
    )
    (output / "index.html").write_text(page, "utf-8")


def _section(folder: IndexFolder, problem: str, findings: list[Finding]) -> dict[str, Any]:
    def picture(id: str | None) -> str | None:
        if id is None:
            return None
        thumbnail = folder.thumbnail(folder.items.row(id))
        return f"data:image/webp;base64,{b64encode(thumbnail).decode()}"  # browsers look at the bytes

    shown = [(finding, picture(finding.id), picture(finding.other_id)) for finding in findings[:MAX_SHOWN]]
    return {"problem": problem, "count": len(findings), "shown": shown}


def _neighbours(searcher: Searcher, count: int) -> tuple[Rows, Vectors]:
    """The nearest rows of each row, without itself, and their cosines."""
    k = min(NEIGHBOURS, count - 1)
    rows, cosines = np.empty((count, k), np.int64), np.empty((count, k), np.float32)
    for start in range(0, count, BLOCK_ROWS):
        block = np.arange(start, min(start + BLOCK_ROWS, count))
        found, near = searcher.search(searcher.vectors(block), k + 1)
        own = found == block[:, None]
        own[~own.any(1), -1] = True
        rows[block], cosines[block] = found[~own].reshape(len(block), k), near[~own].reshape(len(block), k)
    return rows, cosines


def _same(items: Items, same: SamePictures) -> Iterator[Finding]:
    for row, first in enumerate(same.first):
        if same.is_placeholder[row]:
            yield Finding(PLACEHOLDER, items.ids[row], items.names[row])
        elif first != row and items.product_of[first] != items.product_of[row]:
            yield Finding(SAME, items.ids[row], items.names[row], items.ids[first])


def _near(items: Items, same: SamePictures, neighbours: Rows, cosines: Vectors) -> Iterator[Finding]:
    rows, places = np.nonzero(cosines >= MIN_NEAR_COSINE)
    for row, other in zip(rows.tolist(), neighbours[rows, places].tolist(), strict=True):
        is_new = other < row and same.first[row] != same.first[other]
        if is_new and items.product_of[row] != items.product_of[other]:
            yield Finding(NEAR, items.ids[row], items.names[row], items.ids[other])


def _codes(items: Items, name: str) -> Rows:
    """The values of an attribute as numbers, -1 where there is none."""
    column = items.columns[name]
    number = {value: place for place, value in enumerate(value for value in column.vocabulary if value is not None)}
    return np.array([-1 if value is None else number[value] for value in column.vocabulary], np.int64)[column.codes]
