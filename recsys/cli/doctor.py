"""`recsys doctor`: examines the products of an index, and writes a page and a table of what it found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys.errors import RecsysError
from recsys.evaluate.doctor import DEAD, PROBLEMS, examine_index, write_report
from recsys.images.fetch import ANY_HOST, PUBLIC
from recsys.index.folder import IndexFolder


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine the index that the command line names. Returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        folder = IndexFolder.open(options.index)
        policy = ANY_HOST if options.allow_private_hosts else PUBLIC
        examination = examine_index(folder, policy if options.links else None)
        write_report(folder, examination, options.output)
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for problem in PROBLEMS:
        if problem != DEAD or options.links:
            print(f"{len(examination.of(problem)):>7,}  {problem}")
    if skipped := folder.manifest.dataset.skipped:
        print(f"{skipped:>7,}  products left out of the index, without a picture that can be read")
    print(f"The products are in {options.output}/index.html and {options.output}/findings.parquet.")
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    flags = argparse.ArgumentParser(
        prog="recsys doctor",
        description="Examine the products of an index: equal and nearly equal pictures, values that similar products,"
        " the other attributes and the name contradict, missing values with a proposal, and blank pictures. Nothing is"
        " changed.",
    )
    flags.add_argument("index", type=Path, help="index folder")
    output = "folder of the page and the table (default: %(default)s)"
    flags.add_argument("--output", metavar="FOLDER", type=Path, default=Path("examination"), help=output)
    flags.add_argument("--links", action="store_true", help="also ask for the page of each product in the shop")
    private = "ask servers in the private network too"
    flags.add_argument("--allow-private-hosts", action="store_true", help=private)
    return flags
