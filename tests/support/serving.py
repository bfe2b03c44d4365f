"""Serves the page and the API to a test, in the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def serving(shop: Any, uploads: Path, **options: Any) -> Iterator[Any]:
    """Serve the page and the API of a recommender while the context lasts, with `uploads` as the upload folder."""
    from recsys.web import launch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(uploads))
        page = launch(shop, prevent_thread_lock=True, **options)
        yield page
        page.close()
