"""Replace the sample index by one with another encoder, and keep the figures of every encoder that was shipped.

The index gets the encoder's int8 form, a text tower that is trained on --queries, and a card. The figures are P@5 on
products that no training has seen. Without --encoder only the figures of the encoder that is shipped now are measured.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.core import results
from benchmarks.core.results import ROOT, Result, Row
from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.compare.candidates import Plan, embedded
from recsys.compare.table import scores_of
from recsys.encoder import Encoder
from recsys.evaluate.pool import first_picture
from recsys.evaluate.speed import time_encoding
from recsys.format.layout import COMPILED, ENCODER, MANIFEST, SAMPLE, TOWER, TOWER_WEIGHTS
from recsys.train.options import add_origin_options, origin_from
from recsys.train.text_tower.__main__ import train_tower


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoder", type=Path, help="a folder of `recsys train`")
    parser.add_argument("--queries", required=True, help="real products, on which confidence and figures are measured")
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="the index to replace (default: index)")
    parser.add_argument("--limit", type=int, help="only the first N products of --queries")
    parser.add_argument("--float", action="store_true", help="ship the float32 form in place of int8")
    add_origin_options(parser)


def run(options: argparse.Namespace) -> Result:
    queries = Catalog.open(options.queries, limit=options.limit)
    rows = _earlier_rows(options.encoder) or [
        _row("before", Encoder.from_pretrained(options.index), queries, options.index)
    ]
    if options.encoder:
        with tempfile.TemporaryDirectory() as folder:
            staged = Path(shutil.copytree(options.encoder, Path(folder) / "encoder"))
            origin_from(vars(options)).write(staged)
            encoder = Encoder.from_pretrained(staged, device="cpu")
            if not options.float:
                rows.append(_row(f"{options.encoder.name}, float32", encoder.compiled(), queries))
            print(train_tower(encoder, queries, staged))
            shop = Catalog.open(SAMPLE)
            build_index(shop, encoder, options.index, int8=not options.float, queries=queries)
        form = "float32" if options.float else "int8"
        shipped = Encoder.from_pretrained(options.index, device="cpu")
        rows.append(_row(f"{options.encoder.name}, {form}, shipped", shipped, queries, options.index))
    return Result({"": rows}, failures=_failures(rows))


def _earlier_rows(encoder: Path | None) -> list[Row]:
    """The rows of the stored result, but those of earlier runs with this encoder."""
    stored = results.load("ship")["tables"][""] if (results.FOLDER / "ship.json").is_file() else []
    return [row for row in stored if not (encoder and row["encoder"].startswith(f"{encoder.name}, "))]


def _row(name: str, encoder: Encoder, queries: Catalog, index: Path | None = None) -> dict[str, Any]:
    """The figures of an encoder, and the sizes of its files in an index."""
    candidate = embedded(encoder, Plan(queries, encoder.dim, epochs=0, device="cpu", random=False))
    height, width = encoder.spec.input_size[1:]
    network = f"{encoder.spec.architecture}, {width} × {height} px"
    scores = {f"P@5 {part.label}": part.precision.value for part in scores_of(candidate)}
    latency = time_encoding(candidate.encode, first_picture(queries, candidate.pool))
    return {
        "encoder": name,
        "network": network,
        "date": date.today().isoformat(),
        **scores,
        "weights": encoder.parameters,
        "ms a picture": latency.encode_ms,
        **(_sizes(index / ENCODER) if index and (index / MANIFEST).is_file() else {}),
    }


def _sizes(folder: Path) -> dict[str, float]:
    sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir()}
    compiled, tower = (sum(sizes.get(name, 0) for name in names) for names in (COMPILED, (TOWER, TOWER_WEIGHTS)))
    rest = sum(sizes.values()) - compiled - tower
    return {"MB as timm reads it": rest, "MB compiled": compiled, "MB text tower": tower}


MAX_LOSS = 0.003
"""By how much P@5 may fall by the int8 form."""


def _failures(rows: Sequence[Row]) -> list[str]:
    """The figures by which the last row, if it is an int8 form, is worse than its float32 form in the row before."""
    if len(rows) < 2 or ", int8" not in rows[-1]["encoder"]:
        return []
    before, shipped = rows[-2:]
    return [
        f"{name} falls by {before[name] - shipped[name]:.4f} in int8. Ship the float32 form with --float."
        for name in shipped
        if name.startswith("P@5") and before[name] - shipped[name] > MAX_LOSS
    ]
