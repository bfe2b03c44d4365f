"""docs/growth.md and its plots, from the measurements of the growth study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core import results
from benchmarks.growth import charts, costs
from benchmarks.growth.laws import Law, Line, PowerLaw, Predicted, Proportional, Sum, reaches
from benchmarks.growth.search import NOISE
from recsys.index.annoy.file import HEADERS, METRIC
from recsys.index.annoy.graph import DEGREE

GB = 1e9
MB = 2**20
PREDICTED_SIZES = (10e6, 100e6, 1e9)
SYSTEM_GB = 2
MAX_NODES = 2**31
"""Annoy numbers its nodes, which include the products, with 32-bit integers."""

MIN_BUILD_MEMORY_SIZE = 40_000
"""From this size on, the build's buffers beside vectors and trees, such as a block of cosines, are of constant size."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """A measured quantity, in the unit of its name, and the fit of its law, which uses sizes from `min_size` on."""

    name: str
    value: Callable[[Row], float]
    fit: Callable[[list[int], list[float]], Law]
    min_size: int = 0

    def law(self, rows: Iterable[Row]) -> Law:
        rows = [row for row in rows if row["products"] >= self.min_size]
        return self.fit([row["products"] for row in rows], [self.value(row) for row in rows])


def _exact(row: Row) -> float:
    return row["build_cpu_s"] - sum(row["parts_cpu_s"].values())


def _n_log_n(sizes: list[int], values: list[float]) -> Law:
    return PowerLaw.fit(sizes, values, "n log n")


TREES = Measure("trees, s", lambda row: row["parts_cpu_s"]["build"], _n_log_n)
GRAPH = Measure("graph, s", lambda row: row["parts_cpu_s"]["write_graph"], PowerLaw.fit)
EXACT = Measure("exact neighbours of 2,000, s", _exact, PowerLaw.fit)
TUNING = Measure("tuning, s", lambda row: row["parts_cpu_s"]["_climb"], PowerLaw.fit)
QUERY = Measure("query, ms", lambda row: row["search_cpu_ms"], PowerLaw.fit)
INDEX = Measure("index, GB", lambda row: row["index_mb"] * MB / GB, Line.fit)
BUILDING = Measure(
    "memory of the build, GB", lambda row: row["build_held_mb"] * MB / GB, Line.fit, MIN_BUILD_MEMORY_SIZE
)
SERVING = Measure("memory to serve, GB", lambda row: (row["index_mb"] + row["held_mb"]) * MB / GB, Line.fit)

BUILD = (TREES, GRAPH, EXACT)
MEASURES = (*BUILD, INDEX, BUILDING, SERVING)
"""The quantities that are fitted to catalogues of all sizes; query time is fitted to real ones alone."""
RECALLS = ("recall", "recall_of_others", "recall_of_graph")
TEXT = Path(__file__).with_suffix(".md")
GROWTH, COSTS = "scaling-growth.png", "scaling-costs.png"


def build_law(rows: Iterable[Row]) -> Law:
    """The processor time of a build in seconds, without the tuning, which takes some seconds at any size."""
    rows = list(rows)
    return Sum([measure.law(rows) for measure in BUILD])


def query_law(rows: Iterable[Row]) -> Law:
    """The milliseconds of a query, fitted to real products alone, since grown ones are easier to find."""
    return QUERY.law(row for row in rows if not row["grown"])


def write(found: Mapping[str, Any], output: Path) -> None:
    """Write the page and its plots to a folder."""
    rows = [row for row in found["rows"].values() if row["noise"] == NOISE]
    output.mkdir(parents=True, exist_ok=True)
    draw(found, rows, output)
    (output / "growth.md").write_text(page(found, rows), "utf-8")


def draw(found: Mapping[str, Any], rows: list[Row], output: Path) -> None:
    """Draw the measurements with their laws, and the costs."""
    sizes = [row["products"] for row in rows]
    memory = {"the memory of this machine": found["machine"]["memory_gb"] * 2**30 / GB}
    builds = [sum(measure.value(row) for measure in BUILD) for row in rows]
    panels = [
        charts.Panel(
            "build but for the tuning, s of a core", sizes, builds, build_law(rows), {"a night": costs.NIGHT_S}
        ),
        charts.Panel(
            "query, ms; law of the real ones, up to 40k", sizes, [QUERY.value(row) for row in rows], query_law(rows), {}
        ),
        *(
            charts.Panel(measure.name, sizes, [measure.value(row) for row in rows], measure.law(rows), memory)
            for measure in (BUILDING, SERVING)
        ),
    ]
    charts.extrapolated(panels, PREDICTED_SIZES[-1], output / GROWTH)
    products, serving = np.geomspace(1e6, PREDICTED_SIZES[-1], 60), SERVING.law(rows)
    held = {"Annoy, in one machine": [serving.at(size).value for size in products]}
    for name, footprint in costs.milvus(found["dim"]).items():
        held[f"Milvus, {name}"] = [size * footprint.memory / GB for size in products]
    machines = {
        name: [costs.machines_for_a_night(size, rate) for size in products]
        for name, rate in costs.PICTURES_A_SECOND.items()
    }
    lines = {"memory to serve, GB": held, "machines that embed it in a night": machines}
    charts.costs(lines, products, output / COSTS)


def page(found: Mapping[str, Any], rows: list[Row]) -> str:
    """The page as Markdown: page.md with its tables and figures filled in."""
    hard = next(row for row in found["rows"].values() if row["noise"] != NOISE)
    sizes, worst = [row["products"] for row in rows], min(rows, key=lambda row: row["recall_of_others"])
    return TEXT.read_text("utf-8").format(
        machine=_machine(found["machine"]),
        products=found["products"],
        noise=NOISE,
        smallest=min(sizes),
        largest=max(sizes),
        real=max(row["products"] for row in rows if not row["grown"]),
        easiest=min(row["search_k"] for row in rows if row["products"] == max(sizes)),
        hard_products=hard["products"],
        hard_k=hard["search_k"],
        hard_ms=QUERY.value(hard),
        hard_law=_spanned(query_law(rows).at(hard["products"])),
        times=round(PREDICTED_SIZES[-1] / max(sizes)),
        measured=_measured(found),
        laws=_laws(rows),
        ahead=_ahead(rows),
        ends=_ends(found, rows),
        costs=_costs(found, rows),
        graph_low=min(row["recall_of_graph"] for row in rows),
        graph_high=max(row["recall_of_graph"] for row in rows),
        others_low=worst["recall_of_others"],
        others_at=worst["products"],
        others_high=max(row["recall_of_others"] for row in rows),
        buffered=MIN_BUILD_MEMORY_SIZE,
        system=SYSTEM_GB,
        texts=found["texts_bytes"],
        opening=found["opening_bytes"],
        served_256=_millions(reaches(SERVING.law(rows), 256).value),
        overhead=costs.RAY_OVERHEAD,
        links=costs.GRAPH_LINKS,
        double=2 * costs.GRAPH_LINKS,
        degree=costs.DISKANN_DEGREE,
        codes=costs.DISKANN_CODES,
        cache=costs.DISKANN_CACHE,
        growth=GROWTH,
        prices=COSTS,
    )


def _machine(machine: Mapping[str, Any]) -> str:
    return f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB"


def _measured(found: Mapping[str, Any]) -> str:
    """A row for each size, with the means of its repeats."""
    by_case: dict[tuple[int, float], list[Row]] = {}
    for row in found["rows"].values():
        by_case.setdefault((row["products"], row["noise"]), []).append(row)

    def mean(rows: list[Row], of: Callable[[Row], float]) -> float:
        return float(np.mean([of(row) for row in rows]))

    lines = []
    for (products, noise), rows in sorted(by_case.items(), key=lambda case: (case[0][1], case[0][0])):
        kind = "real" if not rows[0]["grown"] else "grown" if noise == NOISE else f"grown, noise {noise:g}"
        parts = [mean(rows, measure.value) for measure in (*BUILD, TUNING)]
        memory = [mean(rows, measure.value) for measure in (INDEX, BUILDING, SERVING)]
        recalls = [mean(rows, lambda row, name=name: row[name]) for name in RECALLS]
        trees = "/".join(str(count) for count in sorted({row["n_trees"] for row in rows}))
        effort = mean(rows, lambda row: row["search_k"])
        lines.append(
            (products, kind, len(rows), mean(rows, lambda row: row["build_s"]), sum(parts), *parts, *memory)
            + (trees, f"{effort:,.0f}", *(f"{recall:.4f}" for recall in recalls), mean(rows, QUERY.value))
            + (mean(rows, lambda row: row["scan"]["median_ms"]),)
        )
    head = ("products", "vectors", "times", "build, s", "… of a core", "trees", "graph", "exact", "tuning", "index, GB")
    head += ("build holds, GB", "serving holds, GB", "n_trees", "search_k", "recall@10", "of others", "of the graph")
    return _table((*head, "query, ms", "scan, ms"), lines)


def _laws(rows: list[Row]) -> str:
    """Each law, and its prediction for the largest size from the smaller ones."""
    largest = max(row["products"] for row in rows)
    before = [row for row in rows if row["products"] < largest]
    lines = []
    for measure in MEASURES:
        law, predicted = measure.law(rows), measure.law(before).at(largest)
        measured_value = float(np.mean([measure.value(row) for row in rows if row["products"] == largest]))
        lines.append(
            (
                measure.name,
                _form(law),
                _spanned(predicted),
                measured_value,
                "yes" if _holds(predicted, measured_value) else "no",
            )
        )
    real = [row for row in rows if not row["grown"]]
    most = max(row["products"] for row in real)
    predicted = QUERY.law(row for row in real if row["products"] < most).at(most)
    measured_value = float(np.mean([QUERY.value(row) for row in real if row["products"] == most]))
    asked = (f"{QUERY.name}, of {most:,} real ones", _form(QUERY.law(real)), _spanned(predicted), measured_value)
    lines.append((*asked, "yes" if _holds(predicted, measured_value) else "no"))
    head = ("what", "law of n products", f"what the smaller sizes say of {largest:,}", "measured", "within")
    return _table(head, lines)


def _form(law: Law) -> str:
    if isinstance(law, Line):
        return f"{law.at(0).value:.3g} + {law.slope * 1e6:.3g} a million"
    if isinstance(law, PowerLaw) and law.form == "power":
        return f"n^{law.exponent.value:.2f} ({law.exponent.low:.2f} – {law.exponent.high:.2f})"
    return "n · log n"


def _holds(predicted: Predicted, measured_value: float) -> bool:
    return predicted.low <= measured_value <= predicted.high


def _ahead(rows: list[Row]) -> str:
    laws: dict[str, tuple[Law, float]] = {"build of the index, hours of a core": (build_law(rows), 1 / 3600)}
    laws |= {measure.name: (measure.law(rows), 1.0) for measure in (INDEX, BUILDING, SERVING)}
    laws["query of such products, ms"] = query_law(rows), 1.0
    lines = [
        (name, *(_spanned(law.at(size), factor) for size in (1e6, *PREDICTED_SIZES)))
        for name, (law, factor) in laws.items()
    ]
    return _table(("what", "1 million", "10 million", "100 million", "1 billion"), lines)


def _ends(found: Mapping[str, Any], rows: list[Row]) -> str:
    usable = found["machine"]["memory_gb"] * 2**30 / GB - SYSTEM_GB
    serving, texts = SERVING.law(rows), Proportional(found["texts_bytes"] / GB)
    limits = {
        f"memory of the build ({usable:.1f} GB)": reaches(BUILDING.law(rows), usable),
        "memory to serve the vectors": reaches(serving, usable),
        "… with names and attributes as those measured": reaches(Sum([serving, texts]), usable),
        "a night (8 hours) for the build of the index": reaches(build_law(rows), costs.NIGHT_S),
    }
    lines = [(name, *(_millions(size) for size in (at.value, at.low, at.high))) for name, at in limits.items()]
    for name, rate in costs.PICTURES_A_SECOND.items():
        lines.append((f"a night to embed with the {name} ({rate:g} a second)", _millions(rate * costs.NIGHT_S), "", ""))
    nodes = (INDEX.law(rows).slope * GB - 4 * DEGREE) / (HEADERS[METRIC] + 4 * found["dim"])
    lines.append(("Annoy's 32-bit numbers of nodes", _millions(MAX_NODES / nodes), "", ""))
    return _table(("what ends", "million products", "from", "to"), lines)


def _costs(found: Mapping[str, Any], rows: list[Row]) -> str:
    lines = []
    for name, rate in costs.PICTURES_A_SECOND.items():
        days = [f"{costs.embedding_s(size, rate) / 86400:,.1f}" for size in PREDICTED_SIZES]
        lines.append((f"embedding on one machine, days ({name})", *days))
        machines = [f"{costs.machines_for_a_night(size, rate):,}" for size in PREDICTED_SIZES]
        lines.append((f"Ray: such machines for a night ({name})", *machines))
    texts = [size * found["items_bytes"] / GB for size in PREDICTED_SIZES]
    lines.append(("names, attributes and small thumbnails on disk, GB", *texts))
    lines.append(("Annoy: memory to serve, GB", *(SERVING.law(rows).at(size).value for size in PREDICTED_SIZES)))
    for name, footprint in costs.milvus(found["dim"]).items():
        lines.append((f"Milvus, {name}: memory, GB", *(size * footprint.memory / GB for size in PREDICTED_SIZES)))
        if footprint.disk:
            lines.append((f"Milvus, {name}: disk, GB", *(size * footprint.disk / GB for size in PREDICTED_SIZES)))
    return _table(("what", "10 million", "100 million", "1 billion"), lines)


def _spanned(found: Predicted, factor: float = 1.0) -> str:
    value, low, high = (_short(part * factor) for part in (found.value, found.low, found.high))
    return f"{value} ({low} – {high})"


def _millions(products: float) -> str:
    return _short(products / 1e6)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    return results.table(head, ([_short(cell) if isinstance(cell, float) else cell for cell in row] for row in rows))
