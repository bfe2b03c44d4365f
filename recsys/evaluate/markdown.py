"""Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table of rows with equal keys, which are the column names.

    Characters that would end a cell or start markup are replaced by spaces.
    """
    cells = [[re.sub(r"[|\n\r<>`]", " ", cell) for cell in line] for line in (rows[0], *(row.values() for row in rows))]
    cells.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
