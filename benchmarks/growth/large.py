"""An app over millions of synthetic products that a Milvus server searches: start, memory, first and later answers.

The app's folder has no vectors. The server, which is not measured, keeps the collection, so that a second run needs no
load. Names have six words, attributes are eight, thumbnails come from a small pool. Needs requirements-scale.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.core.app import RunningApp, our_app
from benchmarks.core.processes import ROOT, processor_s
from benchmarks.core.results import Result, figures
from recsys.format.manifest import Manifest
from recsys.index.folder import IndexFolder
from recsys.stores.milvus import IndexCollection, Milvus, load
from recsys.stores.milvus.plan import INDEX_KINDS
from testkit.large_shop import FileSearcher, write_large_shop
from testkit.memory import memory_mb

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "by a product, first": ("similar", {"item_id": "p77"}),
    "by a product": ("similar", {"item_id": "p4321"}),
    "by a product, filtered": ("similar", {"item_id": "p4321", "where": {"baseColour": "baseColour 3"}}),
    "by a text, first": ("recommend", {"text": "subCategory 3"}),
    "by a text": ("recommend", {"text": "gender 2 baseColour 7"}),
    "by a product, in another colour, first": ("similar", {"item_id": "p77", "but": {"baseColour": "baseColour 3"}}),
    "by a product, in another colour": ("similar", {"item_id": "p4321", "but": {"baseColour": "baseColour 4"}}),
}
TIMEOUT_S = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--uri", required=True, help="a Milvus server")
    parser.add_argument("--data", type=Path, required=True, help="folder for the synthetic index, of which it is kept")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--dim", type=int, default=32)
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="whose encoder the app has")
    parser.add_argument(
        "--kind", choices=INDEX_KINDS, default="FLAT", help="of the index in Milvus: a graph is slow to build"
    )


def run(options: argparse.Namespace) -> Result:
    folder = options.data / f"shop{options.rows}x{options.dim}"
    if not folder.exists():
        write_large_shop(folder, options.rows, options.dim, options.index)
    load_shop(folder, options)
    with our_app(folder, STORE_URI=options.uri) as app:
        rows = [_state(app, "start, to the first page", app.page_s)]
        rows += [_state(app, name, _seconds(app, *request)) for name, request in REQUESTS.items()]
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    summary = {"products": options.rows, "dimensions": options.dim, "on the app's disk, MB": disk / 2**20}
    return Result({"": rows, " ": figures({**summary, "load average": os.getloadavg()[0]})})


def load_shop(folder: Path, options: argparse.Namespace) -> None:
    """Load the vectors of a synthetic index, unless the server has them."""
    milvus, manifest = Milvus(options.uri, os.environ.get("STORE_TOKEN")), Manifest.read(folder)
    items = IndexFolder.open(folder, in_store=True).items
    searcher = FileSearcher(folder.with_suffix(".npy"), items)
    load(milvus, IndexCollection.from_manifest(manifest), items, searcher, options.kind)


def _seconds(app: RunningApp, endpoint: str, body: dict[str, Any]) -> float:
    """The time of a request for ten products."""
    headers, data = {"Content-Type": "application/json"}, json.dumps({**body, "k": 10}).encode()
    request, started = urllib.request.Request(f"{app.url}api/{endpoint}", data, headers), time.perf_counter()
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        if len(json.load(answer)["matches"]) != 10:
            raise RuntimeError(f"/{endpoint} answers {body} with fewer than ten products")
    return time.perf_counter() - started


def _state(app: RunningApp, what: str, seconds: float) -> dict[str, Any]:
    return {
        "what": what,
        "seconds": seconds,
        "processor, s since the start": processor_s(app.pid),
        "resident, MB": memory_mb(app.pid),
        "of it anonymous, MB": memory_mb(app.pid, "RssAnon"),
        "peak, MB": memory_mb(app.pid, "VmHWM"),
    }
