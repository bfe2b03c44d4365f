"""`recsys doctor`: examines the products of an index, and writes a page and a table of what it found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys.errors import RecsysError
from recsys.evaluate.doctor import PROBLEMS, examine, write_report
from recsys.index.folder import IndexFolder


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine the index that the command line names. Returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        folder = IndexFolder.open(options.index)
        examination = examine(folder.items, folder.searcher)
        write_report(folder, examination, options.output)
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for problem in PROBLEMS:
        print(f"{len(examination.of(problem)):>7,}  {problem}")
    print(f"The products are in {options.output}/index.html and {options.output}/findings.parquet.")
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    flags = argparse.ArgumentParser(
        prog="recsys doctor",
        description="Examine the products of an index: equal and nearly equal pictures, values that similar products,"
        " the other attributes and the name contradict, and missing values with a proposal. Nothing is changed.",
    )
    flags.add_argument("index", type=Path, help="index folder")
    output = "folder of the page and the table (default: %(default)s)"
    flags.add_argument("--output", metavar="FOLDER", type=Path, default=Path("examination"), help=output)
    return flags
