"""The flags of `recsys build` and `build_index.py`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from recsys.catalog import DEFAULT_DATASET
from recsys.core.roles import SINGLE_ROLES
from recsys.format.layout import OWN_INDEX

STORE_INDEX = "how the store searches: by a graph in memory, by a graph on disk, or exactly"
SHOP_FLAGS = "What the page says about the shop. Without any of these flags, a rebuilt index keeps what it says."
DEFAULT_ENCODER = "resnet50.tv_in1k"
SHIPPED_ENCODER = "index"
MAX_RATE = 1000
"""Pictures a second from one server. More is a mistake, or an attack."""
OFFER_FLAGS = {
    "price": "the prices",
    "sale_price": "the reduced prices",
    "availability": "the availability, or the pieces in stock",
    "link": "the links to the products in the shop",
    "brand": "the brands",
    "description": "the descriptions",
}
"""Fact of an offer → what its flag is about."""


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
    if options.store_index and not options.store:
        flags.error("--store-index says how --store searches; it does nothing without it")
    if options.strip_app and not options.strip:
        flags.error("--strip-app says where products of --strip lead; it does nothing without it")
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
    rate = "pictures by link that are asked for from one server in a second, at most"
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
    add("--requests-per-second", metavar="N", type=_rate, default=20.0, help=f"{rate} (default: %(default)s)")
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
    add("--accent", metavar="COLOUR", help="colour of links and marks on the page, such as #9a3f2b")
    add("--utm-source", metavar="NAME", help="added to the links into the shop as utm_source")
    add("--license", metavar="ID", help="license of the catalogue for the card, as the Hub names it, such as cc-by-4.0")
    add("--language", metavar="CODE", help="language of the catalogue for the card, such as en")


def _add_output_flags(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--output", metavar="FOLDER", type=Path, default=OWN_INDEX, help="index folder (default: %(default)s)")
    add("--store", choices=["milvus"], help="also load the vectors into this store, to search there")
    add("--store-index", choices=["hnsw", "diskann", "flat"], help=f"{STORE_INDEX} (default: by the catalogue's size)")
    add("--uri", help="address of the store: https://HOST:19530, or NAME.db for Milvus Lite")
    add("--push-to-hub", metavar="REPO", help="publish the index as this dataset repository")
    add("--private", action="store_true", help="create that repository as private")
    strip = "also write similar products as static files for the shop's own product pages, as `recsys strip` does"
    add("--strip", metavar="FOLDER", type=Path, help=f"{strip} (docs/own-shop.md)")
    app = "address of the search page, to which products of a strip lead that have no page in the shop"
    add("--strip-app", metavar="ADDRESS", help=f"{app} (default: such products are left out)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _rate(text: str) -> float:
    number = float(text)
    if not 0 < number <= MAX_RATE:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most {MAX_RATE}")
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
