"""The page and the API of a test, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def serving(shop: Any, uploads: Path) -> Iterator[Any]:
    """The page over a shop, which keeps what visitors upload in this folder, until it is closed."""
    from recsys.web import launch

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(uploads))
        page = launch(shop, prevent_thread_lock=True)
        yield page
        page.close()
