"""The Space: settings → recommender → page → launch."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from recsys.errors import RecsysError
from recsys.runtime.json_log import log_to_stderr
from recsys.serving.live import Shop
from recsys.serving.open import open_shop
from recsys.serving.reload import Reloader
from recsys.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the index that the environment names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="app.py", description="Search a shop with a picture.")
    parser.add_argument("--share", action="store_true", help="also open a public link through Gradio's tunnel")
    options = parser.parse_args(arguments)
    log_to_stderr()
    try:
        settings = Settings.from_env(os.environ)
        with ThreadPoolExecutor(1) as pool:
            opening = pool.submit(lambda: Shop(open_shop(settings)))
            from recsys.web import launch

            shop = opening.result()
        Reloader(shop, settings).start()
        launch(shop, share=options.share)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
