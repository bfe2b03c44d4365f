"""What is asked for and not found: counted by kind and colour, and shown only where several visitors asked for it."""

from __future__ import annotations

import pytest
from PIL import Image

from recsys.cli.asked import main
from recsys.core.calibration import Calibration
from recsys.web.server import unmet
from recsys.web.server.unmet import MIN_CLIENTS, RARE, UnmetWishes
from testkit.fake_shop import draw, encoded, fake_shop

SEES = {"articleType": {"Saris": 0.9, "Caps": 0.1}, "baseColour": {"Pink": 0.8, "Red": 0.2}}
FAR, NEAR = encoded(Image.new("RGB", (240, 320), "black")), encoded(draw("Dresses", "#b3262e"))


@pytest.fixture(scope="module")
def shop():
    calibration = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)
    return fake_shop(calibration=calibration, sees=SEES)


@pytest.fixture
def counts(monkeypatch):
    """Empty counts."""
    wishes = UnmetWishes()
    monkeypatch.setattr(unmet.UNMET, "_counts", wishes._counts)
    return unmet.UNMET


def ask(web, number, picture=FAR):
    files = {"image": ("secret.png", picture)}
    response = web.post("api/recommend", files=files, headers={"x-forwarded-for": f"203.0.113.{number}"})
    assert response.status_code == 200


def test_a_wish_is_shown_once_enough_visitors_had_it(web, counts):
    for number in range(MIN_CLIENTS - 1):
        ask(web, number)
        ask(web, number)
    assert "Saris" not in web.get("metrics").text
    ask(web, MIN_CLIENTS)
    text = web.get("metrics").text
    assert f'recsys_asked_not_found_total{{colour="Pink",kind="Saris"}} {2 * MIN_CLIENTS - 1}.0' in text
    assert "203.0.113" not in text and "secret" not in text


def test_what_is_found_and_what_has_no_picture_is_not_counted(web, counts):
    ask(web, 1, NEAR)
    web.post("api/similar", json={"item_id": "p7", "where": {"articleType": "Watches"}})
    assert counts.shown() == {}


def test_a_call_through_gradio_counts_too(web, counts):
    for number in range(MIN_CLIENTS):
        client = {"x-forwarded-for": f"203.0.113.{number}"}
        (path,) = web.post("gradio_api/upload", files={"files": ("x.png", FAR)}).json()
        picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
        event = web.post("gradio_api/call/recommend", json={"data": [picture]}, headers=client).json()["event_id"]
        assert "complete" in web.get(f"gradio_api/call/recommend/{event}").text
    assert counts.shown() == {("Saris", "Pink"): MIN_CLIENTS}


def test_rare_wishes_are_one_sum():
    wishes = UnmetWishes()
    for number in range(3):
        wishes.add(("Saris", "Pink"), f"client {number}")
        wishes.add(("Kilts", "Red"), "client 0")
    assert wishes.shown() == {(RARE, RARE): 6}


def test_kinds_beyond_the_limit_are_counted_as_rare(monkeypatch):
    monkeypatch.setattr(unmet, "MAX_WISHES", 2)
    wishes = UnmetWishes()
    for kind in "abcde":
        for number in range(MIN_CLIENTS):
            wishes.add((kind, "Red"), str(number))
    assert wishes.shown() == {("a", "Red"): 5, ("b", "Red"): 5, (RARE, RARE): 15}


def test_the_command_prints_a_table(server, web, counts, capsys):
    for number in range(MIN_CLIENTS):
        ask(web, number)
    assert main([server.local_url]) == 0
    assert capsys.readouterr().out.split() == [str(MIN_CLIENTS), "Saris", "Pink"]
    assert main(["http://127.0.0.1:1"]) == 1
    assert "Give the address of the page" in capsys.readouterr().err
