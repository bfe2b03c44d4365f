"""The interface without a browser, through a running server: its API, its thumbnails, and how it serves."""

from __future__ import annotations

import re
import threading

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.web import build_page, launch
from recsys.web.server.error_responses import INTERNAL_MESSAGE
from recsys.web.server.uploads import GIVE_ONE, NOT_HERE
from testkit.fake_shop import draw, encoded, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")
META = {"_type": "gradio.FileData"}
ACCEPTED = "Give a (complete )?JPEG, PNG"
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)
SEES = {"articleType": {"Dresses": 0.75, "Caps": 0.25}, "gender": {"Men": 0.4, "Women": 0.35, "Girls": 0.25}}
SEEN = {
    "articleType": {"value": "Dresses", "probability": 0.75, "likely": [["Dresses", 0.75], ["Caps", 0.25]]},
    "gender": {"value": None, "probability": 0.4, "likely": [["Men", 0.4], ["Women", 0.35], ["Girls", 0.25]]},
}
BLACK = Image.new("RGB", (240, 320), "black")


@pytest.fixture(scope="module")
def shop():
    return fake_shop(notice="The Hub did not answer; this is the copy of yesterday.")


@pytest.fixture
def ask(ask_by_position):
    return ask_by_position


@pytest.fixture
def python(server):
    client = Client(server.local_url, verbose=False)
    yield client
    client.close()


@pytest.fixture
def knowing(shop, monkeypatch):
    """The shop, with an encoder that tells attributes and a calibration."""
    monkeypatch.setattr(shop, "calibration", CALIBRATION)
    monkeypatch.setattr(shop.encoder, "sees", SEES)
    return shop


def rounded(value):
    """A JSON value with its numbers rounded."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 5) if isinstance(value, float) else value


@pytest.fixture
def photo(tmp_path):
    RED_DRESS.save(tmp_path / "dress.jpg")
    return tmp_path / "dress.jpg"


class TestApi:
    def test_a_python_client_finds_five_products_by_picture_without_saying_how_many(self, python, photo):
        answer = python.predict(handle_file(photo), api_name="/recommend")
        assert answer["index"] == {"name": "tests/fake-shop", "revision": "1a2b3c4d5e6f7890", "items": 60}
        assert len(answer["matches"]) == 5
        assert answer["matches"][0]["attributes"]["articleType"] == "Dresses"

    def test_a_python_client_says_how_many_and_filters(self, python, photo):
        matches = python.predict(handle_file(photo), 3, {"gender": "Women"}, api_name="/recommend")["matches"]
        assert matches[0]["id"] == "p37"
        assert [match["attributes"]["gender"] for match in matches] == ["Women"] * 3

    def test_a_match_carries_all_there_is_to_know(self, ask, upload, web, shop):
        match = ask("recommend", upload(encoded(RED_DRESS)), 1, {"gender": "Men"})["matches"][0]
        item = shop.items[7]
        assert match["id"], match["name"] == (item.id, item.name)
        assert match["attributes"] == item.attributes
        assert match["similarity"] == pytest.approx(1, abs=1e-4)
        assert httpx.get(match["image"]).content == shop.thumbnail("p7")

    def test_an_answer_says_what_is_seen_how_sure_a_match_is_and_why(self, ask, upload, knowing):
        answer = ask("recommend", upload(encoded(RED_DRESS)), 3)
        assert rounded(answer["query"]["attributes"]).items() >= SEEN.items()
        assert answer["close"] is True
        assert answer["matches"][0]["confidence"] == pytest.approx(0.9, abs=1e-3)
        assert {"attribute": "articleType", "value": "Dresses"} in answer["matches"][0]["reasons"]
        assert "gender" not in [reason["attribute"] for reason in answer["matches"][0]["reasons"]]

    def test_an_answer_says_where_nothing_is_close(self, ask, upload, knowing):
        assert ask("recommend", upload(encoded(BLACK)))["close"] is False
        assert ask("similar", "p7", 5, {"articleType": "Watches"})["close"] is False

    def test_an_item_is_not_guessed_at_but_has_its_reasons(self, ask, knowing):
        answer = ask("similar", "p7", 1)
        assert answer["query"] == {"attributes": {}}
        assert answer["close"] is True and answer["matches"][0]["confidence"] > 0.8
        assert {"attribute": "baseColour", "value": "Red"} in answer["matches"][0]["reasons"]
        assert "gender" not in [reason["attribute"] for reason in answer["matches"][0]["reasons"]]

    def test_an_index_that_does_not_know_says_null(self, ask):
        answer = ask("similar", "p7")
        assert answer["close"] is None
        assert {match["confidence"] for match in answer["matches"]} == {None}

    def test_a_picture_is_described(self, ask, upload, python, photo, knowing):
        described = [
            ask("describe", upload(encoded(RED_DRESS))),
            python.predict(handle_file(photo), api_name="/describe"),
        ]
        for answer in described:
            assert rounded(answer["attributes"]).items() >= SEEN.items()
            assert answer["attributes"]["masterCategory"]["value"] == "Apparel"

    def test_what_cannot_be_described_is_told_like_what_cannot_be_found(self, ask, upload, tmp_path):
        assert ask("describe", None) == GIVE_ONE
        assert re.search(ACCEPTED, ask("describe", upload(b"nothing", "x.jpg")))
        outside = tmp_path / "secret.png"
        outside.write_bytes(encoded(RED_DRESS))
        assert ask("describe", {"path": str(outside), "meta": META}) == NOT_HERE
        assert "give an http or https link" in ask("describe", "http://127.0.0.1/x.jpg")

    def test_plain_http_leaves_out_what_has_a_default(self, ask, upload):
        assert len(ask("recommend", upload(encoded(RED_DRESS)))["matches"]) == 5
        assert len(ask("similar", "p7")["matches"]) == 5

    def test_values_can_be_named_over_http(self, web, upload):
        body = {"image": upload(encoded(RED_DRESS)), "k": 2}
        event = web.post("gradio_api/call/v2/recommend", json=body).json()["event_id"]
        assert "event: complete" in web.get(f"gradio_api/call/recommend/{event}").text

    def test_an_uploaded_picture_can_be_asked_about_again(self, ask, upload):
        picture = upload(encoded(RED_DRESS))
        assert ask("recommend", picture) == ask("recommend", picture)

    def test_an_item_is_not_similar_to_itself(self, ask):
        ids = [match["id"] for match in ask("similar", "p7", 100)["matches"]]
        assert len(ids) == 59 and "p7" not in ids

    def test_a_filter_takes_lists_and_absent_values(self, ask):
        matches = ask("similar", "p7", 100, {"season": ["Summer", None], "gender": ["Women"]})["matches"]
        assert len(matches) == 20
        assert {match["attributes"]["season"] for match in matches} == {"Summer", None}

    def test_image_urls_are_those_of_the_proxy_in_front(self, web):
        headers = {"x-forwarded-host": "me-shop.hf.space", "x-forwarded-proto": "https"}
        event = web.post("gradio_api/call/similar", json={"data": ["p7", 1]}, headers=headers).json()["event_id"]
        assert '"image": "https://me-shop.hf.space/thumbs/p37?v=' in web.get(f"gradio_api/call/similar/{event}").text

    # where the `spaces` package of a real Space is missing, Gradio's watcher thread stops with a RuntimeError
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    @pytest.mark.server
    def test_it_serves_as_a_space(self, shop, monkeypatch, photo):
        monkeypatch.setenv("SYSTEM", "spaces")
        monkeypatch.setenv("SPACE_ID", "me/shop")
        space = launch(shop, prevent_thread_lock=True)
        try:
            client = Client(space.local_url, verbose=False)
            assert len(client.predict(handle_file(photo), api_name="/recommend")["matches"]) == 5
            client.close()
        finally:
            space.close()


class TestQuestionsWithoutAnAnswer:
    @pytest.mark.parametrize(
        ("values", "told"),
        [
            (("p7", 0), "from 1 to 100; got 0"),
            (("p7", 101), "from 1 to 100; got 101"),
            (("p7", "five"), "got 'five'"),
            (("p7", True), "got True"),
            (("p7", None), "got None"),
            (("nope",), "Ids look like: p0, p1"),
            ((["p7"],), "Ids look like: p0, p1"),
            (("p7", 5, {"size": "M"}), "This catalogue has: gender, masterCategory, articleType"),
            (("p7", 5, {"gender": "Aliens"}), "Its values are: 'Men', 'Women'"),
            (("p7", 5, {"gender": 3}), "No product has gender '3'. Its values are: 'Men', 'Women'"),
            (("p7", 5, {"gender": {"min": 3}}), "The values of gender are not numbers"),
            (("p7", 5, ["gender"]), "where is a filter such as"),
            (("p7", 5, "gender"), "where is a filter such as"),
        ],
        ids=str,
    )
    def test_an_unknown_value_is_answered_with_what_exists(self, ask, values, told):
        assert told in ask("similar", *values)

    def test_a_null_filter_is_none(self, ask):
        assert ask("similar", "p7", 5, None) == ask("similar", "p7", 5, {})

    def test_a_visitors_mistake_leaves_no_traceback(self, ask, upload, capfd):
        ask("recommend", upload(b"nothing", "x.jpg"))
        ask("recommend", {"path": "/etc/passwd", "meta": META})
        ask("recommend", {"path": "x", "meta": 5})
        ask("similar", "nope", -1)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err

    def test_a_fault_of_ours_is_logged_and_not_shown(self, ask, shop, monkeypatch, caplog):
        def broken(*_):
            raise RuntimeError("secret of /the/server")

        monkeypatch.setattr(shop.searcher, "search", broken, raising=False)
        assert ask("similar", "p7") == INTERNAL_MESSAGE
        assert "secret of /the/server" in caplog.text


class TestServing:
    def test_the_page_is_up_before_the_model_is(self, web, ask, upload, shop):
        picture = upload(encoded(RED_DRESS))
        answers = []
        shop.encoder.ready.clear()
        try:
            waiting = threading.Thread(target=lambda: answers.append(ask("recommend", picture)))
            waiting.start()
            assert web.get("/").status_code == 200
            assert len(ask("similar", "p7")["matches"]) == 5
            assert not answers
        finally:
            shop.encoder.ready.set()
        waiting.join(20)
        assert len(answers[0]["matches"]) == 5

    def test_the_page_names_the_index_and_what_was_fallen_back_to(self, web):
        shown = [str(component["props"].get("value")) for component in web.get("config").json()["components"]]
        assert any("index tests/fake-shop @ 1a2b3c4 · 60 products from tests/fake-products" in text for text in shown)
        assert any("The Hub did not answer; this is the copy of yesterday." in text for text in shown)

    def test_the_page_is_sent_packed(self, web):
        assert web.get("/").headers["content-encoding"] == "gzip"
        assert "content-encoding" not in web.get("thumbs/p1").headers

    def test_nothing_of_a_visitor_is_recorded(self, web, server):
        assert web.get("monitoring").status_code == 403
        assert web.get("gradio_api/runs").status_code == 404
        assert server.delete_cache and server.state_session_capacity == 500
        assert server.allowed_paths == []

    @pytest.mark.server
    def test_without_a_tunnel_the_local_page_stays_up_and_the_reason_is_said(self, shop, monkeypatch, capsys):
        def no_tunnel(*_, **__):
            raise RuntimeError("no network")

        monkeypatch.setattr("gradio.networking.setup_tunnel", no_tunnel)
        page = launch(shop, share=True, prevent_thread_lock=True)
        try:
            assert httpx.get(page.local_url).status_code == 200
            assert "Could not create share link" in capsys.readouterr().out
        finally:
            page.close()

    def test_no_component_reads_a_picture_by_itself(self, shop):
        reading = [fn for fn in build_page(shop).fns.values() if fn.preprocess]
        assert [block.get_block_name() for fn in reading for block in fn.inputs if hasattr(block, "data_model")] == []
