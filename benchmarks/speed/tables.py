"""The tables of a speed report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

from benchmarks.core.results import Row, Tables
from benchmarks.speed.bars import BARS

Found = Mapping[str, Any]


def tables(report: Found) -> Tables:
    """The bars, and the tables of each section that was measured."""
    found: dict[str, list[Row]] = {"Bars": bars(report)}
    for section, rows_of in SECTIONS.items():
        if section not in report:
            continue
        if "error" in report[section]:
            found[section] = [{"not measured": report[section]["error"]}]
        else:
            found |= {title: list(rows) for title, rows in rows_of(report[section])}
    return found


def bars(report: Found) -> list[Row]:
    """Every bar with its figure."""
    rows = []
    for bar in BARS:
        figure = bar.figure(report)
        if figure is not None:
            shown = f"{figure:.5f}" if 0.999 < figure < 1 else f"{figure:.3g}"
            limit = f"{'≥' if bar.at_least else '≤'} {bar.bar:g} {bar.unit}".rstrip()
            reached = bar.holds(figure, bar.bar)
            rows.append({"what": bar.what, "figure": f"{shown} {bar.unit}".rstrip(), "bar": limit, "reached": reached})
    return rows


def _encoders(networks: Found) -> Iterator[tuple[str, list[Row]]]:
    for name, network in networks.items():
        if "error" in network:
            yield f"Encoder {name}", [{"not measured": network["error"]}]
            continue
        title = (
            f"Encoder {name}: {network['architecture']} at {' × '.join(map(str, network['input'][1:]))} px,"
            f" {network['gflop']:.2f} GFLOP a picture; a matrix product reaches {network['matmul_gflops']:.0f} GFLOP/s"
        )
        yield (
            title,
            [
                {"runtime": runtime.replace("_", ", "), "pictures": int(batch), "ms": row["median_ms"]}
                | {"least ms": row["least_ms"], "pictures/s": row["pictures_a_second"]}
                | {"× plain PyTorch": row["against_eager"], "of the matrix product": row["of_matmul"]}
                for runtime, facts in network["runtimes"].items()
                for batch, row in facts["by_batch"].items()
            ],
        )
        yield (
            f"Runtimes of encoder {name}",
            [
                {"runtime": runtime.replace("_", ", "), "least cosine to eager": f"{row['cosine']:.6f}"}
                | {"ready after, s": row["load_s"], "memory, MB": row["memory_mb"]}
                for runtime, row in network["runtimes"].items()
            ],
        )


def _build(builds: Found) -> Iterator[tuple[str, list[Row]]]:
    yield (
        "Build",
        [
            {"encoder": name, "not measured": row["error"]}
            if "error" in row
            else {"encoder": name, "network": row["architecture"], "products": row["products"]}
            | {"encoder alone, pictures/s": median(row["encoder_a_second"])}
            | {"build, pictures/s": median(row["build_a_second"]), "share": row["of_bound"]}
            | {"embedding, s": row["embedding_s"], "in all, s": row["total_s"]}
            | {"peak, MB": row["peak_mb"], "index, MB": row["index_mb"]}
            for name, row in builds.items()
        ],
    )


def _times(first: str, times: Found) -> list[Row]:
    return [{first: name, "ms": row["median_ms"], "least ms": row["least_ms"]} for name, row in times.items()]


def _query(found: Found) -> Iterator[tuple[str, list[Row]]]:
    title = f"Query of {found['products']:,} products, {found['runtime']}"
    yield title, _times("stage, in process", found["stages"])
    yield "Query by HTTP", _times("request", found["api"]["times"])


def _startup(found: Found) -> Iterator[tuple[str, list[Row]]]:
    names = {"import_gradio_s": "`import gradio`", "page_s": "page", "answer_after_page_s": "from there to an answer"}
    yield (
        "Start-up",
        [
            {"new process": name, "s": median(found[times]), "least s": min(found[times])}
            for times, name in names.items()
        ],
    )
    steps = sorted(found["steps_s"].items(), key=lambda step: step[1])
    yield "Steps of the start-up", [{"step": name, "s from the start": seconds} for name, seconds in steps]


def neighbour_tables(found: Found) -> Iterator[tuple[str, list[Row]]]:
    title = f"Search of {found['products']:,} vectors of {found['dim']} dimensions, {found['queries']:,} queries"
    yield (
        title,
        [
            {"engine": row["engine"], "trees": row["n_trees"], "search_k or ef": row["effort"]}
            | {"recall@10": row["recall"], "ms": row["ms"]}
            for row in found["rows"]
        ],
    )
    yield "Filtered search", [{"share that passes": row["share"], "ms": row["ms"]} for row in found["filters"]]


def _load(found: Found) -> Iterator[tuple[str, list[Row]]]:
    yield "Load", [{"clients": int(count)} | row for count, row in found["by_clients"].items()]


def _growth(found: Found) -> Iterator[tuple[str, list[Row]]]:
    yield (
        "Growth",
        [
            {"products": row["products"], "vectors": "grown" if row["grown"] else "real", "build, s": row["build_s"]}
            | {"peak, MB": row["build_peak_mb"], "index, MB": row["index_mb"], "trees": row["n_trees"]}
            | {"search_k": row["search_k"], "recall@10": row["recall"], "query, ms": row["search"]["median_ms"]}
            | {
                "scan by NumPy, ms": row["scan"]["median_ms"],
                "memory, MB": row["memory_mb"],
                "open, ms": row["open_ms"],
            }
            for row in found["rows"]
        ],
    )


SECTIONS: dict[str, Callable[[Found], Iterator[tuple[str, list[Row]]]]] = {
    "encoders": _encoders,
    "build": _build,
    "query": _query,
    "startup": _startup,
    "neighbours": neighbour_tables,
    "load": _load,
    "growth": _growth,
}
