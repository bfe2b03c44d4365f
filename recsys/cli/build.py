"""`recsys build` and `build_index.py`: builds the index of a catalogue, and publishes it if asked."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from recsys import hub
from recsys.build.embed import Engine, embed_in_process
from recsys.build.pipeline import BuildReport, Comparison, build_index
from recsys.build.previous import PreviousIndex
from recsys.build.strip import StripOptions, check_strip
from recsys.build.text_tower import FitTower
from recsys.catalog import Catalog
from recsys.cli import strip
from recsys.cli.build_flags import DEFAULT_ENCODER, OFFER_FLAGS, SHIPPED_ENCODER, parse
from recsys.core.storefront import Storefront
from recsys.encoder import Encoder
from recsys.errors import CatalogError, HubError, HubNotFoundError, RecsysError
from recsys.evaluate.doctor import PROBLEMS, examine_index
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import sample_index
from recsys.images.logo import logo_url
from recsys.index.folder import IndexFolder
from recsys.index.replace import check_replaceable, claim
from recsys.types import Item, Vectors
from recsys.words.tower import TextTower

if TYPE_CHECKING:
    from recsys.stores.milvus import Milvus

MAX_EXAMINED = 10_000
"""A build examines a catalogue of at most this many products, which takes seconds."""
_UNCHANGED = "The index was built from the same inputs before. How well its encoder finds is in {output}/README.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the index that the command line describes. Returns the exit status."""
    options = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        run(options)
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command to continue.", file=sys.stderr)
        return 130
    return 0


def run(options: argparse.Namespace) -> None:
    """Build the index, then load it into a store, publish it and write its strip if asked. A dry run only reads."""
    if options.dry_run:
        catalog = _open_catalog(options)
        print(catalog.summary(), catalog.preview(), sep="\n")
        return
    token = os.environ.get("HF_TOKEN") or None
    if options.push_to_hub:
        hub.check_push(options.push_to_hub, token)
    strip_options = _strip_options(options)
    milvus = _connect_to_milvus(options.uri) if options.store else None
    check_replaceable(options.output.resolve())
    previous = _index_to_update(options.push_to_hub if options.update == "" else options.update, token)
    source = options.encoder or (previous.folder.path if previous else DEFAULT_ENCODER)
    encoder = _load_encoder(source, token, options.device)
    catalog = _open_catalog(options)
    with _engine(options) as engine:
        report = build_index(
            catalog,
            encoder,
            options.output,
            previous=previous,
            dim=options.dim,
            recall=options.recall,
            batch_size=options.batch_size,
            int8=options.int8,
            queries=Catalog.open(options.queries_from) if options.queries_from else None,
            storefront=_storefront(options),
            engine=engine,
            fit_tower=_tower_fitter(),
        )
    print(summary(report), catalog.summary(), *examination_lines(options.output), sep="\n")
    if milvus:
        _load_into_milvus(milvus, options)
    if options.push_to_hub:
        _publish(options, token)
    if strip_options:
        print(strip.written(options.output, options.strip, strip_options))


def _open_catalog(options: argparse.Namespace) -> Catalog:
    named = {fact: getattr(options, f"{fact}_column") for fact in OFFER_FLAGS}
    return Catalog.open(
        options.dataset,
        split=options.split,
        revision=options.revision,
        limit=options.limit,
        image_column=options.image_column,
        id_column=options.id_column,
        name_column=options.name_column,
        attributes=options.attributes,
        role_overrides=dict(options.role or ()),
        offer_columns={fact: column for fact, column in named.items() if column},
        currency=options.currency,
        link_template=options.link_template,
        allow_private_hosts=options.allow_private_hosts,
        requests_per_second=options.requests_per_second,
    )


def _strip_options(options: argparse.Namespace) -> StripOptions | None:
    """What the strip shows; None where none is asked for. Raises StripError if it cannot be written."""
    if options.strip is None:
        return None
    check_strip(options.strip)
    return StripOptions(app=options.strip_app)


def _load_encoder(source: str | Path, token: str | None, device: str) -> Encoder:
    """The encoder `source`. "index" is the one of the sample shop wherever the command runs."""
    if source == SHIPPED_ENCODER and not Path(source).exists():
        source = sample_index()
    try:
        return Encoder.from_pretrained(source, token=token, device=device)
    except HubError as error:
        advice = f"Without a download: --encoder {SHIPPED_ENCODER} takes the shipped encoder."
        raise type(error)(f"{error} {advice}") from error


def _storefront(options: argparse.Namespace) -> Storefront | None:
    """What the owner says on the page; None where no flag says anything. Raises PictureError for the logo."""
    given = {
        "title": options.title,
        "tagline": options.tagline,
        "name": options.shop_name,
        "utm_source": options.utm_source,
        "license": options.license,
        "language": options.language,
        "accent": options.accent,
        "logo": logo_url(options.logo) if options.logo else None,
    }
    if not any(given.values()):
        return None
    try:
        return Storefront(**given)
    except ValueError as error:
        raise CatalogError(f"The page cannot say this: {error}. Correct that flag.") from error


def _connect_to_milvus(uri: str) -> Milvus:
    """The Milvus server at `uri`, once it has answered. Its token is the variable STORE_TOKEN."""
    from recsys.stores.milvus import Milvus  # an optional dependency

    milvus = Milvus(uri, os.environ.get("STORE_TOKEN") or None)
    milvus.ask("list_collections")
    return milvus


def _index_to_update(source: str | None, token: str | None) -> PreviousIndex | None:
    if source is None:
        return None
    if Path(source).is_dir():
        return PreviousIndex.open(Path(source))
    try:
        return PreviousIndex.open(hub.pull(source, token=token).folder, source)
    except HubNotFoundError as error:
        raise HubNotFoundError(f"{error} For a first build, leave --update out.") from error


def _tower_fitter() -> FitTower | None:
    """The function that fits a text tower; None without PyTorch, which only the extra "train" installs."""
    return _fit_tower if find_spec("torch") else None


def _fit_tower(items: Sequence[Item], vectors: Vectors, spec: EncoderSpec) -> TextTower | None:
    from recsys.train.text_tower import QUICK, fit_tower  # PyTorch takes seconds to import

    return fit_tower(items, vectors, spec, QUICK)


@contextmanager
def _engine(options: argparse.Namespace) -> Iterator[Engine]:
    """The engine that embeds the pictures. A Ray cluster stays connected until the context ends."""
    if options.engine == "process":
        yield embed_in_process
        return
    from recsys.build.ray.cluster import connected  # an optional dependency

    with connected(options.address):
        from recsys.build.ray.engine import RayEngine

        yield RayEngine()


def summary(report: BuildReport) -> str:
    """The closing lines of a build."""
    rate = report.embedded / report.seconds if report.embedded else 0.0
    lines = [
        f"{report.count:,} products in {report.output}: {report.embedded:,} pictures embedded"
        f" ({rate:.1f} a second), {report.total_seconds:.0f} s in all.",
        f"Search: {report.search.n_trees} trees, search_k {report.search.search_k},"
        f" recall@10 {report.search.recall:.4f} against exact search.",
        *(report.quality.lines() if report.quality else [_UNCHANGED.format(output=report.output)]),
    ]
    if report.comparison:
        lines += _comparison_lines(report.comparison)
    if report.views or report.views_skipped:
        lines.append(f"{report.views:,} further pictures, by which their products are found too.")
    if report.views_skipped:
        lines.append(f"Left out: {len(report.views_skipped)} further pictures.")
        lines += [f"  {skipped.id}: {skipped.reason}" for skipped in report.views_skipped]
    if report.skipped:
        lines.append(f"Left out: {len(report.skipped)} products.")
        lines += [f"  {skipped.id}: {skipped.reason}" for skipped in report.skipped]
    return "\n".join(lines)


def examination_lines(output: Path) -> Iterator[str]:
    """What the doctor finds in the new index, as counts, and the command that lists it."""
    command = f"recsys doctor {output}"
    folder = IndexFolder.open(output)
    if len(folder.items) > MAX_EXAMINED:
        yield f"Not examined, because there are more than {MAX_EXAMINED:,} products: {command}"
        return
    examination = examine_index(folder)
    counts = {problem: len(examination.of(problem)) for problem in PROBLEMS}
    found = ", ".join(f"{count:,} × {problem}" for problem, count in counts.items() if count)
    yield f"Examined: {found}. Listed with pictures by: {command}" if found else "Examined: no problem was found."


def _comparison_lines(comparison: Comparison) -> Iterator[str]:
    if changes := comparison.changes:
        yield (
            f"Compared with {comparison.previous}: {changes.new:,} new, {changes.changed:,} with another picture,"
            f" {changes.unchanged:,} unchanged, {changes.removed:,} removed."
        )
    if comparison.obstacle:
        yield f"No vectors of {comparison.previous} could be reused: {comparison.obstacle}."


def _load_into_milvus(milvus: Milvus, options: argparse.Namespace) -> None:
    """Load the vectors of the index that was built. This precedes publishing, after which apps will search them."""
    from recsys.stores.milvus import IndexCollection, load

    folder = IndexFolder.open(options.output)
    collection = IndexCollection.from_manifest(folder.manifest)
    kind = options.store_index and options.store_index.upper()
    try:
        plan = load(milvus, collection, folder.items, folder.searcher, kind, options.recall)
    except RecsysError:
        print(f"The index is in {options.output}. The same command continues to load it and does not build it again.")
        raise
    print(f"In Milvus: {collection.name}, with the alias {collection.alias}.")
    print(f"Searched {plan}.")


def _publish(options: argparse.Namespace, token: str | None) -> None:
    try:
        with claim(options.output) as folder:
            pushed = hub.push(folder, options.push_to_hub, private=options.private, token=token)
    except RecsysError:
        print(f"The index is in {options.output}. The same command publishes it and does not build it again.")
        raise
    print(f"Published: {pushed.url}")
