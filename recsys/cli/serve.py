"""`recsys serve` and `app.py`: reads the settings, opens the index, and serves the page and the API."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from recsys.errors import RecsysError
from recsys.runtime.json_log import log_to_stderr
from recsys.serving.folder_reload import reloader
from recsys.serving.live import LiveRecommender
from recsys.serving.open import open_recommender, prepare
from recsys.settings import Settings

VARIABLES = """\
environment variables:
  INDEX_REPO        dataset repository of the index on the Hub; without it, the folder INDEX_DIR is served
  INDEX_REVISION    branch, tag or commit of INDEX_REPO (default: the default branch)
  INDEX_DIR         folder of the index (default: my-index where it exists, else the sample shop)
  HF_TOKEN          token for a private INDEX_REPO
  STORE_URI, STORE_TOKEN   Milvus server that searches the vectors instead of Annoy, and its token
  SYNONYMS          JSON file of your own synonyms for text queries (docs/words.md)
  EMBED_ORIGINS     origins whose pages may show the page in a frame, separated by blanks (docs/own-shop.md)
  RELOAD_SECONDS    how often to ask the Hub for a newer index, in seconds (default: 300; 0 turns it off). A folder is
                    looked at every 5 seconds, or as often as this where it is shorter
  GRADIO_SERVER_NAME, GRADIO_SERVER_PORT   address and port to listen on (default: 127.0.0.1 and 7860)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the index that the environment names until the process is stopped; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="recsys serve",
        description="Serve the page and the API over an index.",
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    share = "also open a public link through Gradio's tunnel, for a week at most; `recsys publish` makes one that lasts"
    parser.add_argument("--share", action="store_true", help=share)
    options = parser.parse_args(arguments)
    log_to_stderr()
    try:
        settings = Settings.from_env(os.environ)
        with ThreadPoolExecutor(1) as pool:
            opening = pool.submit(lambda: LiveRecommender(open_recommender(settings)))
            from recsys.web import launch  # Gradio takes seconds to import: the index opens meanwhile

            shop = opening.result()
        prepare(shop.current)
        reloader(shop, settings).start()
        launch(shop, share=options.share, embed_origins=settings.embed_origins)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
