"""Results of a benchmark: stored as JSON with machine, date, commit and command, and rendered as Markdown."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core import machine

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "results"
TEMPLATE = ROOT / "benchmarks" / "docs.md"
DOCS = ROOT / "docs" / "benchmarks.md"
DIGITS = 4

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


@dataclass
class Result:
    """The tables of a run by title, the failures that end it with status 1, and raw figures where there are more."""

    tables: Tables
    failures: list[str] = field(default_factory=list)
    raw: Mapping[str, Any] = field(default_factory=dict)


def figures(values: Mapping[str, Any]) -> list[Row]:
    """A table of single figures."""
    return [{"what": what, "figure": figure} for what, figure in values.items()]


def save(result: Result, name: str, arguments: Sequence[str], path: Path) -> None:
    """Store a result. Of a path among the arguments only the name is stored, since the rest differs by machine."""
    words = [Path(word).name if "/" in word else word for word in arguments]
    if "--output" in words:
        at = words.index("--output")
        del words[at : at + 2]
    stored = {
        "benchmark": name,
        "command": " ".join(["python -m benchmarks", name, *words]),
        "date": date.today().isoformat(),
        "commit": _commit(),
        "machine": machine.measure(),
        "tables": rounded(result.tables, DIGITS),
        "failures": result.failures,
        **({"raw": rounded(result.raw, 6)} if result.raw else {}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def load(name: str) -> dict[str, Any]:
    """The stored result of a benchmark."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def rounded(value: Any, digits: int) -> Any:
    """The value with this many significant digits of each float; NaN and infinity become None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return round(value) if abs(value) >= 10**digits else float(f"{value:.{digits}g}")
    if isinstance(value, Mapping):
        return {str(name): rounded(part, digits) for name, part in value.items()}
    return [rounded(part, digits) for part in value] if isinstance(value, list | tuple) else value


def to_markdown(tables: Tables) -> str:
    """The tables under their titles; a blank title is not shown."""
    parts = []
    for title, rows in tables.items():
        if rows:
            columns = list(dict.fromkeys(name for row in rows for name in row))
            body = table(columns, ([row.get(name) for name in columns] for row in rows))
            parts.append(f"**{title}**\n\n{body}" if title.strip() else body)
    return "\n\n".join(parts)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table."""
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [[_cell(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        value = float(rounded(value, DIGITS))
        return f"{int(value):,}" if value.is_integer() and abs(value) >= 1000 else f"{value:,}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write_docs() -> None:
    """Write docs/benchmarks.md: the template, with each `{{ NAME }}` replaced by that benchmark's stored result."""
    DOCS.write_text(docs(), "utf-8")


def docs() -> str:
    """The text of docs/benchmarks.md."""
    return re.sub(r"\{\{ ([\w-]+) \}\}", lambda match: _section(load(match[1])), TEMPLATE.read_text("utf-8"))


def _section(stored: Mapping[str, Any]) -> str:
    machine, note = stored["machine"], stored.get("note")
    on = f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gb']:g} GB"
    if "load_average" in machine:
        on += f", load average {machine['load_average']:.1f} at the start"
    measured = f"`{stored['command']}` on {stored['date']}, commit {stored['commit']}, {on}"
    return f"{measured}{f'; {note}' if note else ''}.\n\n{to_markdown(stored['tables'])}"


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
