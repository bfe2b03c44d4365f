"""How well an encoder finds the same kind of thing: python -m recsys.evaluate --encoder index --dataset DATASET

Queries are products that training never saw, the gallery is the rest of the catalogue, and the figure is the share of
the five nearest that have the query's label, beside what 16 × 16 thumbnails and the most common label reach.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from recsys.catalog import DEFAULT_DATASET, Catalog
from recsys.digest import sha256
from recsys.encoder import Encoder
from recsys.errors import CatalogError, PictureError, RecsysError
from recsys.metrics import interval, precision_at_k
from recsys.picture import decode
from recsys.projection import unit
from recsys.types import Item, Product, Vectors

HELD_OUT_SHARE = 0.05
THUMBNAIL_SIDE = 16
K = 5
BATCH_SIZE = 256
JOINT = (("articleType", "gender"), ("articleType", "baseColour", "gender"))

Embed = Callable[[Sequence[Image.Image]], Vectors]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """P@5 of one label: the encoder's with its 95 % interval, that of thumbnails, and of the most common label."""

    label: str
    queries: int
    precision: float
    low: float
    high: float
    thumbnail: float
    majority: float


def held_out(item_id: str) -> bool:
    """Whether this product is kept out of training, to be a query later. A function of the id alone."""
    return int(sha256(item_id.encode())[:8], 16) < HELD_OUT_SHARE * 16**8


def thumbnail_vectors(images: Sequence[Image.Image]) -> Vectors:
    """The baseline that any encoder has to beat: 16 × 16 RGB pixels, centred, as a unit vector."""
    side = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    small = [decode(image).resize(side, Image.Resampling.BOX) for image in images]
    return unit(np.stack([np.asarray(image, dtype=np.float32).ravel() for image in small]) / 255 - 0.5)


def evaluate(products: Iterable[Product], encode: Embed, is_query: Callable[[str], bool]) -> list[Score]:
    """P@5 of each attribute, and of type with gender and colour where the catalogue has them.

    A query without the label is not counted. Raises CatalogError where there are no queries or too small a gallery.
    """
    items, (vectors, thumbnails) = _embed(products, [encode, thumbnail_vectors])
    queries = np.array([is_query(item.id) for item in items], dtype=bool)
    if not queries.any() or (~queries).sum() < K:
        raise CatalogError(
            f"{len(items)} products are too few to judge: {queries.sum()} queries. Take a larger dataset."
        )
    found = _nearest(vectors[queries], vectors[~queries])
    found_by_thumbnail = _nearest(thumbnails[queries], thumbnails[~queries])
    scores = []
    for name, labels in _labels(items).items():
        known = labels[queries] >= 0
        asked, gallery = labels[queries][known], labels[~queries]
        if not len(asked) or (gallery < 0).all():
            continue
        ours = precision_at_k(gallery[found[known]], asked)
        low, high = interval(ours)
        thumbnail = precision_at_k(gallery[found_by_thumbnail[known]], asked).mean()
        most_common = np.bincount(gallery[gallery >= 0]).argmax()
        majority = (asked == most_common).mean()
        scores.append(Score(name, len(asked), float(ours.mean()), low, high, float(thumbnail), float(majority)))
    return scores


def _embed(products: Iterable[Product], embeddings: Sequence[Embed]) -> tuple[list[Item], list[Vectors]]:
    """The items whose picture can be read, and their vectors by each embedding."""
    items: list[Item] = []
    batch: list[Image.Image] = []
    parts: list[list[Vectors]] = [[] for _ in embeddings]

    def flush() -> None:
        for part, embed in zip(parts, embeddings, strict=True):
            part.append(embed(batch))
        batch.clear()

    for product in products:
        try:
            batch.append(decode(product.picture or b""))
        except PictureError:
            continue
        items.append(product.item)
        if len(batch) == BATCH_SIZE:
            flush()
    if batch:
        flush()
    if not items:
        raise CatalogError("There is no picture to judge by. Check the dataset and its image column.")
    return items, [np.concatenate(part) for part in parts]


def _nearest(queries: Vectors, gallery: Vectors) -> Labels:
    """The rows of the K nearest of the gallery to each query, by exact cosine. [n, K]"""
    chunks = [queries[start : start + BATCH_SIZE] @ gallery.T for start in range(0, len(queries), BATCH_SIZE)]
    return np.concatenate([np.argpartition(-cosines, K - 1, axis=1)[:, :K] for cosines in chunks])


def _labels(items: Sequence[Item]) -> dict[str, Labels]:
    """Label → its number for each item, -1 where one of its attributes is absent."""
    names = dict.fromkeys(name for item in items for name in item.attributes)
    combined = [(name,) for name in names] + [joint for joint in JOINT if set(joint) <= set(names)]
    labels = {}
    for joint in combined:
        values = [tuple(item.attributes.get(name) for name in joint) for item in items]
        number = {value: code for code, value in enumerate(dict.fromkeys(v for v in values if None not in v))}
        labels[" ∧ ".join(joint)] = np.array([number.get(value, -1) for value in values])
    return labels


def table(scores: Sequence[Score]) -> str:
    """The scores as a Markdown table."""
    head = f"| label | queries | P@{K} | 95 % interval | 16×16 thumbnail | most common |\n" + "| --- " * 6 + "|"
    rows = [
        f"| {score.label} | {score.queries:,} | {score.precision:.3f} | {score.low:.3f} – {score.high:.3f}"
        f" | {score.thumbnail:.3f} | {score.majority:.3f} |"
        for score in scores
    ]
    return "\n".join([head, *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge an encoder on a catalogue; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m recsys.evaluate", description="Judge an encoder on a catalogue.")
    parser.add_argument("--encoder", default="index", help="a timm name, a model repository, a folder, an index folder")
    parser.add_argument("--dataset", default=DEFAULT_DATASET)
    parser.add_argument("--limit", type=int, help="only the first N products")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    try:
        encoder = Encoder.from_pretrained(options.encoder, device=options.device)
        catalog = Catalog.open(options.dataset, limit=options.limit)
        products = tqdm(catalog, total=len(catalog), desc="Embedding", unit=" products", file=sys.stderr)
        scores = evaluate(products, encoder.encode, held_out)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps([asdict(score) for score in scores], indent=1) if options.json else table(scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
