"""A day's change of a catalogue: an update of the published index against a full build. Prints Markdown."""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps
from watch import Run, run

from recsys.index.folder import IndexFolder
from testkit.hub_double import HubDouble

REPO = "me/shop"
FACTS = re.compile(r"([\d,]+) pictures embedded \(([\d.]+) a second\)")


def write_today(data: Path, folder: Path, share: float) -> None:
    """The catalogue of `data`, this share of it new or with another picture, half and half, and half as many gone."""
    table = pa.concat_tables([pq.read_table(path) for path in sorted((data / "data").glob("*.parquet"))])
    order = np.random.default_rng(0).permutation(len(table))
    gone, changed, copied = np.split(order[: 3 * round(share * len(table) / 2)], 3)
    lost = set(gone.tolist())
    rows = table.to_pylist()
    for row in changed:
        rows[row]["image"] = encoded(ImageOps.mirror(opened(rows[row])))
    added = [
        {**rows[row], "id": 10**6 + int(row), "image": encoded(ImageOps.flip(opened(rows[row])))} for row in copied
    ]
    kept = [row for number, row in enumerate(rows) if number not in lost]
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(kept + added, table.schema), folder / "data" / "train-00000-of-00001.parquet")


def opened(row: dict[str, dict[str, bytes]]) -> Image.Image:
    """The picture of a row."""
    return Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")


def encoded(image: Image.Image) -> dict[str, object]:
    """A cell of the column of pictures."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85)
    return {"bytes": out.getvalue(), "path": None}


def embedding(done: Run) -> tuple[int, float]:
    """How many pictures a build embedded, and the seconds of its pass over the catalogue."""
    found = FACTS.search(done.output)
    assert found, done.output
    count = int(found[1].replace(",", ""))
    return count, count / float(found[2])


def same_vectors(before: Path, after: Path) -> tuple[int, int]:
    """Of the products whose picture both indexes have, how many have the same vector to the last bit; and how many."""
    old, new = IndexFolder.open(before), IndexFolder.open(after)
    keys = [{id: key.tobytes() for id, key in zip(each.items.ids, hashes(each), strict=True)} for each in (old, new)]
    ids = [id for id, key in keys[0].items() if keys[1].get(id) == key]
    vectors = [each.searcher.vectors([each.items.row(id) for id in ids]) for each in (old, new)]
    return int((vectors[0] == vectors[1]).all(1).sum()), len(ids)


def hashes(folder: IndexFolder) -> np.ndarray:
    """The sha256 of the pictures of an index, [count, 32]."""
    return np.load(folder.path / "pictures.npy")


def main() -> None:
    """Build yesterday's catalogue in full, publish it, and update it on a machine that has nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--change", type=float, default=0.01)
    parser.add_argument("--rates", type=float, nargs="+", default=[15, 25], help="pictures a second of ResNet-50")
    options = parser.parse_args()
    hub = HubDouble()
    hub.start()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        write_today(options.data, work / "today", options.change)
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": temporary, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_test"}
        publish = ["build_index.py", "--push-to-hub", REPO]
        flags = ["--dataset", str(options.data), "--encoder", "index", "--output", str(work / "full")]
        full = run([*publish, *flags], environment)
        print(f"- in full, with the shipped encoder: {full.seconds:.0f} s. {full.output.strip()}", flush=True)
        flags = ["--dataset", str(work / "today"), "--update", "--output", str(work / "updated")]
        update = run([*publish, *flags], environment)
        print(
            f"- the update: {update.seconds:.0f} s, peak {update.peak_mb:.0f} MB. {update.output.strip()}", flush=True
        )
        (pictures, seconds), (few, _) = embedding(full), embedding(update)
        for rate in options.rates:
            whole, part = full.seconds - seconds + pictures / rate, update.seconds + few / rate
            print(f"- with ResNet-50, {rate:.0f} pictures a second: {part:.0f} s of {whole:.0f} s, {part / whole:.1%}")
        same, shared = same_vectors(work / "full", work / "updated")
        print(f"- {same:,} of {shared:,} unchanged products have the same vector to the last bit")
    hub.stop()


if __name__ == "__main__":
    main()
