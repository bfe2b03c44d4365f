"""The limits of a speed report: bars for an idle machine and real data, floors for any machine and the small run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """A limit for the figure at this place in the report: a minimum, or a maximum if not `at_least`.

    `floor` is the limit in the small run on any machine; a worse figure is not explained by noise. In the small run
    plain PyTorch has sleeping threads only, which makes it slower for one picture than in the full run.
    """

    what: str
    place: str
    bar: float
    at_least: bool = True
    floor: float | None = None
    unit: str = "×"

    def figure(self, report: Any) -> float | None:
        """The figure, or None if this report has not measured it."""
        for name in self.place.split("/"):
            try:
                report = report[int(name)] if isinstance(report, list) else report[name]
            except (KeyError, TypeError, IndexError):
                return None
        return None if report is None else float(report)

    def holds(self, figure: float, bar: float) -> bool:
        """Whether a figure is within this limit."""
        return figure >= bar if self.at_least else figure <= bar


Floors = tuple[float | None, float | None, float | None]
EQUAL_COSINE, INT8_COSINE = 0.9999, 0.98
"""The least cosine of a compiled network to PyTorch, in float32 and in int8. P@5 in int8 is measured by `ship`."""


def _network(
    name: str, place: str, one: float, batches: float, floors: Floors, cosine: float = EQUAL_COSINE
) -> list[Bar]:
    found, (of_one, of_batches, of_cosine) = f"encoders/{place}/runtimes/compiled", floors
    return [
        Bar(f"{name}: one picture, against plain PyTorch", f"{found}/one", one, floor=of_one),
        Bar(f"{name}: batches, likewise", f"{found}/batches", batches, floor=of_batches),
        Bar(f"{name}: least cosine to it", f"{found}/cosine", cosine, floor=of_cosine, unit=""),
    ]


BARS = [
    *_network("ResNet-50", "resnet50", 1.7, 1.9, (None, None, None)),
    Bar("ResNet-50: share of the rate of a matrix product", "encoders/resnet50/runtimes/compiled/of_matmul", 0.85),
    Bar("ResNet-50 in int8: batches, against plain PyTorch", "encoders/resnet50/runtimes/int8/batches", 3.3),
    *_network("shipped encoder", "shipped", 1.7, 1.9, (2.0, 1.2, INT8_COSINE), INT8_COSINE),
    Bar("build with ResNet-50, share of the encoder's rate", "build/resnet50/of_bound", 0.95),
    Bar("build with the shipped encoder, likewise", "build/shipped/of_bound", 0.85, floor=0.35),
    Bar("query by the API, less the encoder, in empty round trips", "query/api/over_empty", 1.3, False, 3.0),
    Bar("… with the upload on both sides", "query/api/over_empty_with_upload", 1.3, False, 3.0),
    Bar("… of ours but decoding and encoding", "query/own_ms", 3.0, False, unit="ms"),
    Bar("recall@10 of the served search", "neighbours/rows/0/recall", 0.99, floor=0.98, unit=""),
    Bar("… its time", "neighbours/rows/0/ms", 1.0, False, unit="ms"),
    Bar("… against hnswlib at equal recall", "neighbours/ratio", 5.0, False),
    Bar("slowest filtered search", "neighbours/slowest_filter_ms", 5.0, False, unit="ms"),
    Bar("search, in plain scans of the largest catalogue", "growth/of_scan", 1.0, False, 1.5),
    Bar("page, in times of `import gradio`", "startup/page", 1.3, False, 1.8),
    Bar("first answer after the page, likewise", "startup/answer", 0.5, False, 0.8),
    Bar("memory of the serving app", "query/api/memory_mb", 600.0, False, 600.0, "MB"),
    Bar("throughput of 8 clients against one", "load/throughput", 1.5, floor=0.8),
    Bar("p95 of 8 clients, in medians of one", "load/p95", 3.0, False),
]


def failures(report: Any) -> list[str]:
    """A sentence for each figure that is worse than its floor, or that has a floor and was not measured."""
    found = []
    for bar in BARS:
        if bar.floor is None:
            continue
        figure, word = bar.figure(report), "least" if bar.at_least else "most"
        if figure is None:
            found.append(f"{bar.what}: not measured; {bar.floor:g} is the {word}.")
        elif not bar.holds(figure, bar.floor):
            found.append(f"{bar.what}: {figure:.3g} {bar.unit}, where {bar.floor:g} is the {word}.")
    return found
