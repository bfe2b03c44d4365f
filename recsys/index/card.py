"""Renders the card of an index: a README.md with the Hub's metadata, what the folder holds and how to use it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.storefront import Storefront
from recsys.format.encoder_spec import is_repo_id
from recsys.format.layout import ASSETS, COMPILED, EMBEDDINGS, ENCODER, ITEMS, NOTICE
from recsys.format.manifest import Manifest
from recsys.index.annoy import RECALL_K, SearchPoint

MAX_SHOWN_VALUES = 8
SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

EMBEDDINGS_CONFIG = f"- config_name: embeddings\n  data_files: {EMBEDDINGS}\n"
EMBEDDINGS_ROW = (
    f"| `{EMBEDDINGS}` | id, embedding (float16), `family` of near-duplicates, and x and y, the first two principal"
    " components; the configuration `embeddings`, for other programs |\n"
)
TEMPLATE = Path(__file__).with_name("card.md")
"""A format string; its fields are filled in `render_card`."""


def render_card(folder: Path, manifest: Manifest, items: Items, curve: Sequence[SearchPoint], scores: str) -> str:
    """The card of the index in `folder`, as Markdown.

    `curve` are the measured search settings, the chosen one last; `scores` is Markdown about retrieval quality.
    """
    dataset, search = manifest.dataset, manifest.search
    return TEMPLATE.read_text("utf-8").format(
        about_catalogue=_about_catalogue(manifest),
        embeddings_config=EMBEDDINGS_CONFIG if (folder / EMBEDDINGS).is_file() else "",
        embeddings_file=EMBEDDINGS_ROW if (folder / EMBEDDINGS).is_file() else "",
        title=re.sub(r"[^\w/.-]+", "-", dataset.id),
        dataset=dataset.id,
        revision=f" at `{dataset.revision[:7]}`" if dataset.revision else "",
        split=dataset.split,
        skipped=dataset.skipped,
        count=manifest.count,
        size=next((name for limit, name in SIZE_CATEGORIES if manifest.count < limit), "n>1M"),
        items=ITEMS,
        dim=search.dim,
        n_trees=search.n_trees,
        metric=search.metric,
        encoder_file=_encoder_file(manifest, folder),
        attributes="\n".join(_attribute_row(name, items) for name in manifest.attributes) or "| none | | |",
        encoder=_encoder_text(manifest, folder / ENCODER),
        scores=scores,
        confidence=_confidence_text(manifest.calibration),
        k=RECALL_K,
        curve="\n".join(f"| {point.n_trees} | {point.search_k} | {point.recall:.4f} |" for point in curve),
    )


def _about_catalogue(manifest: Manifest) -> str:
    """What the front matter says about the catalogue, as far as it is known."""
    shop, source = manifest.storefront or Storefront(), manifest.dataset.id
    lines = [f"license: {shop.license}\n"] if shop.license else []
    lines += [f"language: {json.dumps(shop.language)}\n"] if shop.language else []
    lines += [f"source_datasets:\n- {source}\n"] if manifest.dataset.revision and is_repo_id(source) else []
    return "".join(lines)


def _encoder_file(manifest: Manifest, folder: Path) -> str:
    spec = manifest.encoder
    parts = ["its weights in timm's own format"] if spec.source is None else []
    parts += ["the projection of its features"] if spec.projection else []
    parts += ["its network compiled for CPUs"] if (folder / ENCODER / COMPILED[0]).is_file() else []
    return f"| `encoder/` | {'; '.join(parts)} |\n" if parts else ""


def _encoder_text(manifest: Manifest, files: Path) -> str:
    spec = manifest.encoder
    _, height, width = spec.input_size
    where = f"of `{spec.source.repo}` at `{spec.source.revision[:7]}`" if spec.source else "in `encoder/`"
    projection = f", features projected to {spec.dim} dimensions by PCA" if spec.projection else ""
    int8 = ", computed in int8" if spec.int8 else ""
    network = f"`{spec.architecture}` at {width} × {height} px{int8}"
    text = f"{network}, weights {where} (sha256 `{spec.weights[:12]}…`){projection}."
    if not (files / NOTICE).is_file():
        return text
    stated = (files / NOTICE).read_text("utf-8").strip()
    return f"{text}\n\nFrom `{ENCODER}/{NOTICE}`:\n\n" + "\n".join(f"> {line}".rstrip() for line in stated.split("\n"))


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
    counts = items.all_columns[name].counts
    shown = [f"{_cell(value)} ({count:,})" for value, count in list(counts.items())[:MAX_SHOWN_VALUES]]
    return f"| {_cell(name)} | {len(counts)} | {', '.join(shown)} |"


def _cell(value: str | None) -> str:
    return "*not given*" if value is None else re.sub(r"[|\n\r<>`]", " ", value)
