"""A day's change of a catalogue: an update of the published index, on a machine that has nothing, against a full build.

The times with ResNet-50 are extrapolated from the number of pictures.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps

from benchmarks.core.hub import REPO, client_settings, running_hub
from benchmarks.core.processes import Run
from benchmarks.core.processes import run as run_command
from benchmarks.core.results import Result, figures
from recsys.index.folder import IndexFolder

EMBEDDED = re.compile(r"([\d,]+) pictures embedded \(([\d.]+) a second\)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a folder in the layout of a dataset repository")
    parser.add_argument("--change", type=float, default=0.01, help="share that is new or has another picture")
    parser.add_argument("--rates", type=float, nargs="+", default=[15, 25], help="pictures a second of ResNet-50")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, running_hub() as hub:
        work = Path(temporary)
        write_changed(options.data, work / "today", options.change)
        settings = client_settings(hub, work) | {"HF_TOKEN": "hf_test"}
        push = ["build_index.py", "--push-to-hub", REPO]
        flags = ["--dataset", str(options.data), "--encoder", "index", "--output", str(work / "full")]
        full = run_command([*push, *flags], settings)
        flags = ["--dataset", str(work / "today"), "--update", "--output", str(work / "updated")]
        update = run_command([*push, *flags], settings)
        same, shared = _same_vectors(work / "full", work / "updated")
    (pictures, seconds), (few, _) = _embedding(full), _embedding(update)
    rows = [
        {"build": name, "s": done.seconds, "peak, MB": done.peak_mb, "pictures embedded": count}
        for name, done, count in (("full", full, pictures), ("update", update, few))
    ]
    slower: list[dict[str, Any]] = []
    for rate in options.rates:
        whole, part = full.seconds - seconds + pictures / rate, update.seconds + few / rate
        slower.append({"pictures a second": rate, "full, s": whole, "update, s": part, "share": f"{part / whole:.1%}"})
    unchanged = figures({"unchanged products": shared, "with the same vector to the last bit": same})
    failures = [] if same == shared else [f"{shared - same} unchanged products have another vector"]
    return Result({"": rows, "With ResNet-50, extrapolated": slower, " ": unchanged}, failures)


def write_changed(data: Path, folder: Path, share: float) -> None:
    """Write the catalogue with this share new or with another picture, half and half, and half as many removed."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted((data / "data").glob("*.parquet"))])
    order = np.random.default_rng(0).permutation(len(table))
    removed, changed, copied = np.split(order[: 3 * round(share * len(table) / 2)], 3)
    rows = table.to_pylist()
    for row in changed:
        rows[row]["image"] = picture_cell(ImageOps.mirror(picture_of(rows[row])))
    added = [
        {**rows[row], "id": 10**6 + int(row), "image": picture_cell(ImageOps.flip(picture_of(rows[row])))}
        for row in copied
    ]
    gone = set(removed.tolist())
    kept = [row for number, row in enumerate(rows) if number not in gone]
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(kept + added, table.schema), folder / "data" / "train-00000-of-00001.parquet")


def picture_of(row: dict[str, dict[str, bytes]]) -> Image.Image:
    return Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")


def picture_cell(image: Image.Image) -> dict[str, object]:
    """The picture as a cell of the dataset's image column."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85)
    return {"bytes": out.getvalue(), "path": None}


def _embedding(done: Run) -> tuple[int, float]:
    """How many pictures a build embedded, and the seconds that took."""
    found = EMBEDDED.search(done.output)
    assert found, done.output
    count = int(found[1].replace(",", ""))
    return count, count / float(found[2])


def _same_vectors(before: Path, after: Path) -> tuple[int, int]:
    """Of the products with the same picture in both indexes: how many have equal vectors, and how many there are."""
    old, new = IndexFolder.open(before), IndexFolder.open(after)
    keys = [
        {id: key.tobytes() for id, key in zip(each.items.ids, np.load(each.path / "pictures.npy"), strict=True)}
        for each in (old, new)
    ]
    ids = [id for id, key in keys[0].items() if keys[1].get(id) == key]
    vectors = [each.searcher.vectors([each.items.row(id) for id in ids]) for each in (old, new)]
    return int((vectors[0] == vectors[1]).all(1).sum()), len(ids)
