"""The Space: settings → recommender → page → launch."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from recsys.assembly import open_shop
from recsys.errors import RecsysError
from recsys.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the index that the environment names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="app.py", description="Search a shop with a picture.")
    parser.add_argument("--share", action="store_true", help="also open a public link through Gradio's tunnel")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "httpx2", "timm"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_shop, Settings.from_env(os.environ))
        from recsys.ui import launch

        try:
            shop = opening.result()
        except RecsysError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    launch(shop, share=options.share)
    return 0


if __name__ == "__main__":
    sys.exit(main())
