"""What an update of an index sends to the Hub, by the Hub's own client (hf_xet), for four kinds of change.

The client cuts files into parts and sends those that the store lacks. Here the store is a folder, in place of the Hub's
server: the client decides what to send as it does there. "Whole files" is what a client without Xet sends: every file
that differs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import ImageOps

from benchmarks.core.processes import run as run_command
from benchmarks.core.results import Result
from benchmarks.resilience.updating import picture_cell, picture_of
from recsys.runtime.hashing import file_sha256

MAX_SHARE = 0.05
BARRED = ("new products at the end", "new products at the top")
SEND = """
import hf_xet, json, sys
commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{sys.argv[1]}")
for path in sys.argv[2:]:
    commit.start_upload_file(path)
print(json.dumps(commit.wait_to_finish().dedup_metrics.xorb_bytes_uploaded))
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--count", type=int, default=4_000, help="products of the catalogue (default: %(default)s)")
    parser.add_argument("--change", type=float, default=0.01, help="share that changes (default: %(default)s)")


def run(options: argparse.Namespace) -> Result:
    table = pa.concat_tables([pq.read_table(path) for path in sorted((options.data / "data").glob("*.parquet"))])
    table = table.slice(0, options.count)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        before = _build(table, work, "before", [])
        for kind, changed in _changes(table, options.change).items():
            after = _build(changed, work, kind.replace(" ", "-"), ["--update", str(before)])
            rows.append({"change": kind} | _sent(before, after, work / f"store-{len(rows)}"))
    over = [row for row in rows if row["change"] in BARRED and row["share"] > MAX_SHARE]
    failures = [f"{row['change']}: an update sends {row['share']:.1%} of a full push" for row in over]
    shown = [row | {"share": f"{row['share']:.1%}", "items.parquet": f"{row['items.parquet']:.1%}"} for row in rows]
    return Result({f"{len(table):,} products, {options.change:.0%} of them changed": shown}, failures)


def _changes(table: pa.Table, share: float) -> dict[str, pa.Table]:
    """The catalogue after each kind of change."""
    rows, count = table.to_pylist(), round(share * len(table))
    order = np.random.default_rng(0).permutation(len(table))
    chosen = order[:count].tolist()
    new = [
        {**rows[row], "id": 10**6 + row, "image": picture_cell(ImageOps.flip(picture_of(rows[row])))} for row in chosen
    ]
    other = {row: {**rows[row], "image": picture_cell(ImageOps.mirror(picture_of(rows[row])))} for row in chosen}
    sold = [{**row, "season": "Sale"} if place in other else row for place, row in enumerate(rows)]
    kinds = {
        "new products at the end": rows + new,
        "new products at the top": new + rows,
        "another value in scattered rows": sold,
        "another picture in scattered rows": [other.get(place, row) for place, row in enumerate(rows)],
    }
    return {kind: pa.Table.from_pylist(changed, table.schema) for kind, changed in kinds.items()}


def _build(table: pa.Table, work: Path, name: str, flags: list[str]) -> Path:
    data, output = work / f"{name}-data", work / name
    (data / "data").mkdir(parents=True)
    pq.write_table(table, data / "data" / "train-00000-of-00001.parquet")
    encoder = [] if flags else ["--encoder", "index"]
    home = {"HF_HOME": str(work / "home"), "HF_HUB_OFFLINE": "1"}
    done = run_command(["build_index.py", "--dataset", str(data), "--output", str(output), *encoder, *flags], home)
    assert done.status == 0, done.output
    return output


def _sent(before: Path, after: Path, store: Path) -> dict[str, Any]:
    """The bytes that a first push of the old index sends, and then a push of the new one."""
    full, update = _send(_files(before), store), _send(_files(after), store)
    items = [_send([folder / "items.parquet"], store.with_name(f"{store.name}-items")) for folder in (before, after)]
    known = {file_sha256(path) for path in _files(before)}
    whole = sum(path.stat().st_size for path in _files(after) if file_sha256(path) not in known)
    row = {"full push, MB": full / 1e6, "update, MB": update / 1e6, "share": update / full}
    return row | {"items.parquet": items[1] / items[0], "whole files, MB": whole / 1e6}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _send(files: list[Path], store: Path) -> int:
    """The bytes that the client sends to this store, in a process of its own, because one process locks the store."""
    done = run_command(["-c", SEND, str(store), *map(str, files)], {})
    assert done.status == 0
    return int(json.loads(done.output.splitlines()[-1]))
