"""The report of an evaluation as JSON, Markdown and plots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from recsys.core.ranking import Estimate
from recsys.evaluate import plots
from recsys.evaluate.classification import Classification
from recsys.evaluate.confidence import Confidence
from recsys.evaluate.markdown import table
from recsys.evaluate.retrieval import ClassScore, Score
from recsys.evaluate.search_task import PRECISION_K, RANKING_K
from recsys.evaluate.slices import Slice
from recsys.evaluate.speed import Latency, SearchSpeed
from recsys.evaluate.task_report import TaskReport

JSON_NAME, MARKDOWN_NAME = "report.json", "report.md"


@dataclass(frozen=True)
class Subject:
    """The encoder that was evaluated; `split` is the split of its training."""

    name: str
    architecture: str
    dim: int
    split: str
    fingerprint: str


@dataclass(frozen=True)
class Source:
    """A catalogue, and the number of its products that take part."""

    dataset: str
    revision: str | None
    products: int

    def __str__(self) -> str:
        return f"{self.dataset} at {self.revision[:12]}" if self.revision else self.dataset


@dataclass(frozen=True)
class Report:
    """All measurements; those that could not be made are empty or None.

    `kind` is the attribute that slices and classes are scored by.
    """

    encoder: Subject
    dataset: Source
    queries_from: Source | None
    split: str
    note: str
    kind: str | None
    scores: tuple[Score, ...]
    classes: tuple[ClassScore, ...]
    classification: tuple[Classification, ...]
    confidence: Confidence | None
    slices: tuple[Slice, ...]
    latency: Latency
    search: tuple[SearchSpeed, ...]
    tasks: tuple[TaskReport, ...] = ()

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """The report as Markdown tables."""
        parts = (
            self._head(),
            score_table(self.scores),
            _classification_section(self.classification),
            _confidence_section(self.confidence),
            _slice_section(self.slices, self.kind),
            *(task.to_markdown() for task in self.tasks),
            self._speed_section(),
        )
        return "\n\n".join(part for part in parts if part) + "\n"

    def write(self, folder: Path) -> None:
        """Write report.json, report.md and the plots into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_NAME).write_text(self.to_json(), "utf-8")
        (folder / MARKDOWN_NAME).write_text(self.to_markdown(), "utf-8")
        if self.confidence and self.confidence.bins:
            bins = [astuple(part) for part in self.confidence.bins]
            plots.reliability(bins, "confidence and share of correct matches", folder / "reliability.png")
        if self.classes:
            bars = [(found.value, found.precision, found.queries) for found in self.classes]
            plots.class_bars(
                bars, f"P@{PRECISION_K} by {self.kind}, with the number of queries", folder / "per_class.png"
            )
        if self.search:
            points = [(point.ms, point.recall, f"search_k {point.search_k:,}", point.served) for point in self.search]
            plots.recall_over_time(points, folder / "recall_latency.png")
        if self.slices:
            rows = [(part.name, *astuple(part.precision), part.thumbnail) for part in self.slices]
            plots.slice_bars(rows, f"P@{PRECISION_K} of {self.kind}, by slice of the queries", folder / "slices.png")

    def _head(self) -> str:
        encoder = f"{self.encoder.name} ({self.encoder.architecture}, {self.encoder.dim} dimensions)"
        queries = f", queries from {self.queries_from}" if self.queries_from else ""
        where = f"Encoder {encoder} on {self.dataset}{queries}, split {self.split}."
        return f"{where} {self.note} Intervals are 95 % bootstrap intervals."

    def _speed_section(self) -> str:
        latency = self.latency
        line = (
            f"Encoding a picture takes {latency.encode_ms:.1f} ms (median of {latency.runs}), which is"
            f" {latency.ratio:.1f} × the time of a 512×512 float32 matrix product on the same machine."
        )
        if not self.search:
            return line
        rows = [
            {
                "search_k": f"{point.search_k:,}{' (served)' if point.served else ''}",
                f"recall@{RANKING_K}": f"{point.recall:.4f}",
                "ms per query (median)": f"{point.ms:.3f}",
            }
            for point in self.search
        ]
        return f"{line}\n\n{table(rows)}"


def score_table(scores: Sequence[Score]) -> str:
    """Retrieval scores and their baselines as a Markdown table."""
    rows = [
        {
            "label": score.label,
            "queries": f"{score.queries:,}" + (f" (of {score.queries + score.left_out:,})" if score.left_out else ""),
            f"P@{PRECISION_K} (95 %)": str(score.precision),
            f"mAP@{RANKING_K} (95 %)": str(score.average_precision),
            "16×16 thumbnail": f"{score.thumbnail.precision:.3f} / {score.thumbnail.average_precision:.3f}",
            "random": f"{score.random.precision:.3f} / {score.random.average_precision:.3f}",
            "majority class": f"{score.majority:.3f}",
        }
        for score in scores
    ]
    note = f"Baselines are P@{PRECISION_K} / mAP@{RANKING_K}; for the majority class both are equal."
    return f"{table(rows)}\n\n{note}" if rows else "The catalogue has no attributes to score by."


def _classification_section(found: Sequence[Classification]) -> str:
    rows = [
        {
            "attribute": part.attribute,
            "classes": f"{part.classes:,}",
            "queries": f"{part.queries:,}",
            "accuracy (95 %)": str(part.accuracy),
            "majority-class baseline": f"{part.majority:.3f}",
            "macro F1": f"{part.macro_f1:.3f}",
            "weighted F1": f"{part.weighted_f1:.3f}",
            "queries of an unknown class": f"{part.unknown:,}",
        }
        for part in found
    ]
    note = "Classification by the heads of the encoder. A query of a class that the head does not know counts as wrong."
    return f"{note}\n\n{table(rows)}" if rows else ""


def _confidence_section(found: Confidence | None) -> str:
    if found is None:
        return "There are too few queries to fit and evaluate a confidence."
    values = {f"share of {found.queries:,} queries with no close match (target: at most 5 %)": _percent(found.refused)}
    for part in found.refusals:
        values[f"share of {part.pictures:,} pictures with no close match: {part.name}"] = _percent(part.refused)
    if found.error:
        error = {f"expected calibration error for {found.attribute}, {RANKING_K} matches": str(found.error)}
        values = error | values
    note = "Calibration and threshold are fitted on one half of the queries and evaluated on the other, both ways."
    rows = [{"confidence": name, "value (95 %)": value} for name, value in values.items()]
    return f"{table(rows)}\n\n{note}"


def _slice_section(slices: Sequence[Slice], kind: str | None) -> str:
    rows = [
        {
            "slice of the queries": part.name,
            "queries": f"{part.queries:,}",
            f"P@{PRECISION_K} of {kind} (95 %)": str(part.precision),
            "loss in percentage points (95 %)": _percent(part.fall, "") if part.fall else "",
            "16×16 thumbnail": f"{part.thumbnail:.3f}",
        }
        for part in slices
    ]
    return table(rows) if rows else ""


def _percent(estimate: Estimate, unit: str = " %") -> str:
    return f"{100 * estimate.value:.1f}{unit} ({100 * estimate.low:.1f} – {100 * estimate.high:.1f})"
