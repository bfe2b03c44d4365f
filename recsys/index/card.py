"""The card of an index: a README.md with the Hub's metadata that says what is in the folder and how to use it."""

from __future__ import annotations

import re
from pathlib import Path

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.format.layout import ASSETS, COMPILED, ENCODER, ITEMS
from recsys.format.manifest import Manifest
from recsys.index.annoy import RECALL_K, SearchPoint

SHOWN_VALUES = 8
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

TEMPLATE = """---
pretty_name: Visual search index of {title}
tags:
- visual-search
- fashion
- annoy
- timm
task_categories:
- image-feature-extraction
size_categories:
- {size}
configs:
- config_name: default
  data_files: {items}
---

# Visual search index of {title}

{count:,} products of `{dataset}`{revision} ({split} split, {skipped} left out for want of a picture that can be read),
each with a unit vector of {dim} dimensions. A picture in, the products like it out:

```python
from recsys import Recommender

shop = Recommender.from_pretrained("OWNER/NAME")  # this repository, or the folder
for match in shop.recommend(image, k=5):
    print(match.item.name, match.similarity)
```

## What is in it

| file | holds |
| --- | --- |
| `index.json` | how it was built, and size and sha256 of every other file |
| `vectors.ann` | the Annoy index: {metric}, {n_trees} trees |
| `vectors.neighbours.npy` | which products are nearest to each |
| `pictures.npy` | the sha256 of each product's picture, by which an update knows what is new |
| `items.parquet` | id, name, attributes and thumbnail of each product, in index order |
{encoder_file}
| attribute | values | most common |
| --- | --- | --- |
{attributes}

## The encoder

{encoder}

## How well it finds

{scores}

## What a confidence means

{confidence}

## Recall of the search

Recall@{k} against exact search, measured on products of this index, each asked for as if it were not there. The last
row is how it is searched; with a filter the search is exact.

| trees | `search_k` | recall@{k} |
| --- | --- | --- |
{curve}
"""


def write_card(path: Path, manifest: Manifest, items: Items, curve: list[SearchPoint], scores: str) -> None:
    """Write the card of this index to `path`; `scores` is Markdown."""
    dataset, search = manifest.dataset, manifest.search
    text = TEMPLATE.format(
        title=re.sub(r"[^\w/.-]+", "-", dataset.id),
        dataset=dataset.id,
        revision=f" at `{dataset.revision[:7]}`" if dataset.revision else "",
        split=dataset.split,
        skipped=dataset.skipped,
        count=manifest.count,
        size=next((name for limit, name in SIZES if manifest.count < limit), "n>1M"),
        items=ITEMS,
        dim=search.dim,
        n_trees=search.n_trees,
        metric=search.metric,
        encoder_file=_encoder_file(manifest, path.parent),
        attributes="\n".join(_attribute_row(name, items) for name in manifest.attributes) or "| none | | |",
        encoder=_encoder_text(manifest),
        scores=scores,
        confidence=_confidence_text(manifest.calibration),
        k=RECALL_K,
        curve="\n".join(f"| {point.n_trees} | {point.search_k} | {point.recall:.4f} |" for point in curve),
    )
    path.write_text(text, encoding="utf-8")


def _encoder_file(manifest: Manifest, folder: Path) -> str:
    spec = manifest.encoder
    parts = ["its weights in timm's own format"] if spec.source is None else []
    parts += ["the projection of its features"] if spec.projection else []
    parts += ["its network compiled for CPUs"] if (folder / ENCODER / COMPILED[0]).is_file() else []
    return f"| `encoder/` | {'; '.join(parts)} |\n" if parts else ""


def _encoder_text(manifest: Manifest) -> str:
    spec = manifest.encoder
    _, height, width = spec.input_size
    where = "weights in `encoder/`"
    if spec.source:
        where = f"weights of `{spec.source.repo}` at `{spec.source.revision[:7]}`"
    projection = f", features projected to {spec.dim} dimensions by PCA" if spec.projection else ""
    int8 = ", computed in int8" if spec.int8 else ""
    network = f"`{spec.architecture}` at {width} × {height} px{int8}"
    return f"{network}, {where} (sha256 `{spec.weights[:12]}…`){projection}."


def _confidence_text(calibration: Calibration | None) -> str:
    if calibration is None:
        return "There were too few products to fit one: matches come with their similarity alone."
    threshold = (
        f"Where the {calibration.nearest} best matches have a mean similarity under {calibration.threshold:.3f}, the"
        f" answer is that nothing here is close. So it is for {calibration.refused:.1%} of {calibration.queries:,}"
        " pictures of products."
    )
    if calibration.attribute is None:
        return f"The catalogue does not say what its products are: there is no confidence.\n\n{threshold}"
    curve = f"![Confidence by similarity]({ASSETS}/confidence.png)"
    what = f"The probability that a match has the `{_cell(calibration.attribute)}` of the query, by similarity."
    return f"{what} {threshold}\n\n{curve}"


def _attribute_row(name: str, items: Items) -> str:
    counts = items.columns[name].counts
    shown = [f"{_cell(value)} ({count:,})" for value, count in list(counts.items())[:SHOWN_VALUES]]
    return f"| {_cell(name)} | {len(counts)} | {', '.join(shown)} |"


def _cell(value: str | None) -> str:
    return "*not given*" if value is None else re.sub(r"[|\n\r<>`]", " ", value)
