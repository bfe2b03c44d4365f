"""Build the index of a catalogue: python build_index.py --dataset DATASET [--push-to-hub REPO]"""

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
    from recsys.build.pipeline import BuildReport
    from recsys.build.previous import Baseline
    from recsys.encoder import Encoder
    from recsys.stores.milvus import Milvus

DEFAULT_ENCODER = "resnet50.tv_in1k"


def parser() -> argparse.ArgumentParser:
    """The flags of the command line."""
    flags = argparse.ArgumentParser(prog="build_index.py", description="Build the search index of a catalogue.")
    flags.add_argument(
        "--dataset",
        default=DEFAULT_DATASET,
        help="a dataset of the Hub, a folder (dataset repository, Kaggle archive, or pictures), or 'sample'",
    )
    flags.add_argument("--split", default="train")
    flags.add_argument("--revision", help="branch, tag or commit of the dataset")
    flags.add_argument("--limit", type=positive, help="only the first N products")
    flags.add_argument("--image-column")
    flags.add_argument("--id-column")
    flags.add_argument("--name-column")
    flags.add_argument("--attributes", type=lambda text: [name.strip() for name in text.split(",") if name.strip()])
    flags.add_argument(
        "--encoder",
        help=f"a timm name, a model repository, a folder, or an index folder; {DEFAULT_ENCODER}, or that of --update",
    )
    flags.add_argument(
        "--update",
        metavar="INDEX",
        nargs="?",
        const="",
        help="start from this index, a repository or a folder (that of --push-to-hub where none is named): its encoder"
        " and projection stay, and so do its vectors of unchanged pictures",
    )
    flags.add_argument(
        "--queries-from", metavar="DATASET", help="fit confidence on products of this one, as visitors would bring them"
    )
    flags.add_argument("--dim", type=positive, default=256, help="dimensions that a frozen network is projected to")
    flags.add_argument("--recall", type=share, default=0.99, help="recall@10 that the search must reach")
    flags.add_argument("--device", default="auto", help="auto, cpu or cuda")
    flags.add_argument(
        "--int8", action="store_true", help="a network in int8: faster and less exact, so judge it; needs nncf"
    )
    flags.add_argument("--batch-size", type=positive, default=32)
    flags.add_argument(
        "--engine",
        choices=["process", "ray"],
        default="process",
        help="what embeds: this process, or all machines of a Ray cluster; needs requirements-scale.txt",
    )
    flags.add_argument("--address", help="host:port of the head of the Ray cluster; without it, this machine's cores")
    flags.add_argument("--output", type=Path, default=OWN_INDEX)
    flags.add_argument("--store", choices=["milvus"], help="also load the vectors into this, to be searched there")
    flags.add_argument("--uri", help="where the store is: https://HOST:19530, or NAME.db for Milvus Lite")
    flags.add_argument("--push-to-hub", metavar="REPO", help="publish the index as this dataset repository")
    flags.add_argument("--private", action="store_true", help="keep the repository to yourself")
    return flags


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def share(text: str) -> float:
    """A number in (0, 1], for argparse."""
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    flags = parser()
    options = flags.parse_args(arguments)
    if options.private and not options.push_to_hub:
        flags.error("--private says how --push-to-hub publishes; it does nothing without it")
    if options.update == "" and not options.push_to_hub:
        flags.error("--update takes an index, or --push-to-hub that names one")
    if bool(options.store) != bool(options.uri):
        flags.error("--store says what to load the vectors into, and --uri where it is: give both, or neither")
    if options.address and options.engine != "ray":
        flags.error("--address says where the cluster of --engine ray is; it does nothing without that")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        run(options)
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def run(options: argparse.Namespace) -> None:
    """Build and, where asked, publish."""
    from recsys import hub
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.index.replace import check_replaceable, claim

    token = os.environ.get("HF_TOKEN") or None
    if options.push_to_hub:
        hub.check_push(options.push_to_hub, token)
    milvus = open_milvus(options.uri) if options.store else None
    check_replaceable(options.output.resolve())
    base = starting_point(options.push_to_hub if options.update == "" else options.update, token)
    encoder = encoder_of(options, base, token)
    catalog = Catalog.open(
        options.dataset,
        split=options.split,
        revision=options.revision,
        limit=options.limit,
        image_column=options.image_column,
        id_column=options.id_column,
        name_column=options.name_column,
        attributes=options.attributes,
    )
    with engine_of(options) as engine:
        report = build_index(
            catalog,
            encoder,
            options.output,
            base=base,
            dim=options.dim,
            recall=options.recall,
            batch_size=options.batch_size,
            int8=options.int8,
            queries=Catalog.open(options.queries_from) if options.queries_from else None,
            engine=engine,
        )
    print(summary(report))
    if milvus:
        load_into(milvus, options.output)
    if options.push_to_hub:
        try:
            with claim(options.output) as folder:
                pushed = hub.push(folder, options.push_to_hub, private=options.private, token=token)
        except RecsysError:
            print(f"The index is in {options.output}. The same command publishes it and builds nothing again.")
            raise
        print(f"Published: {pushed.url}")


def open_milvus(uri: str) -> Milvus:
    """The Milvus there, which answers. Its token is STORE_TOKEN."""
    from recsys.stores.milvus import Milvus

    milvus = Milvus(uri, os.environ.get("STORE_TOKEN") or None)
    milvus.ask("list_collections")
    return milvus


def load_into(milvus: Milvus, output: Path) -> None:
    """Load the vectors of the index in `output`, before it is published and an app asks for them."""
    from recsys.index.folder import IndexFolder
    from recsys.stores.milvus import Edition, load

    folder = IndexFolder.open(output)
    edition = Edition.of(folder.manifest)
    try:
        load(milvus, edition, folder.items, folder.searcher)
    except RecsysError:
        print(f"The index is in {output}. The same command loads it into Milvus and builds nothing again.")
        raise
    print(f"In Milvus: {edition.collection}, which the alias {edition.shop} names.")


@contextmanager
def engine_of(options: argparse.Namespace) -> Iterator[Engine]:
    """What embeds the pictures: this process, or a cluster for as long as the context lasts."""
    if options.engine == "process":
        from recsys.build.embed import in_process

        yield in_process
        return
    from recsys.build.ray.cluster import connected

    with connected(options.address):
        from recsys.build.ray.engine import RayEngine

        yield RayEngine()


def starting_point(source: str | None, token: str | None) -> Baseline | None:
    """The index to update, of a folder or the present commit of a repository."""
    from recsys import hub
    from recsys.build.previous import Baseline

    if source is None:
        return None
    if Path(source).is_dir():
        return Baseline.open(Path(source))
    try:
        return Baseline.open(hub.pull(source, token=token).folder, source)
    except HubNotFoundError as error:
        raise HubNotFoundError(f"{error} For a first build, leave --update out.") from error


def encoder_of(options: argparse.Namespace, base: Baseline | None, token: str | None) -> Encoder:
    """The encoder that is named, or else that of the index to update."""
    from recsys.encoder import Encoder

    if base and not options.encoder:
        return Encoder.from_pretrained(base.folder.path, token=token, device=options.device)
    return Encoder.from_pretrained(options.encoder or DEFAULT_ENCODER, token=token, device=options.device)


def summary(report: BuildReport) -> str:
    """The closing lines of a build."""
    rate = report.embedded / report.seconds if report.embedded else 0.0
    lines = [
        f"{report.count:,} products in {report.output}, {report.embedded:,} pictures embedded"
        f" ({rate:.1f} a second), {report.total_seconds:.0f} s in all.",
        f"Search: {report.search.n_trees} trees, search_k {report.search.search_k},"
        f" recall@10 {report.search.recall:.4f} against exact search.",
    ]
    if report.changes:
        lines.append(
            f"Against {report.base}: {report.changes.new:,} new, {report.changes.changed:,} with another picture,"
            f" {report.changes.unchanged:,} unchanged, {report.changes.gone:,} gone."
        )
    if report.obstacle:
        lines.append(f"No vector was taken from {report.base}: {report.obstacle}.")
    if report.skipped:
        lines.append(f"Left out: {len(report.skipped)} products.")
        lines += [f"  {skipped.id}: {skipped.reason}" for skipped in report.skipped]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
