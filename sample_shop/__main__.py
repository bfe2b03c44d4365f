"""Draw a shop: python -m sample_shop --count 5000 --seed 1 --output FOLDER"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from recsys.errors import RecsysError
from sample_shop.dataset import write_dataset
from sample_shop.shop import products


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the products and write the folder. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sample_shop",
        description="Draw a shop of fashion products and write it as a dataset folder.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--count", type=_positive, default=480, help="number of products")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other products")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write, new or empty")
    options = parser.parse_args(arguments)
    drawn = products(options.count, options.seed)
    try:
        write_dataset(tqdm(drawn, desc="Drawing", total=options.count, unit=" products"), options.output)
    except (RecsysError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{options.count:,} products in {options.output}. Use them with --dataset {options.output}.")
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
