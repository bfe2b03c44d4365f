"""Run a benchmark, print its tables, and store them in benchmarks/results/NAME.json.

python -m benchmarks NAME [options]     run one; --help after the name lists its options
python -m benchmarks --list             one line for each benchmark
python -m benchmarks docs               write docs/benchmarks.md from the stored results
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.core import results

BENCHMARKS = {
    "speed": ("speed.suite", "encoder, build, query, start-up, search, load and growth in one report"),
    "load": ("speed.load", "throughput and latency of the app with 1 to 16 clients"),
    "routes": ("speed.routes", "the plain JSON route against Gradio's, with one client and with eight"),
    "building": ("speed.building", "the rate of a build as a share of that of its encoder alone, in turn"),
    "neighbours": ("speed.neighbours", "recall against latency of the search, exact search and hnswlib"),
    "page": ("speed.page", "the page against an empty Gradio app: load time, weight, time from photo to products"),
    "encoder": ("quality.encoder", "an encoder beside the bars of its quality: attributes, the very product, names"),
    "candidates": ("quality.candidates", "candidate networks for the shipped encoder, trained alike"),
    "outfits": ("quality.outfits", "whether completed outfits obey their rules, and how many slots they fill"),
    "search": ("quality.search", "recall of the served search, and filtered search against exact search"),
    "words": ("quality.words", "text queries, as the catalogue writes them and messy: precision, empty answers, time"),
    "shoppers": ("quality.shoppers", "what likes add for simulated shoppers with a hidden preference"),
    "ship": ("quality.ship", "replaces the sample index by one with another encoder; the figures of every encoder"),
    "stores": ("quality.stores", "Annoy against Milvus: latency and recall, with and without a filter"),
    "continued-build": ("resilience.continued_build", "a build through the Hub, killed and continued"),
    "damage": ("resilience.damage", "every file of an index with a byte changed or cut off"),
    "faults": ("resilience.faults", "faults of the Hub at start, while the app runs, and during a push"),
    "fuzz": ("resilience.fuzz", "mutated pictures and mutated requests: crashes, hangs, leaks"),
    "kills": ("resilience.kills", "builds and pushes killed at random moments, each run again"),
    "rays": ("resilience.rays", "a build by Ray with workers, nodes and driver killed, against a plain one"),
    "links": ("resilience.links", "1,000 pictures by link from a server that fails, with a kill in between"),
    "reload": ("resilience.reload", "newer indexes published while clients send requests"),
    "slow-readers": ("resilience.slow_readers", "what 200 connections that read a byte a second cost the others"),
    "soak": ("resilience.soak", "32 clients for ten minutes: throughput, rejections, memory"),
    "updating": ("resilience.updating", "an update of 1 % of the catalogue against a full build"),
    "walks": ("resilience.walks", "random walks through the page in Chromium, against a model of the page"),
    "pushes": ("resilience.pushes", "the bytes that an update of 1 % sends to the Hub, against a full push"),
    "bounded": ("growth.bounded", "memory of a build beside its files, up to a million random vectors, with its law"),
    "whole-build": ("growth.whole_build", "memory of a whole build, up to a million products, with its law"),
    "large": ("growth.large", "an app over millions of products that Milvus searches: start, memory, answers"),
    "growth": ("growth.study", "build, size, memory and query up to a million products, extrapolated to a billion"),
}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark that the first argument names; returns the exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("name", nargs="?", choices=[*BENCHMARKS, "docs"], metavar="NAME")
    options = parser.parse_args(arguments[:1])
    if options.list or not options.name:
        print("\n".join(f"{name:<16} {line}" for name, (_, line) in BENCHMARKS.items()))
        return 0
    if options.name == "docs":
        results.write_docs()
        return 0
    return run(options.name, arguments[1:])


def run(name: str, arguments: Sequence[str]) -> int:
    """Run one benchmark with these options; returns 1 if it found failures."""
    benchmark = import_module(f"benchmarks.{BENCHMARKS[name][0]}")
    parser = argparse.ArgumentParser(
        f"python -m benchmarks {name}",
        description=benchmark.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    benchmark.add_arguments(parser)
    parser.add_argument("--output", type=Path, help="the JSON file of results; benchmarks/results/NAME.json by default")
    options = parser.parse_args(arguments)
    os.environ["TQDM_DISABLE"] = "1"
    result = benchmark.run(options)
    if result is None:  # the benchmark has stored its own results
        return 0
    output = options.output or results.FOLDER / f"{name}{'-small' if getattr(options, 'small', False) else ''}.json"
    results.save(result, name, arguments, output)
    print(f"\n{results.to_markdown(result.tables)}\n\nStored in {output}")
    for failure in result.failures[:40]:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
