"""Blank and unusable pictures and dead links, which the doctor counts."""

from __future__ import annotations

import csv
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pandas as pd
import pytest
from PIL import Image

from recsys.cli import build, doctor
from recsys.evaluate.unusable import blank_and_small, dead_links
from recsys.images.fetch import ANY_HOST
from testkit.fake_shop import COLOURS, KINDS, draw, encoded


class Pages(BaseHTTPRequestHandler):
    """The page of a product: its path is the status, and /moved is redirected to one that is gone."""

    def do_GET(self):
        name = self.path.split("/")[1]
        self.send_response(HTTPStatus.FOUND if name == "moved" else int(name))
        self.send_header("Location", "/404")
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pages():
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_blank_small_and_unreadable_pictures_are_found():
    pictures = [draw("Dresses", "#b3262e"), Image.new("RGB", (80, 60), "white"), draw("Caps", "#222222", (12, 16))]
    assert dict(blank_and_small([*map(encoded, pictures), b"nothing"])) == {1: True, 2: False, 3: False}


def test_dead_links_are_those_that_lead_nowhere(pages):
    links = [f"{pages}/{name}" for name in ("200", "404", "410", "500", "403", "429", "moved")]
    found = dead_links([*links, "http://127.0.0.1:1/x"], ANY_HOST)
    assert [link.rpartition("/")[2] for link in found] == ["404", "410", "500", "moved", "x"]
    assert found[f"{pages}/moved"] == "The server answers with status 404"


def test_a_link_into_the_private_network_is_not_asked_unless_it_is_allowed(pages):
    (reason,) = dead_links([f"{pages}/200"]).values()
    assert "port" in reason or "internet" in reason


@pytest.mark.slow
def test_the_build_counts_what_the_doctor_lists(pages, encoder_folder, tmp_path, capsys):
    shop, output = tmp_path / "shop", tmp_path / "index"
    shop.mkdir()
    rows = [["id", "title", "type", "image", "link", "price"]]
    for number, (kind, colour) in enumerate((kind, colour) for kind in KINDS for colour in COLOURS.values()):
        picture = Image.new("RGB", (90, 120), "white") if number == 3 else draw(kind, colour, (90, 120))
        picture.save(shop / f"{number}.png")
        link = f"{pages}/{404 if number == 5 else 200}/{number}"
        rows.append([f"P{number}", f"Product {number}", kind, f"{number}.png", link, "9.90"])
    with (shop / "products.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert build.main(["--dataset", str(shop), "--encoder", str(encoder_folder), "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "1 × blank picture" in printed and f"recsys doctor {output}" in printed

    found = tmp_path / "examination"
    assert doctor.main([str(output), "--links", "--allow-private-hosts", "--output", str(found)]) == 0
    assert "      1  link that leads nowhere" in capsys.readouterr().out
    table = pd.read_parquet(found / "findings.parquet").set_index("problem")
    assert table.loc["blank picture", "id"] == "P3"
    assert table.loc["link that leads nowhere", "id"] == "P5"
    assert "status 404" in (found / "index.html").read_text("utf-8")
