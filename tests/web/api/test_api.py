"""The endpoints of the API through a running server, over plain HTTP and the Python client."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from recsys import errors
from recsys.web.server.error_responses import INTERNAL_MESSAGE, MAX_MESSAGE_CHARS
from testkit.fake_shop import draw, encoded, fake_shop
from tests.support.api import ENDPOINTS

RED_DRESS = draw("Dresses", "#b3262e")
META = {"_type": "gradio.FileData"}
INDEX = {"name": "tests/fake-shop", "revision": "1a2b3c4d5e6f7890", "items": 60}
OPTIONS = {
    "where": {"gender": "Women"},
    "liked": ["p30", "p36"],
    "disliked": ["p31"],
    "diversity": 0.5,
    "but": {"baseColour": "Black"},
    "min_similarity": 0.2,
}


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def ids(answer):
    return [match["id"] for match in answer["matches"]]


class TestSearch:
    @pytest.mark.parametrize("option", [*OPTIONS, "all"])
    def test_each_option_does_what_it_does_in_the_library(self, ask, upload, shop, option):
        options = OPTIONS if option == "all" else {option: OPTIONS[option]}
        picture = upload(encoded(RED_DRESS))
        assert ids(ask("recommend", image=picture, k=9, **options)) == [
            match.item.id for match in shop.recommend(RED_DRESS, 9, **options)
        ]
        assert ids(ask("similar", item_id="p8", k=9, **options)) == [
            match.item.id for match in shop.similar("p8", 9, **options)
        ]

    def test_without_a_picture_it_goes_by_what_is_liked(self, ask, shop):
        answer = ask("recommend", liked=["p30", "p36"], k=4)
        assert ids(answer) == [match.item.id for match in shop.for_you(["p30", "p36"], 4)]
        assert answer["close"] is None and answer["query"] == {"attributes": {}}

    def test_each_of_several_things_has_an_answer_where_parts_are_asked_for(self, ask, upload, shop):
        wall = Image.new("RGB", (900, 700), "white")
        wall.paste(RED_DRESS, (80, 200))
        wall.paste(draw("Watches", "#222222"), (560, 200))
        answer = ask("recommend", image=upload(encoded(wall)), k=3, parts=True)
        expected = shop.recommend_parts(wall, 3)
        assert len(expected) == 2 and [ids(part) for part in answer["parts"]] == [
            [match.item.id for match in part] for part in expected
        ]
        assert [part["box"] for part in answer["parts"]] == [list(part.box) for part in expected]
        assert ask("recommend", image=upload(encoded(wall)), k=3)["parts"] is None

    def test_null_is_not_given(self, ask, upload):
        nulls = dict.fromkeys(("where", "liked", "disliked", "diversity", "but", "min_similarity"))
        picture = upload(encoded(RED_DRESS))
        assert ask("recommend", image=picture, **nulls) == ask("recommend", image=picture)

    def test_an_id_may_be_sent_as_a_number(self, ask):
        assert ask("similar", item_id="p7", liked=[7])[1].startswith("There is no item '7'")

    def test_two_hundred_likes_are_taken_and_no_more(self, ask):
        assert len(ask("similar", item_id="p7", liked=["p8"] * 200)["matches"]) == 5
        assert ask("similar", item_id="p7", liked=["p8"] * 201) == (
            "bad_query",
            "liked takes at most 200 item ids; got 201. Send the latest ones.",
        )

    def test_an_upload_may_be_named_by_its_address(self, ask, upload, server):
        path = upload(encoded(RED_DRESS))["path"]
        for address in (path, f"{server.local_url}gradio_api/file={quote(path)}"):
            assert ask("recommend", image=address, k=1)["matches"][0]["attributes"]["articleType"] == "Dresses"


class TestWords:
    def test_words_do_what_they_do_in_the_library(self, ask, upload, shop):
        answer = ask("recommend", text="ladies red dres xqzz", k=3)
        assert ids(answer) == [match.item.id for match in shop.recommend(text="ladies red dres xqzz", k=3)] == ["p37"]
        assert answer["words"]["ignored"] == ["xqzz"] and answer["words"]["loosened"] == []
        assert answer["words"]["understood"][2] == {
            "words": "dres",
            "attribute": "articleType",
            "values": ["Dresses"],
            "range": None,
            "how": "spelling",
            "negated": False,
        }
        with_picture = ask("recommend", image=upload(encoded(RED_DRESS)), k=3, text="but black, not for men")
        assert {match["attributes"]["baseColour"] for match in with_picture["matches"]} == {"Black"}
        assert {match["attributes"]["gender"] for match in with_picture["matches"]} == {"Women"}
        assert ids(ask("similar", item_id="p7", k=9, text="women")) == [
            match.item.id for match in shop.similar("p7", 9, text="women")
        ]
        assert ask("recommend", liked=["p30"])["words"] is None

    def test_suggestions_complete_the_text(self, ask):
        found = ask("suggest", text="red dr")
        assert found["values"] == [{"text": "red Dresses", "attribute": "articleType", "value": "Dresses", "count": 2}]
        assert [product["id"] for product in found["products"]] == ["p7", "p37"]
        assert ask("suggest", text="xqzz") == {"values": [], "products": []}
        assert ask("suggest", text="x" * 301)[0] == "bad_query"


class TestBatch:
    def test_a_bad_picture_does_not_sink_the_others(self, ask, upload):
        watch = upload(encoded(draw("Watches", "#222222")))
        pictures = [upload(encoded(RED_DRESS)), upload(b"nothing"), "http://127.0.0.1/x.jpg", watch]
        dress, nothing, link, other = ask("recommend_batch", images=pictures, k=3, where={"gender": "Men"})
        assert nothing["error"]["code"] == "bad_picture" and "not a readable picture" in nothing["error"]["message"]
        assert link["error"]["code"] == "bad_link"
        assert dress == ask("recommend", image=pictures[0], k=3, where={"gender": "Men"})
        assert {match["attributes"]["articleType"] for match in other["matches"]} == {"Watches"}

    def test_it_takes_links_all_at_once(self, ask, monkeypatch):
        arrived = []

        def fetch(url):
            arrived.append(url)
            while len(arrived) < 16:
                pass
            return encoded(RED_DRESS)

        monkeypatch.setattr("recsys.web.server.uploads.fetch", fetch)
        links = [f"https://example.com/{number}.png" for number in range(16)]
        assert [len(answer["matches"]) for answer in ask("recommend_batch", images=links, k=2)] == [2] * 16
        assert sorted(arrived) == sorted(links)

    @pytest.mark.parametrize("images", [[], None, "x", [None] * 17, {"path": "x"}], ids=["0", "null", "a", "17", "{}"])
    def test_it_takes_one_to_sixteen(self, ask, images):
        code, message = ask("recommend_batch", images=images)
        assert code == "bad_query" and message.startswith("images is a list of 1 to 16 pictures")

    def test_what_is_wrong_with_all_of_them_is_said_once(self, ask, upload):
        picture = upload(encoded(RED_DRESS))
        assert ask("recommend_batch", images=[picture] * 2, k=0)[0] == "bad_query"


class TestLook:
    def test_a_look_is_that_of_the_library_with_its_reasons(self, ask, shop):
        look = shop.complete_the_look(item_id="p7")
        answer = ask("complete_the_look", item_id="p7")
        assert answer["index"] == INDEX
        assert answer["theme"] == {"wearer": look.theme.wearer, "usage": None, "season": look.theme.season}
        assert answer["slots"] and answer["missing"] == look.missing
        for slot, piece in look.pieces.items():
            assert answer["slots"][slot]["id"] == piece.item.id
            assert answer["slots"][slot]["reasons"] == list(piece.reasons)
            assert httpx.get(answer["slots"][slot]["image"]).content == shop.thumbnail(piece.item.id)

    def test_a_slot_is_kept_or_passed_over(self, ask):
        slots = ask("complete_the_look", item_id="p7")["slots"]
        slot = next(iter(slots))
        other = ask("complete_the_look", item_id="p7", passed_over=[slots[slot]["id"]])["slots"][slot]
        assert other["id"] != slots[slot]["id"]
        kept = ask("complete_the_look", item_id="p7", locked={slot: other["id"]})["slots"][slot]
        assert kept["id"] == other["id"]

    def test_a_look_around_a_picture(self, ask, upload, shop, monkeypatch):
        monkeypatch.setattr(shop.encoder, "sees", {"articleType": {"Dresses": 0.9, "Caps": 0.1}})
        answer = ask("complete_the_look", image=upload(encoded(RED_DRESS)))
        look = shop.complete_the_look(RED_DRESS)
        assert {slot: piece["id"] for slot, piece in answer["slots"].items()} == {
            slot: piece.item.id for slot, piece in look.pieces.items()
        }

    def test_it_takes_a_picture_or_an_item(self, ask, upload):
        both = {"image": upload(encoded(RED_DRESS)), "item_id": "p7"}
        for values in ({}, both):
            assert "give image or item_id, and not both" in ask("complete_the_look", **values)[1]


class TestCatalog:
    def test_it_counts_every_value_and_the_absent(self, ask):
        answer = ask("catalog")
        assert answer["index"] == INDEX and answer["passing"] == 60
        assert answer["attributes"]["season"] == [
            {"value": None, "count": 20},
            {"value": "Summer", "count": 20},
            {"value": "Winter", "count": 20},
        ]

    def test_with_a_filter_it_counts_what_passes(self, ask):
        answer = ask("catalog", where={"gender": "Women"})
        assert answer["passing"] == 30 and answer["index"]["items"] == 60
        assert {entry["count"] for entry in answer["attributes"]["articleType"]} == {5}
        assert {entry["count"] for entry in answer["attributes"]["gender"]} == {30}


class TestApiPage:
    def test_it_lists_typed_endpoints_and_nothing_of_the_page(self, web):
        endpoints = web.get("gradio_api/info").json()["named_endpoints"]
        assert list(endpoints) == [f"/{name}" for name in ENDPOINTS]
        parameters = {entry["parameter_name"]: entry for entry in endpoints["/recommend"]["parameters"]}
        names = [
            "image",
            "k",
            "where",
            "liked",
            "disliked",
            "diversity",
            "but",
            "min_similarity",
            "refine",
            "parts",
            "sort",
            "text",
            "offset",
        ]
        assert list(parameters) == names
        assert parameters["k"]["parameter_default"] == 5
        assert all(endpoint["description"] for endpoint in endpoints.values())

    def test_a_call_of_no_endpoint_hears_which_there_are(self, call_endpoint):
        for form in ("call", "call/v2"):
            event, said = call_endpoint("nope", {"data": []}, form)
            assert (event, said["title"]) == ("error", "bad_request")
            assert all(f"/{name}" in said["error"] for name in ENDPOINTS)

    @pytest.mark.parametrize("values", [{"k": 1}, {"item_id": "p7", "number": 1}])
    def test_names_that_do_not_fit_hear_which_do(self, ask, values):
        code, message = ask("similar", **values)
        assert code == "bad_request"
        assert message.startswith("This request does not fit /similar, which takes: item_id (required), k, where,")


class TestErrors:
    def test_each_kind_has_a_code_of_its_own(self):
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
        codes = {kind.code for kind in kinds}
        assert len(codes) == len(kinds) > 10
        assert all(re.fullmatch("[a-z_]+", code) for code in codes)

    def test_the_python_client_gives_code_and_message(self, server, tmp_path):
        (tmp_path / "x.jpg").write_bytes(b"nothing")
        client = Client(server.local_url, verbose=False)
        try:
            with pytest.raises(AppError, match="There is no item 'nope'") as unknown:
                client.predict("nope", api_name="/similar")
            with pytest.raises(AppError, match="not a readable picture") as unread:
                client.predict(handle_file(tmp_path / "x.jpg"), api_name="/describe")
        finally:
            client.close()
        assert (unknown.value.title, unread.value.title) == ("bad_query", "bad_picture")

    def test_a_fault_of_ours_has_a_code_and_stays_in_the_log(self, ask, shop, monkeypatch, caplog):
        def broken(*_):
            raise RuntimeError("secret of /the/server")

        monkeypatch.setattr(shop.searcher, "search", broken, raising=False)
        assert ask("similar", item_id="p7") == ("internal", INTERNAL_MESSAGE)
        assert "secret of /the/server" in caplog.text

    def test_what_was_sent_is_not_sent_back_whole(self, ask):
        code, message = ask("similar", item_id="x" * 100_000)
        assert code == "bad_query" and len(message) <= MAX_MESSAGE_CHARS + 1
