"""python -m recsys.compare --dataset DATASET --models index,resnet50.tv_in1k --modes frozen,pca,head,tuned"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from recsys.catalog import DEFAULT_DATASET, Catalog
from recsys.compare.candidates import (
    MODELS,
    MODES,
    Candidate,
    Plan,
    embedded,
    open_encoder,
    projected,
    tuned,
    with_head,
)
from recsys.compare.table import Row, scores_of, to_json, to_markdown, write
from recsys.encoder import Encoder
from recsys.errors import CatalogError, RecsysError
from recsys.evaluate.pool import first_picture
from recsys.evaluate.speed import time_encoding


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare models on a catalogue; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        modes = _modes(options.modes)
        catalog = Catalog.open(options.dataset, limit=options.limit)
        plan = Plan(catalog, options.dim, options.epochs, options.device, options.random)
        rows = [row for name in _listed(options.models) for row in compare(name, modes, plan)]
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    weights = "random weights" if plan.random else "trained weights"
    note = f"{len(catalog):,} products of {catalog.dataset}, {weights}, {plan.epochs} epochs of training."
    if options.output:
        write(rows, note, options.output)
    print(to_json(rows, note) if options.json else to_markdown(rows, note), end="")
    return 0


def compare(name: str, modes: Sequence[str], plan: Plan) -> Iterator[Row]:
    """A row for each mode of a model. The row of a mode that cannot be evaluated has the reason instead of scores."""
    shown = Path(name).resolve().name if Path(name).exists() else name
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        try:
            encoder = open_encoder(name, plan, Path(folder) / "random")
            frozen = embedded(encoder, plan)
        except RecsysError as error:
            yield Row(shown, "", reason=str(error))
            return
        for mode in modes:
            print(f"{shown}: {mode}", file=sys.stderr)
            try:
                yield _evaluated(shown, _candidate(mode, name, encoder, frozen, plan, Path(folder) / "tuned"), plan)
            except RecsysError as error:
                yield Row(shown, mode, reason=str(error))


def _candidate(mode: str, name: str, encoder: Encoder, frozen: Candidate, plan: Plan, folder: Path) -> Candidate:
    if mode == "pca":
        return projected(frozen, plan)
    if mode == "head":
        return with_head(frozen, plan)
    return tuned(name, encoder, plan, folder) if mode == "tuned" else frozen


def _evaluated(model: str, candidate: Candidate, plan: Plan) -> Row:
    return Row(
        model=model,
        mode=candidate.mode,
        dim=candidate.pool.vectors.shape[1],
        parameters=candidate.parameters,
        scores=scores_of(candidate),
        latency=time_encoding(candidate.encode, first_picture(plan.catalog, candidate.pool)),
        rate=candidate.rate,
    )


def _parser() -> argparse.ArgumentParser:
    models = "timm models, encoder or index folders, or packaged:ARCHITECTURE, separated by commas"
    modes = "the frozen network, PCA of its features, a trained linear layer, fine-tuning"
    parser = argparse.ArgumentParser(prog="recsys compare", description="Compare models on a catalogue.")
    add = parser.add_argument
    add("--dataset", default=DEFAULT_DATASET, help="Hub dataset, folder, or 'sample' (default: %(default)s)")
    add("--models", default=",".join(MODELS), help=f"{models} (default: %(default)s)")
    add("--modes", default=",".join(MODES), help=f"{modes} (default: %(default)s)")
    add("--dim", type=int, default=256, help="dimensions of all modes except frozen (default: %(default)s)")
    add("--epochs", type=int, default=12, help="epochs of the modes head and tuned (default: %(default)s)")
    add("--limit", type=int, metavar="N", help="use only the first N products (default: all)")
    add("--output", type=Path, metavar="FOLDER", help="write the table to this folder (default: only print it)")
    add("--random", action="store_true", help="use random weights, for machines without network access")
    add("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    add("--json", action="store_true", help="print JSON instead of a Markdown table")
    return parser


def _listed(names: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, names.split(",")))))


def _modes(names: str) -> list[str]:
    wanted = _listed(names)
    unknown = [mode for mode in wanted if mode not in MODES]
    if unknown:
        raise CatalogError(f"There is no mode {unknown[0]!r}. The modes are: {', '.join(MODES)}.")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
