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

from recsys.catalog import DEFAULT_DATASET
from recsys.errors import HubNotFoundError, RecsysError
from recsys.format.layout import OWN_INDEX

if TYPE_CHECKING:
    from recsys.build.embed import Engine
    from recsys.build.pipeline import BuildReport, Comparison
    from recsys.build.previous import PreviousIndex
    from recsys.catalog import Catalog
    from recsys.encoder import Encoder
    from recsys.stores.milvus import Milvus

DEFAULT_ENCODER = "resnet50.tv_in1k"


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
    _add_output_flags(flags.add_argument_group("output"))
    return flags


def _add_catalogue_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dataset",
        default=DEFAULT_DATASET,
        help="Hub dataset, folder (dataset repository, Kaggle archive, index, or pictures), or 'sample' for the drawn"
        " sample shop (default: %(default)s)",
    )
    group.add_argument("--split", default="train", help="split of the dataset (default: %(default)s)")
    group.add_argument("--revision", help="branch, tag or commit of a Hub dataset (default: its main branch)")
    group.add_argument("--limit", metavar="N", type=_positive, help="index only the first N products (default: all)")
    group.add_argument("--image-column", help="column of the pictures (default: detected)")
    group.add_argument("--id-column", help="column of the ids (default: detected, else the row number)")
    group.add_argument("--name-column", help="column of the product names (default: detected, else none)")
    group.add_argument(
        "--attributes", metavar="NAME,NAME", type=_names, help="columns of the attributes (default: detected)"
    )
    group.add_argument(
        "--queries-from",
        metavar="DATASET",
        help="calibrate confidence on the products of this dataset, if they are closer to what visitors will search"
        " with (default: on the catalogue itself)",
    )


def _add_encoder_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--encoder",
        help="timm model name, model repository, encoder folder, or index folder whose encoder to use (default: the"
        f" encoder of --update, else {DEFAULT_ENCODER})",
    )
    group.add_argument(
        "--update",
        metavar="INDEX",
        nargs="?",
        const="",
        help="start from this index (Hub repository or folder; without INDEX, that of --push-to-hub): keep its encoder"
        " and projection, and reuse the vectors of unchanged pictures",
    )
    group.add_argument(
        "--dim",
        metavar="N",
        type=_positive,
        default=256,
        help="dimensions that the features of a frozen network are projected to by PCA (default: %(default)s)",
    )
    group.add_argument(
        "--recall",
        type=_share,
        default=0.99,
        help="recall@10 against exact search that the search index must reach (default: %(default)s)",
    )
    group.add_argument(
        "--int8",
        action="store_true",
        help="quantize the network to int8: faster and less exact, so evaluate it; needs nncf",
    )


def _add_computing_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=_positive,
        default=32,
        help="pictures that are embedded at once (default: %(default)s)",
    )
    group.add_argument(
        "--engine",
        choices=["process", "ray"],
        default="process",
        help="where pictures are embedded: in this process, or on all machines of a Ray cluster, which needs"
        " requirements-scale.txt (default: %(default)s)",
    )
    group.add_argument(
        "--address", metavar="HOST:PORT", help="head of the Ray cluster (default: the cores of this machine)"
    )


def _add_output_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--output", metavar="FOLDER", type=Path, default=OWN_INDEX, help="index folder (default: %(default)s)"
    )
    group.add_argument("--store", choices=["milvus"], help="also load the vectors into this store, to search there")
    group.add_argument("--uri", help="address of the store: https://HOST:19530, or NAME.db for Milvus Lite")
    group.add_argument("--push-to-hub", metavar="REPO", help="publish the index as this dataset repository")
    group.add_argument("--private", action="store_true", help="create that repository as private")


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


def run(options: argparse.Namespace) -> None:
    """Build the index, then load it into a store and publish it if asked."""
    from recsys import hub
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.index.replace import check_replaceable

    token = os.environ.get("HF_TOKEN") or None
    if options.push_to_hub:
        hub.check_push(options.push_to_hub, token)
    milvus = _connect_to_milvus(options.uri) if options.store else None
    check_replaceable(options.output.resolve())
    previous = _index_to_update(options.push_to_hub if options.update == "" else options.update, token)
    encoder = _encoder(options, previous, token)
    catalog = _catalog(options)
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
            engine=engine,
        )
    print(summary(report))
    if milvus:
        _load_into_milvus(milvus, options.output)
    if options.push_to_hub:
        _publish(options, token)


def _connect_to_milvus(uri: str) -> Milvus:
    """The Milvus server at `uri`, once it has answered. Its token is the variable STORE_TOKEN."""
    from recsys.stores.milvus import Milvus

    milvus = Milvus(uri, os.environ.get("STORE_TOKEN") or None)
    milvus.ask("list_collections")
    return milvus


def _index_to_update(source: str | None, token: str | None) -> PreviousIndex | None:
    from recsys import hub
    from recsys.build.previous import PreviousIndex

    if source is None:
        return None
    if Path(source).is_dir():
        return PreviousIndex.open(Path(source))
    try:
        return PreviousIndex.open(hub.pull(source, token=token).folder, source)
    except HubNotFoundError as error:
        raise HubNotFoundError(f"{error} For a first build, leave --update out.") from error


def _encoder(options: argparse.Namespace, previous: PreviousIndex | None, token: str | None) -> Encoder:
    from recsys.encoder import Encoder

    source = options.encoder or (previous.folder.path if previous else DEFAULT_ENCODER)
    return Encoder.from_pretrained(source, token=token, device=options.device)


def _catalog(options: argparse.Namespace) -> Catalog:
    from recsys.catalog import Catalog

    return Catalog.open(
        options.dataset,
        split=options.split,
        revision=options.revision,
        limit=options.limit,
        image_column=options.image_column,
        id_column=options.id_column,
        name_column=options.name_column,
        attributes=options.attributes,
    )


@contextmanager
def _engine(options: argparse.Namespace) -> Iterator[Engine]:
    """The engine that embeds the pictures. A Ray cluster stays connected until the context ends."""
    if options.engine == "process":
        from recsys.build.embed import embed_in_process

        yield embed_in_process
        return
    from recsys.build.ray.cluster import connected

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
    from recsys.index.folder import IndexFolder
    from recsys.stores.milvus import Edition, load

    folder = IndexFolder.open(output)
    edition = Edition.of(folder.manifest)
    try:
        load(milvus, edition, folder.items, folder.searcher)
    except RecsysError:
        print(f"The index is in {output}. The same command loads it into Milvus and does not build it again.")
        raise
    print(f"In Milvus: {edition.collection}, with the alias {edition.shop}.")


def _publish(options: argparse.Namespace, token: str | None) -> None:
    from recsys import hub
    from recsys.index.replace import claim

    try:
        with claim(options.output) as folder:
            pushed = hub.push(folder, options.push_to_hub, private=options.private, token=token)
    except RecsysError:
        print(f"The index is in {options.output}. The same command publishes it and does not build it again.")
        raise
    print(f"Published: {pushed.url}")
