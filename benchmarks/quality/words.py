"""Text queries on a catalogue with names: as the catalogue writes them, and as visitors type them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.core.results import Result
from benchmarks.core.timing import ms
from recsys.evaluate.messy_queries import messy_queries, plain_queries
from recsys.evaluate.word_queries import DEPTH, WordQueries
from recsys.recommend.recommender import Recommender

PLAIN, MESSY = 200, 500
BARS = {"plain": 0.98, "messy": 0.93}
"""The least P@10."""
MAX_MEDIAN_MS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, required=True, help="an index with at least 200 pairs of kind and colour")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> Result:
    return measure(Recommender.from_pretrained(options.index), options.seed)


def measure(shop: Recommender, seed: int) -> Result:
    first_ms = ms(lambda: shop.recommend(text="red"))[0]
    queries = (plain_queries(shop.items, PLAIN, seed), messy_queries(shop.items, MESSY, seed))
    rows = [_measured(shop, one) for one in queries]
    failures = [f"{row['queries']}: P@10 {row['P@10']:.3f}" for row in rows if row["P@10"] < BARS[row["queries"]]]
    failures += [f"{row['queries']}: {row['empty']} empty answers" for row in rows if row["empty"]]
    failures += [f"{row['queries']}: {row['ms']:.1f} ms" for row in rows if row["ms"] > MAX_MEDIAN_MS]
    return Result({f"{len(shop):,} products, first text query {first_ms:.0f} ms": rows}, failures)


def _measured(shop: Recommender, queries: WordQueries) -> dict[str, object]:
    answers, times = [], []
    for text in queries.texts:
        took, answer = ms(lambda text=text: shop.recommend(text=text, k=DEPTH))
        answers.append([match.row for match in answer])
        times.append(took)
    shares = [np.isin(found, right).sum() / DEPTH for found, right in zip(answers, queries.right, strict=True)]
    return {
        "queries": queries.case,
        "count": len(shares),
        "P@10": float(np.mean(shares)),
        "empty": sum(not found for found in answers),
        "ms": float(np.median(times)),
        "ms (95 %)": float(np.percentile(times, 95)),
    }
