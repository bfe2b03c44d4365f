"""`recsys strip`: writes the strip of similar products of an index, for the product pages of a shop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys.build.strip import StripOptions, StripReport, write_strip
from recsys.errors import RecsysError
from recsys.format.layout import OWN_INDEX
from recsys.recommend.recommender import Recommender

COUNT = "products in a strip (default: %(default)s)"
APP = "address of the search page, to which products without a page in the shop lead"
PICTURES = "address of the shop's own small pictures, with {id} in place of the id"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the strip that the command line describes. Returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        print(written(options.index, options.output, StripOptions(options.count, options.app, options.pictures)))
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def written(index: str | Path, output: Path, options: StripOptions) -> str:
    """Write the strip of an index. Returns the closing lines."""
    recommender = Recommender.from_pretrained(index, token=os.environ.get("HF_TOKEN") or None)
    return "\n".join(lines(write_strip(recommender, output, options), output))


def lines(report: StripReport, output: Path) -> list[str]:
    """What was written, and which products no strip shows."""
    files = f"{report.written:,} files written, {report.unchanged:,} unchanged, {report.removed:,} removed"
    hidden = [f"  {count:,} products are in no strip: {reason}." for reason, count in report.not_shown.items()]
    return [f"Strips of {report.strips:,} of {report.products:,} products in {output}: {files}.", *hidden]


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    flags = argparse.ArgumentParser(
        prog="recsys strip",
        description="Write the similar products of each product as static files, and the script that shows them on the"
        " product pages of a shop. Run it again after each update of the index: only files that change are rewritten.",
    )
    index = "index folder, or dataset repository on the Hub (default: %(default)s)"
    output = "folder for the files, which the shop serves (default: %(default)s)"
    flags.add_argument("index", nargs="?", default=OWN_INDEX, help=index)
    flags.add_argument("--output", metavar="FOLDER", type=Path, default=Path("similar"), help=output)
    flags.add_argument(
        "--count", metavar="N", type=int, default=StripOptions.count, help=f"{COUNT} (default: %(default)s)"
    )
    flags.add_argument("--app", metavar="ADDRESS", help=f"{APP} (default: such products are left out)")
    flags.add_argument("--pictures", metavar="ADDRESS", help=f"{PICTURES} (default: those of the index, as files)")
    return flags
