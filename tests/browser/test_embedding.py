"""The page within a page of another origin."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from testkit.fake_shop import fake_shop
from tests.support.serving import serving


@pytest.fixture
def site():
    """A site whose only page shows the address in its query in a frame."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f'<iframe src="{self.path[2:]}" style="width: 900px; height: 600px"></iframe>'.encode())

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_site_shows_the_page_in_a_frame_where_the_owner_allows_its_origin(window, site, tmp_path, is_allowed):
    with serving(fake_shop(), tmp_path, embed_origins=[site] if is_allowed else ["https://shop.example"]) as shop:
        page = window("wide").new_page()
        page.goto(f"{site}/?{shop.local_url}")
        heading = page.frame_locator("iframe").locator("#heading h2")
        if is_allowed:
            expect(heading).to_have_text("From the shop")
        else:
            page.wait_for_timeout(2000)
            expect(heading).to_have_count(0)
        page.close()
