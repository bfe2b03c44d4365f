"""The comparison as rows, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from recsys.compare.contestants import Contestant
from recsys.core.holdout import PRODUCT_SPLIT
from recsys.errors import CatalogError
from recsys.evaluate.protocol import exam_of
from recsys.evaluate.report import table
from recsys.evaluate.retrieval import Score, joined, roles_of, score
from recsys.evaluate.search_task import K
from recsys.evaluate.speed import Latency

JSON_NAME, MARKDOWN_NAME = "comparison.json", "comparison.md"


@dataclass(frozen=True)
class Row:
    """One model in one mode: its scores by kind, by colour and by all that tells, those that the catalogue has.

    `rate` is pictures embedded a second in batches. Of a model that could not take part there is only the `reason`.
    """

    model: str
    mode: str
    dim: int | None = None
    parameters: int | None = None
    scores: tuple[Score, ...] = ()
    latency: Latency | None = None
    rate: float | None = None
    reason: str | None = None


def scores_of(contestant: Contestant) -> tuple[Score, ...]:
    """P@5 by kind, by colour, and by these and gender together, on products held out of every training.

    Raises CatalogError where the catalogue has none of them, or too few products.
    """
    trial = exam_of(contestant.pool, PRODUCT_SPLIT, contestant.split).retrieval
    roles = roles_of(trial.gallery.items)
    known = [name for name in (roles.kind, roles.colour, roles.wearer) if name]
    labels = dict.fromkeys([*((name,) for name in known[:2]), tuple(known)])
    found = [score(joined(label), trial.label(label), trial) for label in labels if label]
    scores = tuple(part for part in found if part)
    if not scores:
        raise CatalogError("The catalogue does not say what its products are, so models cannot be compared by it.")
    return scores


def to_markdown(rows: Sequence[Row], note: str) -> str:
    """The rows as a table, those that took no part with the reason, and the thumbnails as the last."""
    labels = list(dict.fromkeys(part.label for row in rows for part in row.scores))
    head = ["model", "mode", *(f"P@{K} {label} (95 %)" for label in labels), "dim", "parameters", "ms", "pictures/s"]
    lines = [_line(row, labels) for row in rows if not row.reason]
    judged = next((row for row in rows if row.scores), None)
    if judged:
        lines.append(["16×16 thumbnail", "", *(f"{part.thumbnail.precision:.3f}" for part in judged.scores), *[""] * 4])
    parts = [note, table(head, lines) if lines else "", *(_excuse(row) for row in rows if row.reason)]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_json(rows: Sequence[Row], note: str) -> str:
    """The rows as JSON text."""
    return json.dumps({"note": note, "rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n"


def write(rows: Sequence[Row], note: str, folder: Path) -> None:
    """Write comparison.json and comparison.md into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON_NAME).write_text(to_json(rows, note), "utf-8")
    (folder / MARKDOWN_NAME).write_text(to_markdown(rows, note), "utf-8")


def _line(row: Row, labels: Sequence[str]) -> list[str]:
    scores = {part.label: str(part.precision) for part in row.scores}
    figures = [
        f"{row.dim}",
        f"{row.parameters:,}",
        f"{row.latency.encode_ms:.1f}" if row.latency else "",
        f"{row.rate:.0f}",
    ]
    return [row.model, row.mode, *(scores.get(label, "") for label in labels), *figures]


def _excuse(row: Row) -> str:
    return f"- {row.model}{f', {row.mode}' if row.mode else ''}: took no part. {row.reason}"
