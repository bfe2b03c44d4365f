"""The comparison as rows, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from recsys.compare.candidates import Candidate
from recsys.core.holdout import PRODUCT_SPLIT
from recsys.errors import CatalogError
from recsys.evaluate.markdown import table
from recsys.evaluate.protocol import split_protocol
from recsys.evaluate.retrieval import Score, roles_of, score
from recsys.evaluate.search_task import PRECISION_K
from recsys.evaluate.speed import Latency

JSON_NAME, MARKDOWN_NAME = "comparison.json", "comparison.md"


@dataclass(frozen=True)
class Row:
    """One model in one mode, with its scores by kind, by colour, and by kind, colour and wearer together.

    `rate` is the number of pictures embedded per second in batches. A model that cannot be evaluated has a `reason`
    instead of scores.
    """

    model: str
    mode: str
    dim: int | None = None
    parameters: int | None = None
    scores: tuple[Score, ...] = ()
    latency: Latency | None = None
    rate: float | None = None
    reason: str | None = None


def scores_of(candidate: Candidate) -> tuple[Score, ...]:
    """The scores of a candidate, with products held out of every training as queries.

    Raises CatalogError for a catalogue without these attributes, or with too few products.
    """
    task = split_protocol(candidate.pool, PRODUCT_SPLIT, candidate.split).retrieval
    roles = roles_of(task.gallery)
    known = [name for name in (roles.kind, roles.colour, roles.wearer) if name]
    labels = dict.fromkeys([*((name,) for name in known[:2]), tuple(known)])
    scores = tuple(found for label in labels if label and (found := score(label, task)))
    if not scores:
        raise CatalogError(
            "The catalogue has no attribute for kind, colour or wearer, so models cannot be compared on it."
        )
    return scores


def to_markdown(rows: Sequence[Row], note: str) -> str:
    """The rows as a Markdown table, the thumbnail baseline last, then the reasons of the rows without scores."""
    labels = list(dict.fromkeys(part.label for row in rows for part in row.scores))
    lines = [_line(row, labels) for row in rows if not row.reason]
    evaluated = next((row for row in rows if row.scores), None)
    if evaluated:
        baseline = {_column(part.label): f"{part.thumbnail.precision:.3f}" for part in evaluated.scores}
        lines.append(dict.fromkeys(lines[0], "") | {"model": "16×16 thumbnail"} | baseline)
    parts = [note, table(lines) if lines else "", *(_failure(row) for row in rows if row.reason)]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_json(rows: Sequence[Row], note: str) -> str:
    """The rows as JSON text."""
    return json.dumps({"note": note, "rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False) + "\n"


def write(rows: Sequence[Row], note: str, folder: Path) -> None:
    """Write comparison.json and comparison.md into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON_NAME).write_text(to_json(rows, note), "utf-8")
    (folder / MARKDOWN_NAME).write_text(to_markdown(rows, note), "utf-8")


def _line(row: Row, labels: Sequence[str]) -> dict[str, str]:
    scores = {part.label: str(part.precision) for part in row.scores}
    return {
        "model": row.model,
        "mode": row.mode,
        **{_column(label): scores.get(label, "") for label in labels},
        "dim": f"{row.dim}",
        "parameters": f"{row.parameters:,}",
        "ms per picture": f"{row.latency.encode_ms:.1f}" if row.latency else "",
        "pictures/s": f"{row.rate:.0f}",
    }


def _column(label: str) -> str:
    return f"P@{PRECISION_K} {label} (95 %)"


def _failure(row: Row) -> str:
    return f"- {row.model}{f', {row.mode}' if row.mode else ''}: not evaluated. {row.reason}"
