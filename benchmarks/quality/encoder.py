"""An encoder beside the bars of its quality: clean and wild pictures, the very product, the same name, a drawn shop.

Queries are products that no training has seen. The embedded catalogue is kept in a folder, so that another run with the
same encoder and data takes a minute or two.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.core.results import Result
from recsys.catalog import Catalog
from recsys.core.ranking import Estimate
from recsys.encoder import Encoder
from recsys.evaluate import Pool, embed
from recsys.evaluate.retrieval import precisions, roles_of
from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.evaluate.task_inputs import Contender, TaskInputs
from recsys.evaluate.task_report import TaskReport
from recsys.evaluate.tasks import DEFAULT_QUERIES, TaskRun, run_tasks, sample_inputs
from recsys.runtime.hashing import sha256

LABELS = (("kind",), ("colour",), ("kind", "wearer"), ("kind", "colour", "wearer"))
LOSS = "wild: its loss"
BARS = {
    "clean: P@5 of kind": 0.89,
    "clean: P@5 of colour": 0.66,
    "clean: P@5 of kind and wearer": 0.82,
    "clean: P@5 of kind and colour and wearer": 0.55,
    LOSS: 0.05,
    "light: R@1": 0.88,
    "light: R@10": 0.98,
    "wild: R@1": 0.64,
    "wild: R@10": 0.88,
    "same name: R@1": 0.26,
    "same name: R@10": 0.50,
    "drawn shop: first has both": 0.70,
    "drawn shop: one of 5 has both": 0.92,
}
"""The loss is a most, the others are a least."""

Figures = dict[tuple[str, str], tuple[int, Estimate]]
"""Measure and encoder → the number of queries, and the figure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--larger", help="larger pictures of some of its products, to make light and wild queries of")
    parser.add_argument("--encoder", default="index", help="timm model, encoder or index folder (default: %(default)s)")
    parser.add_argument("--beside", action="append", default=[], help="another encoder to measure; repeatable")
    parser.add_argument("--shop", default="sample", help="the drawn shop (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=DEFAULT_QUERIES, help="light and wild queries")
    parser.add_argument("--limit", type=int, help="only the first N products")
    parser.add_argument("--cache", type=Path, default=Path("runs/vectors"), help="folder of embedded catalogues")


def run(options: argparse.Namespace) -> Result:
    catalog = Catalog.open(options.data, limit=options.limit)
    larger = Catalog.open(options.larger) if options.larger else None
    encoders = [Encoder.from_pretrained(source, device="cpu") for source in (options.encoder, *options.beside)]
    pools = [_embedded(catalog, encoder, options.cache) for encoder in encoders]
    names = [Path(source).name for source in (options.encoder, *options.beside)]
    contenders = [
        Contender(name, encoder.encode, pool.vectors)
        for name, encoder, pool in zip(names, encoders, pools, strict=True)
    ]
    contenders.append(Contender.thumbnails(pools[0]))
    inputs = sample_inputs(pools[0], contenders, catalog, larger, options.queries)
    reports = run_tasks(("products", "names", "drawn"), TaskRun(inputs, encoders[0], options.shop))
    found = _clean(inputs) | _of_tasks(reports)
    return Result({"": [_row(measure, found, contenders) for measure in BARS if (measure, names[0]) in found]})


def _embedded(catalog: Catalog, encoder: Encoder, cache: Path) -> Pool:
    """The embedded catalogue, from the cache if it is there."""
    data = f"{catalog.dataset} {catalog.revision} {len(catalog)}"
    path = cache / f"{encoder.spec.fingerprint[:16]}-{sha256(data.encode())[:8]}.npz"
    if not path.exists():
        pool = embed(catalog, encoder.encode)
        cache.mkdir(parents=True, exist_ok=True)
        ids = np.array([item.id for item in pool.items])
        np.savez(path, ids=ids, vectors=pool.vectors, pixels=pool.pixels)
        return pool
    with np.load(path) as stored:
        kept = set(stored["ids"].tolist())
        items = [product.item for product in catalog if product.item.id in kept]
        return Pool(items, stored["vectors"], stored["pixels"])


def _clean(inputs: TaskInputs) -> Figures:
    """P@5 of all held-out products among the others, as they are in the catalogue."""
    found: Figures = {}
    roles = roles_of(inputs.pool)
    for contender in inputs.contenders:
        pool = inputs.pool.with_vectors(contender.vectors)
        task = SearchTask.disjoint(pool.take(inputs.held), pool.take(inputs.kept))
        for label in LABELS:
            attributes = [name for role in label if (name := getattr(roles, role))]
            right = precisions(attributes, task)
            if len(attributes) == len(label) and len(right):
                name = f"clean: P@{PRECISION_K} of {' and '.join(label)}"
                found[name, contender.name] = len(right), Estimate.from_values(right)
    return found


def _of_tasks(reports: Sequence[TaskReport]) -> Figures:
    return dict(_measures(reports))


def _measures(reports: Sequence[TaskReport]) -> Iterator[tuple[tuple[str, str], tuple[int, Estimate]]]:
    for report in reports:
        for score in report.scores:
            case = score.case if report.task == "very product" else report.task
            for name, estimate in score.measures.items():
                yield (f"{case}: {name}", score.encoder), (score.queries, estimate)


def _row(measure: str, found: Figures, contenders: Sequence[Contender]) -> dict[str, Any]:
    queries, figure = found[measure, contenders[0].name]
    bar, value = BARS[measure], figure.value
    reached = value <= bar if measure == LOSS else value >= bar
    row: dict[str, Any] = {"measure": measure, "queries": queries, f"{contenders[0].name} (95 %)": str(figure)}
    row |= {"bar": f"{'≤' if measure == LOSS else '≥'} {bar:.2f}", "reached": reached}
    others = [each.name for each in contenders[1:] if (measure, each.name) in found]
    return row | {name: round(found[measure, name][1].value, 3) for name in others}
