"""How long a browser keeps what it has loaded."""

from __future__ import annotations

import httpx
import pytest

from recsys.web.page.preload import LIST
from testkit.fake_shop import fake_shop


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_a_browser_keeps_the_scripts_of_gradio_whose_names_change_with_their_content(server):
    script = LIST.read_text("utf-8").split()[0]
    found, missing, page = (httpx.get(server.local_url + path) for path in (f"assets/{script}", "assets/no.js", ""))
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert missing.status_code == 404 and "cache-control" not in missing.headers
    assert "immutable" not in page.headers.get("cache-control", "")
