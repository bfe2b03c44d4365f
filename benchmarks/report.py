"""A report as Markdown: what was to be reached and what was, and a table for each section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from bars import BARS


def to_markdown(report: Mapping[str, Any], plots: Mapping[str, str]) -> str:
    """The report with its plots, section → file name."""
    parts = ["# Speed", f"`{report['command']}`", _machine(report["machine"]), summary(report)]
    for section, tables in SECTIONS.items():
        found = report.get(section)
        if not found:
            continue
        parts += [f"## {section.capitalize()}", *tables(found)]
        if section in plots:
            parts.append(f"![{section}]({plots[section]})")
    return "\n\n".join(parts) + "\n"


def summary(report: Mapping[str, Any]) -> str:
    """Every bar with its figure."""
    rows = []
    for bar in BARS:
        figure = bar.figure(report)
        if figure is not None:
            least = f"{'≥' if bar.at_least else '≤'} {bar.bar:g} {bar.unit}".rstrip()
            shown = f"{figure:.5f}" if 0.999 < figure < 1 else f"{figure:.3g}"
            rows.append(
                (bar.what, f"{shown} {bar.unit}".rstrip(), least, "yes" if bar.holds(figure, bar.bar) else "no")
            )
    return table(("what", "figure", "bar", "reached"), rows)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table; numbers are cut to three digits."""
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [[_shown(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: Any) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _machine(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (
        f"{machine['cores']} cores of {machine['processor']} ({', '.join(machine['flags'])}),"
        f" {machine['memory_gb']} GB; {machine['system']}; {versions}. Load average {machine['load_average']:.1f} at"
        " the start. What is compared was measured in turn; ratios are medians of the ratios round by round, times"
        " medians. Each measure has a fresh process; the disk cache is warm."
    )


def _errors(found: Mapping[str, Any]) -> list[str]:
    return [f"Not measured: {found['error']}"] if isinstance(found.get("error"), str) else []


def _encoders(found: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, network in found.items():
        if problem := _errors(network):
            parts += [f"### {name}", *problem]
            continue
        parts.append(
            f"### {name}: {network['architecture']} at {' × '.join(map(str, network['input'][1:]))} px,"
            f" {network['gflop']:.2f} GFLOP a picture; a matrix product reaches {network['matmul_gflops']:.0f} GFLOP/s"
        )
        rows = [
            (runtime.replace("_", ", "), batch, row["median_ms"], row["least_ms"], row["pictures_a_second"])
            + (row["against_eager"], row["of_matmul"])
            for runtime, found_by in network["runtimes"].items()
            for batch, row in found_by["by_batch"].items()
        ]
        head = ("runtime", "pictures", "ms", "least ms", "pictures/s", "× plain PyTorch", "of the matrix product")
        parts.append(table(head, rows))
        rows = [
            (runtime.replace("_", ", "), f"{row['cosine']:.6f}", row["load_s"], row["memory_mb"])
            for runtime, row in network["runtimes"].items()
        ]
        parts.append(table(("runtime", "least cosine to eager", "ready after, s", "memory, MB"), rows))
    return parts


def _build(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (name, row["architecture"], row["products"], median(row["encoder_a_second"]), median(row["build_a_second"]))
        + (row["of_bound"], row["embedding_s"], row["total_s"], row["peak_mb"], row["index_mb"])
        for name, row in found.items()
        if not _errors(row)
    ]
    head = ("encoder", "network", "products", "encoder alone, pictures/s", "build, pictures/s", "share")
    head += ("embedding, s", "in all, s", "peak, MB", "index, MB")
    return [table(head, rows), *(problem for row in found.values() for problem in _errors(row))]


def _query(found: Mapping[str, Any]) -> list[str]:
    stages = [(name, row["median_ms"], row["least_ms"]) for name, row in found["stages"].items()]
    trips = [(name, row["median_ms"], row["least_ms"]) for name, row in found["api"]["times"].items()]
    return [
        f"{found['products']:,} products, {found['runtime']}.",
        table(("stage, in process", "ms", "least ms"), stages),
        table(("by HTTP", "ms", "least ms"), trips),
    ]


def _startup(found: Mapping[str, Any]) -> list[str]:
    names = {"import_gradio_s": "`import gradio`", "page_s": "page", "answer_after_page_s": "from there to an answer"}
    whole = [(name, median(found[times]), min(found[times])) for times, name in names.items()]
    steps = sorted(found["steps_s"].items(), key=lambda step: step[1])
    return [table(("fresh process", "s", "least s"), whole), table(("step", "s from the start"), steps)]


def _neighbours(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (row["engine"], row["n_trees"] or "", row["effort"] or "", f"{row['recall']:.4f}", row["ms"])
        for row in found["rows"]
    ]
    filters = [(row["share"], row["ms"]) for row in found["filters"]]
    return [
        f"{found['products']:,} vectors of {found['dim']} dimensions, {found['queries']:,} queries left out of them.",
        table(("engine", "trees", "search_k or ef", "recall@10", "ms"), rows),
        table(("share that passes a filter", "ms"), filters),
    ]


def _load(found: Mapping[str, Any]) -> list[str]:
    names = ("throughput", "p50", "p95", "p99", "errors")
    rows = [(count, *(row[name] for name in names)) for count, row in found["by_clients"].items()]
    return [table(("clients", "answers/s", "p50, ms", "p95, ms", "p99, ms", "errors"), rows)]


def _growth(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (row["products"], "grown" if row["grown"] else "real", row["build_s"], row["build_peak_mb"], row["index_mb"])
        + (row["n_trees"], row["search_k"], f"{row['recall']:.4f}", row["search"]["median_ms"])
        + (row["scan"]["median_ms"], row["memory_mb"], row["open_ms"])
        for row in found["rows"]
    ]
    head = ("products", "vectors", "build, s", "peak, MB", "index, MB", "trees", "search_k", "recall@10", "query, ms")
    note = "Grown vectors lie between a real one and one of its ten nearest, with noise of 0.3 of their distance."
    return [table((*head, "scan by NumPy, ms", "memory, MB", "open, ms"), rows), note]


def _or_error(tables: Any) -> Any:
    return lambda found: _errors(found) or tables(found)


SECTIONS = {
    "encoders": _encoders,
    "build": _build,
    "query": _or_error(_query),
    "startup": _or_error(_startup),
    "neighbours": _or_error(_neighbours),
    "load": _or_error(_load),
    "growth": _or_error(_growth),
}
