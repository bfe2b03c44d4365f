"""python -m recsys.evaluate --encoder ENCODER_OR_INDEX --dataset DATASET"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from recsys.catalog import DEFAULT_DATASET, Catalog
from recsys.core.holdout import PRODUCT_SPLIT, unseen, withheld
from recsys.encoder import Encoder
from recsys.errors import CatalogError, RecsysError
from recsys.evaluate.classification import evaluate_heads
from recsys.evaluate.confidence import evaluate_confidence
from recsys.evaluate.contact_sheet import draw_sheet, examples
from recsys.evaluate.mteb_export import check_export, export_tasks
from recsys.evaluate.pool import Encode, Pool, embed, first_picture
from recsys.evaluate.protocol import EvaluationProtocol, cross_catalogue_protocol, split_protocol
from recsys.evaluate.report import Report, Source, Subject
from recsys.evaluate.retrieval import roles_of, score_attributes, score_classes
from recsys.evaluate.slices import Slice, evaluate_slices, slice_task
from recsys.evaluate.speed import SearchSpeed, time_encoding, time_search
from recsys.evaluate.task_inputs import Contender, TaskInputs
from recsys.evaluate.tasks import (
    DEFAULT_QUERIES,
    DEFAULT_TASKS,
    TASKS,
    TaskRun,
    run_tasks,
    sample_inputs,
    task_names,
)
from recsys.format.layout import MANIFEST, SAMPLE
from recsys.index.folder import IndexFolder
from recsys.index.tower import tower_beside
from recsys.types import Product, Vectors


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate an encoder on a catalogue; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        report = run(options)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(report.to_json() if options.json else report.to_markdown(), end="")
    return 0


def run(options: argparse.Namespace) -> Report:
    """Embed the catalogue, evaluate the encoder, and write the report to the folder `--output`."""
    _check(options)
    encoder = Encoder.from_pretrained(options.encoder, device=options.device)
    catalog = Catalog.open(options.dataset, limit=options.limit)
    asked = Catalog.open(options.queries_from, limit=options.limit) if options.queries_from else catalog
    pool = embed(_progress(catalog), encoder.encode)
    if options.queries_from:
        asked_pool = embed(_unseen(asked, encoder), encoder.encode)
        protocol = cross_catalogue_protocol(asked_pool, pool)
    else:
        asked_pool, protocol = pool, split_protocol(pool, options.split, encoder.split)
    kind = roles_of(protocol.retrieval.gallery).kind
    inputs = _task_inputs(options, catalog, pool, encoder) if _task_names(options) or options.export else None
    report = Report(
        encoder=_subject(options.encoder, encoder),
        dataset=Source(catalog.dataset, catalog.revision, len(pool)),
        queries_from=Source(asked.dataset, asked.revision, len(asked_pool)) if options.queries_from else None,
        split=options.split,
        note=protocol.note,
        kind=kind,
        scores=score_attributes(protocol.retrieval),
        classes=score_classes(protocol.retrieval, kind) if kind else (),
        classification=evaluate_heads(
            protocol.retrieval, encoder.logits(protocol.retrieval.queries.vectors), encoder.values
        ),
        confidence=evaluate_confidence(
            protocol.calibration,
            {**protocol.out_of_gallery, **outliers(options.outliers_from, encoder.encode)},
            encoder,
        ),
        slices=_slices(protocol, kind, asked, encoder) if options.slices and kind else (),
        latency=time_encoding(encoder.encode, first_picture(asked, asked_pool)),
        search=_search(Path(options.encoder), protocol),
        tasks=run_tasks(
            _task_names(options),
            TaskRun(inputs, encoder, options.shop, tower_beside(Path(options.encoder), encoder.spec)),
        )
        if inputs
        else (),
    )
    if options.export and inputs:
        export_tasks(inputs, catalog, catalog.dataset, options.export)
    if options.output:
        report.write(options.output)
        if kind:
            _draw_sheets(protocol, kind, asked, catalog, options.output)
    return report


def _parser() -> argparse.ArgumentParser:
    split = "products to use as queries: product (held out), type (withheld kinds) or year:2017 (from that year)"
    outliers = "pictures that show no product of the catalogue, to measure how many have no close match"
    slices = "also evaluate rare kinds, small pictures, and corrupted pictures as visitors may send them"
    parser = argparse.ArgumentParser(prog="recsys evaluate", description="Evaluate an encoder or an index.")
    add = parser.add_argument
    encoder = "timm model, model repository, encoder or index folder"
    add("--encoder", default="index", help=f"{encoder} (default: %(default)s)")
    add("--dataset", default=DEFAULT_DATASET, help="Hub dataset, folder, or 'sample' (default: %(default)s)")
    add("--split", default=PRODUCT_SPLIT, help=f"{split} (default: %(default)s)")
    add("--queries-from", metavar="DATASET", help="use the products of this catalogue as queries (default: --dataset)")
    add("--outliers-from", nargs="+", action="extend", default=[], metavar="FOLDER", help=outliers)
    add("--slices", action="store_true", help=slices)
    tasks = f"comma-separated tasks: {', '.join(TASKS)}; all or none (default: {','.join(DEFAULT_TASKS)})"
    queries = "sample at most N held-out products as queries of the tasks products and clutter (default: %(default)s)"
    beside = "measure the tasks for this encoder too, such as a pretrained network or the encoder before; repeatable"
    export = "write the benchmark to this empty folder, as a dataset in the form of MTEB's image retrieval tasks"
    output = "write report, plots and contact sheets here (default: only print)"
    add("--tasks", metavar="NAMES", help=tasks)
    add("--words", action="store_const", dest="tasks", const="words", help="the same as --tasks words")
    add("--queries", type=int, default=DEFAULT_QUERIES, metavar="N", help=queries)
    add("--pictures-from", metavar="DATASET", help="make the queries of the tasks of this dataset's larger pictures")
    add("--shop", metavar="DATASET", default=SAMPLE, help="shop of the task drawn (default: %(default)s)")
    add("--beside", action="append", default=[], metavar="ENCODER", help=beside)
    add("--export", type=Path, metavar="FOLDER", help=export)
    add("--output", type=Path, metavar="FOLDER", help=output)
    add("--limit", type=int, metavar="N", help="use only the first N products (default: all)")
    add("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    add("--json", action="store_true", help="print JSON instead of Markdown tables")
    return parser


def _check(options: argparse.Namespace) -> None:
    """Raise CatalogError for options that would otherwise fail after minutes of work."""
    withheld(options.split)
    _task_names(options)
    if options.export:
        check_export(options.export)
    if options.queries_from and options.split != PRODUCT_SPLIT:
        raise CatalogError("A split applies to one catalogue. Give --split or --queries-from, not both.")


def _task_names(options: argparse.Namespace) -> tuple[str, ...]:
    """The tasks to run. They ask held-out products of one catalogue, so none by default with queries of another."""
    if options.tasks is None:
        return () if options.queries_from else DEFAULT_TASKS
    return task_names(options.tasks)


def _task_inputs(options: argparse.Namespace, catalog: Catalog, pool: Pool, encoder: Encoder) -> TaskInputs:
    contenders = [Contender(Path(options.encoder).name, encoder.encode, pool.vectors)]
    for source in options.beside:
        other = Encoder.from_pretrained(source, device=options.device)
        contenders.append(Contender(Path(source).name, other.encode, embed(_progress(catalog), other.encode).vectors))
    contenders.append(Contender.thumbnails(pool))
    larger = Catalog.open(options.pictures_from) if options.pictures_from else None
    return sample_inputs(pool, contenders, catalog, larger, options.queries)


def _unseen(catalog: Catalog, encoder: Encoder) -> Iterator[Product]:
    """The products that training never saw: all of them for a frozen network."""
    is_unseen = unseen(encoder.split)
    yield from (product for product in _progress(catalog) if not encoder.trained or is_unseen(product.item))


def _subject(source: str, encoder: Encoder) -> Subject:
    spec = encoder.spec
    name = Path(source).resolve().name if Path(source).exists() else source
    return Subject(name, spec.architecture, spec.dim, encoder.split, spec.fingerprint)


def outliers(folders: Sequence[str], encode: Encode) -> dict[str, Vectors]:
    """The embeddings of the pictures of each folder, by the name of the folder. Equal names are numbered."""
    names = [Path(folder).name for folder in folders]
    found = {}
    for place, (name, folder) in enumerate(zip(names, folders, strict=True)):
        number = f" {names[:place].count(name) + 1}" if names.count(name) > 1 else ""
        found[name + number] = embed(Catalog.open(folder), encode).vectors
    return found


def _slices(protocol: EvaluationProtocol, kind: str, catalog: Catalog, encoder: Encoder) -> tuple[Slice, ...]:
    task = slice_task(protocol.calibration, kind)
    pictures = _pictures(catalog, {item.id for item in task.queries.items})
    return evaluate_slices(task, kind, pictures, encoder.encode)


def _search(source: Path, protocol: EvaluationProtocol) -> tuple[SearchSpeed, ...]:
    """The speed and recall of the search, where an index folder is evaluated."""
    if not (source / MANIFEST).is_file():
        return ()
    return time_search(IndexFolder.open(source).searcher, protocol.retrieval.queries.vectors)


def _draw_sheets(protocol: EvaluationProtocol, kind: str, asked: Catalog, catalog: Catalog, folder: Path) -> None:
    sheets = {name: examples(protocol.retrieval, kind, best=name == "best") for name in ("best", "worst")}
    lines = [line for sheet in sheets.values() for line in sheet]
    queries = _pictures(asked, {line[0].id for line in lines})
    gallery = _pictures(catalog, {shown.id for line in lines for shown in line[1:]})
    for name, sheet in sheets.items():
        if sheet:
            draw_sheet(sheet, queries, gallery, folder / f"{name}.png")


def _pictures(catalog: Catalog, ids: set[str]) -> Mapping[str, bytes]:
    return {product.item.id: product.picture or b"" for product in catalog if product.item.id in ids}


def _progress(catalog: Catalog) -> Iterator[Product]:
    yield from tqdm(catalog, total=len(catalog), desc="Embedding", unit=" products", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
