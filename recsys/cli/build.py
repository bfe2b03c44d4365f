"""`recsys build` and `build_index.py`: builds the index of a catalogue, and publishes it if asked."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from recsys import hub
from recsys.build.embed import Engine, embed_in_process
from recsys.build.pipeline import BuildReport, Comparison, build_index
from recsys.build.previous import PreviousIndex
from recsys.catalog import DEFAULT_DATASET, Catalog
from recsys.core.roles import SINGLE_ROLES
from recsys.core.storefront import Storefront
from recsys.encoder import Encoder
from recsys.errors import CatalogError, HubError, HubNotFoundError, RecsysError
from recsys.format.layout import OWN_INDEX, sample_index
from recsys.images.logo import logo_url
from recsys.index.folder import IndexFolder
from recsys.index.replace import check_replaceable, claim

if TYPE_CHECKING:
    from recsys.stores.milvus import Milvus

SHOP_FLAGS = "What the page says about the shop. Without any of these flags, a rebuilt index keeps what it says."
DEFAULT_ENCODER = "resnet50.tv_in1k"
SHIPPED_ENCODER = "index"
OFFER_FLAGS = {
    "price": "the prices",
    "sale_price": "the reduced prices",
    "availability": "the availability, or the pieces in stock",
    "link": "the links to the products in the shop",
    "brand": "the brands",
    "description": "the descriptions",
}
"""Fact of an offer → what its flag is about."""
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


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line. Ends the process with a message if they contradict each other."""
    flags = parser()
    options = flags.parse_args(arguments)
    if options.private and not options.push_to_hub:
        flags.error("--private says how --push-to-hub publishes; it does nothing without it")
    if options.update == "" and not options.push_to_hub:
        flags.error("--update takes an index, or --push-to-hub that names one")
    if bool(options.store) != bool(options.uri):
        flags.error("--store names the kind of store and --uri its address: give both, or neither")
    if options.address and options.engine != "ray":
        flags.error("--address is the head of the cluster of --engine ray; it does nothing without that")
    return options


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    flags = argparse.ArgumentParser(
        prog="recsys build",
        description="Build the search index of a catalogue: read its products, embed their pictures, and write the"
        " index folder. An interrupted build continues when the same command is run again.",
    )
    _add_catalogue_flags(flags.add_argument_group("catalogue"))
    _add_encoder_flags(flags.add_argument_group("encoder and search"))
    _add_computing_flags(flags.add_argument_group("computing"))
    _add_shop_flags(flags.add_argument_group("page of the shop", SHOP_FLAGS))
    _add_output_flags(flags.add_argument_group("output"))
    return flags


def _add_catalogue_flags(group: argparse._ArgumentGroup) -> None:
    dataset = "Hub dataset, folder, table (CSV, JSON, Excel, Parquet, XML feed), zip archive, or 'sample'"
    queries = "calibrate confidence on the products of this dataset, if visitors search with pictures like these"
    role = f"the attribute that has a role ({', '.join(SINGLE_ROLES)}), such as shade=colour; repeatable"
    template = "links to the products, such as https://shop.example/products/{Handle} with the name of a column"
    private = "fetch pictures by link from servers in the private network too, at any port; for links of your own"
    add = group.add_argument
    add("--dataset", default=DEFAULT_DATASET, help=f"{dataset} for the drawn shop (default: %(default)s)")
    add("--split", default="train", help="split of the dataset (default: %(default)s)")
    add("--revision", help="branch, tag or commit of a Hub dataset (default: its main branch)")
    add("--limit", metavar="N", type=_positive, help="index only the first N products (default: all)")
    add("--image-column", metavar="NAME", help="column of the pictures (default: detected)")
    add("--id-column", metavar="NAME", help="column of the ids (default: detected, else the row number)")
    add("--name-column", metavar="NAME", help="column of the product names (default: detected, else none)")
    add("--attributes", metavar="NAMES", type=_names, help="columns of attributes, a,b,c (default: detected)")
    add("--role", metavar="COLUMN=ROLE", type=_role, action="append", help=f"{role} (default: by the columns' names)")
    add("--allow-private-hosts", action="store_true", help=private)
    for fact, what in OFFER_FLAGS.items():
        add(f"--{fact.replace('_', '-')}-column", metavar="NAME", help=f"column of {what} (default: detected)")
    add("--currency", metavar="CODE", help="currency of prices that name none, such as EUR (default: none)")
    add("--link-template", metavar="LINK", help=f"{template} (default: detected column of links)")
    add("--dry-run", action="store_true", help="print what became of the columns and the first rows, and build nothing")
    add("--queries-from", metavar="DATASET", help=f"{queries} (default: on the catalogue itself)")


def _add_encoder_flags(group: argparse._ArgumentGroup) -> None:
    encoder = "timm model, model repository, encoder folder, or index folder whose encoder to use"
    update = "start from this index (Hub repository or folder; without INDEX, that of --push-to-hub)"
    keep = "keep its encoder and roles, and reuse vectors of unchanged pictures"
    dim = "dimensions that the features of a frozen network are projected to by PCA"
    recall = "recall@10 against exact search that the search index must reach"
    add = group.add_argument
    add("--encoder", help=f"{encoder} (default: the encoder of --update, else {DEFAULT_ENCODER})")
    add("--update", metavar="INDEX", nargs="?", const="", help=f"{update}: {keep}")
    add("--dim", metavar="N", type=_positive, default=256, help=f"{dim} (default: %(default)s)")
    add("--recall", type=_share, default=0.99, help=f"{recall} (default: %(default)s)")
    add("--int8", action="store_true", help="quantize the network: faster, less exact, so evaluate it; needs nncf")


def _add_computing_flags(group: argparse._ArgumentGroup) -> None:
    engine = "embed pictures in this process, or on all machines of a Ray cluster (needs requirements-scale.txt)"
    size = "pictures that are embedded at once (default: %(default)s)"
    add = group.add_argument
    add("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    add("--batch-size", metavar="N", type=_positive, default=32, help=size)
    add("--engine", choices=["process", "ray"], default="process", help=f"{engine} (default: %(default)s)")
    add("--address", metavar="HOST:PORT", help="head of the Ray cluster (default: the cores of this machine)")


def _add_shop_flags(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--title", metavar="TEXT", help="title of the page")
    add("--tagline", metavar="TEXT", help="sentence under the title")
    add("--shop-name", metavar="TEXT", help="name of the shop")
    add("--logo", metavar="FILE", type=Path, help="picture beside the title")
    add("--utm-source", metavar="NAME", help="added to the links into the shop as utm_source")


def _add_output_flags(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--output", metavar="FOLDER", type=Path, default=OWN_INDEX, help="index folder (default: %(default)s)")
    add("--store", choices=["milvus"], help="also load the vectors into this store, to search there")
    add("--uri", help="address of the store: https://HOST:19530, or NAME.db for Milvus Lite")
    add("--push-to-hub", metavar="REPO", help="publish the index as this dataset repository")
    add("--private", action="store_true", help="create that repository as private")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return number


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _role(text: str) -> tuple[str, str]:
    """The role and its column."""
    column, equals, role = text.rpartition("=")
    if not (column and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=ROLE, such as shade=colour")
    if role not in SINGLE_ROLES:
        raise argparse.ArgumentTypeError(f"there is no role {role!r}; the roles are: {', '.join(SINGLE_ROLES)}")
    return role, column


def run(options: argparse.Namespace) -> None:
    """Build the index, then load it into a store and publish it if asked. A dry run only reads the catalogue."""
    if options.dry_run:
        catalog = _open_catalog(options)
        print(catalog.summary(), catalog.preview(), sep="\n")
        return
    token = os.environ.get("HF_TOKEN") or None
    if options.push_to_hub:
        hub.check_push(options.push_to_hub, token)
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
        )
    print(summary(report), catalog.summary(), sep="\n")
    if milvus:
        _load_into_milvus(milvus, options.output)
    if options.push_to_hub:
        _publish(options, token)


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
    )


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
        "logo": logo_url(options.logo) if options.logo else None,
    }
    if not any(given.values()):
        return None
    try:
        return Storefront(**given)
    except ValueError as error:
        raise CatalogError(f"The page cannot say this: {error}. Give a shorter text, or a smaller logo.") from error


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
    if report.skipped:
        lines.append(f"Left out: {len(report.skipped)} products.")
        lines += [f"  {skipped.id}: {skipped.reason}" for skipped in report.skipped]
    return "\n".join(lines)


def _comparison_lines(comparison: Comparison) -> Iterator[str]:
    if changes := comparison.changes:
        yield (
            f"Compared with {comparison.previous}: {changes.new:,} new, {changes.changed:,} with another picture,"
            f" {changes.unchanged:,} unchanged, {changes.removed:,} removed."
        )
    if comparison.obstacle:
        yield f"No vectors of {comparison.previous} could be reused: {comparison.obstacle}."


def _load_into_milvus(milvus: Milvus, output: Path) -> None:
    """Load the vectors of the index in `output`. This precedes publishing, after which apps will search them."""
    from recsys.stores.milvus import IndexCollection, load

    folder = IndexFolder.open(output)
    collection = IndexCollection.from_manifest(folder.manifest)
    try:
        load(milvus, collection, folder.items, folder.searcher)
    except RecsysError:
        print(f"The index is in {output}. The same command loads it into Milvus and does not build it again.")
        raise
    print(f"In Milvus: {collection.name}, with the alias {collection.alias}.")


def _publish(options: argparse.Namespace, token: str | None) -> None:
    try:
        with claim(options.output) as folder:
            pushed = hub.push(folder, options.push_to_hub, private=options.private, token=token)
    except RecsysError:
        print(f"The index is in {options.output}. The same command publishes it and does not build it again.")
        raise
    print(f"Published: {pushed.url}")
