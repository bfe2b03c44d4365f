"""The API through a running server, over plain HTTP, the Python client and MCP; and what it does with nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from recsys import errors
from recsys.web.server import uploads as query
from recsys.web.server.error_responses import INTERNAL_MESSAGE, MAX_MESSAGE_CHARS
from testkit.fake_shop import draw, encoded, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")
META = {"_type": "gradio.FileData"}
ENDPOINTS = ["recommend", "similar", "describe", "complete_the_look", "catalog", "recommend_batch"]
INDEX = {"name": "tests/fake-shop", "revision": "1a2b3c4d5e6f7890", "items": 60}
OPTIONS = {
    "where": {"gender": "Women"},
    "liked": ["p30", "p36"],
    "disliked": ["p31"],
    "diversity": 0.5,
    "but": {"baseColour": "Black"},
    "min_similarity": 0.2,
}
MALFORMED = int(os.environ.get("MALFORMED_REQUESTS", "20"))
"""How many malformed requests each endpoint gets; .ci/run asks for 100."""


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture
def told(web):
    """Send a body to an endpoint; gives "complete" with the answer, or "error" with what an error says."""

    def call(name, body, form="call"):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = web.post(f"gradio_api/{form}/{name}", content=content, headers={"content-type": "application/json"})
        if sent.status_code != 200:
            assert sent.status_code in (400, 404, 422), sent.text
            return "error", sent.json()
        stream = web.get(f"gradio_api/{form}/{name}/{sent.json()['event_id']}").text
        event, data = re.search(r"event: (complete|error)\ndata: (.*)", stream).groups()
        return event, json.loads(data)[0] if event == "complete" else json.loads(data)

    return call


@pytest.fixture
def ask(told):
    """Ask an endpoint by names; gives its answer, or (code, message)."""

    def call(name, **values):
        event, said = told(name, values, "call/v2")
        return said if event == "complete" else (said["title"], said["error"])

    return call


@pytest.fixture
def upload(web):
    def post(data, name="picture"):
        return {"path": web.post("gradio_api/upload", files={"files": (name, data)}).json()[0], "meta": META}

    return post


@pytest.fixture
def agent(server):
    """Call tools as an agent does; gives their results, or what `ask_for` asks of the session."""

    def call(*calls, headers=None, ask_for=None):
        async def talk():
            url = f"{server.local_url}gradio_api/mcp/"
            async with (
                httpx.AsyncClient(headers=headers, timeout=10) as http,
                streamable_http_client(url, http_client=http) as (read, write, _),
                ClientSession(read, write) as session,
            ):
                await session.initialize()
                if ask_for:
                    return await ask_for(session)
                return [await asyncio.wait_for(session.call_tool(name, values), 10) for name, values in calls]

        return asyncio.run(talk())

    return call


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


class TestBatch:
    def test_a_bad_picture_does_not_sink_the_others(self, ask, upload):
        watch = upload(encoded(draw("Watches", "#222222")))
        pictures = [upload(encoded(RED_DRESS)), upload(b"nothing"), "http://127.0.0.1/x.jpg", watch]
        dress, nothing, link, other = ask("recommend_batch", images=pictures, k=3, where={"gender": "Men"})
        assert (
            nothing["error"]["code"] == "bad_picture" and "no picture that can be read" in nothing["error"]["message"]
        )
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

        monkeypatch.setattr(query, "fetch", fetch)
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
    def test_it_lists_six_typed_endpoints_and_nothing_of_the_page(self, web):
        endpoints = web.get("gradio_api/info").json()["named_endpoints"]
        assert list(endpoints) == [f"/{name}" for name in ENDPOINTS]
        parameters = {entry["parameter_name"]: entry for entry in endpoints["/recommend"]["parameters"]}
        assert list(parameters) == ["image", "k", "where", "liked", "disliked", "diversity", "but", "min_similarity"]
        assert parameters["k"]["parameter_default"] == 5
        assert all(endpoint["description"] for endpoint in endpoints.values())

    def test_a_call_of_no_endpoint_hears_which_there_are(self, told):
        for form in ("call", "call/v2"):
            event, said = told("nope", {"data": []}, form)
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
            with pytest.raises(AppError, match="no picture that can be read") as unread:
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


class TestAgents:
    def test_each_endpoint_is_a_tool_that_says_what_it_takes(self, agent):
        tools = agent(ask_for=lambda session: session.list_tools()).tools
        assert [tool.name for tool in tools] == ENDPOINTS
        for tool in tools:
            assert tool.description
            assert all(entry["description"] for entry in tool.inputSchema["properties"].values())
            assert "request" not in tool.inputSchema["properties"]

    def test_a_result_is_the_same_json_as_any_program_gets(self, agent, ask):
        calls = [
            ("recommend", {"liked": ["p7"], "k": 2}),
            ("similar", {"item_id": "p7", "k": 2, "where": {"season": [None, "Summer"]}}),
            ("complete_the_look", {"item_id": "p7"}),
            ("catalog", {"where": {"gender": "Men"}}),
        ]
        for (name, values), result in zip(calls, agent(*calls), strict=True):
            (part,) = result.content
            assert not result.isError
            assert json.loads(part.text) == ask(name, **values)

    def test_an_agent_may_name_an_upload_or_a_link(self, agent, upload, server, monkeypatch):
        monkeypatch.setattr(query, "fetch", lambda url: encoded(RED_DRESS))
        upload_tool = f"{server.local_url}gradio_api/file={quote(upload(encoded(RED_DRESS))['path'])}"
        for image in (upload_tool, "https://example.com/dress.png"):
            found, batch = agent(
                ("recommend", {"image": image, "k": 1}), ("recommend_batch", {"images": [image], "k": 1})
            )
            assert json.loads(batch.content[0].text) == [json.loads(found.content[0].text)]
            assert json.loads(found.content[0].text)["matches"][0]["attributes"]["articleType"] == "Dresses"

    def test_image_urls_are_those_of_the_proxy_in_front(self, agent):
        headers = {"x-forwarded-host": "me-shop.hf.space", "x-forwarded-proto": "https"}
        (result,) = agent(("similar", {"item_id": "p7", "k": 1}), headers=headers)
        assert json.loads(result.content[0].text)["matches"][0]["image"].startswith("https://me-shop.hf.space/thumbs/")

    @pytest.mark.parametrize("meta", [META, {"_type": "gradio.FileData", "x": 1}, 5], ids=str)
    def test_no_file_of_the_server_is_read_wherever_one_is_named(self, agent, uploads, tmp_path, meta):
        (tmp_path / "secret.txt").write_text("secret")
        before = {*uploads.rglob("*")}
        named = {"path": str(tmp_path / "secret.txt"), "meta": meta}
        for name, values in (
            ("catalog", {"where": {"gender": named}}),
            ("catalog", {"where": {"gender": [{"x": [named]}]}}),
            ("catalog", {"where": named}),
            ("complete_the_look", {"item_id": "p7", "locked": {"bag": named}}),
            ("recommend", {"image": named}),
            ("recommend_batch", {"images": [named]}),
        ):
            (result,) = agent((name, values))
            assert result.isError and str(uploads) not in result.content[0].text
            assert {*uploads.rglob("*")} <= before

    def test_an_error_is_json_with_code_and_message(self, agent, uploads):
        before = {*uploads.rglob("*")}
        data_url = "data:image/png;base64,AAAA"
        unknown, refused, either = agent(
            ("similar", {"item_id": "nope"}),
            ("recommend", {"image": data_url}),
            ("recommend_batch", {"images": [data_url]}),
        )
        assert unknown.isError and json.loads(unknown.content[0].text)["error"]["code"] == "bad_query"
        said = {"error": {"code": "bad_picture", "message": query.NO_DATA_URLS}}
        assert refused.isError and json.loads(refused.content[0].text) == said
        assert json.loads(either.content[0].text) == [said]
        assert {*uploads.rglob("*")} <= before


NOT_A_NUMBER = [float("nan"), float("inf"), "0.5", [], {}, True, [0.5], "٣"]
NO_IDS = ["p1", 5, {"a": 1}, ["nope"], [None], [["p1"]], [float("nan")], [True], ["p1"] * 201, [0] * 10_000]
BAD = {
    "image": [
        *(5, -1.5, True, [], {}, "", "nope", "/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "ftp://x/y.png"),
        *("data:image/png;base64,AAAA", "http://", "http://127.0.0.1/x.png", "http://[::1]:7860/", "http://127.1/"),
        *(
            "https://nowhere.invalid/x.jpg",
            "\x00",
            "😀" * 500,
            ["x"] * 9000,
        ),
        *({"path": "/etc/passwd"}, {"path": "/etc/passwd", "meta": META}, {"path": None, "url": "data:x"}),
        *(
            {"path": 5, "meta": META},
            {"path": "x", "meta": 5},
            {"url": []},
            {"url": "file:///etc/passwd", "meta": META},
        ),
    ],
    "images": [None, [], "x", 5, {}, [None] * 17, ["x"] * 10_000, {"path": "/etc/passwd", "meta": META}],
    "item_id": [None, "", "nope", 5, -1, 1e400, [], {}, ["p7"], True, "../../etc/passwd", "\x00", "😀", "x" * 10_000],
    "k": [None, 0, -1, 101, 10**30, 1.5, "5", *NOT_A_NUMBER],
    "where": [
        *(5, "gender", True, ["gender"], float("nan"), {"size": "M"}, {"": ""}, {"gender": "Aliens"}, {"gender": 5}),
        *({"gender": [["Men"]]}, {"gender": {"path": "/etc/passwd", "meta": META}}, {"gender": ["Men"] * 10_000 + [1]}),
        dict.fromkeys(map(str, range(2000)), "x"),
    ],
    "liked": NO_IDS,
    "disliked": NO_IDS,
    "diversity": [-0.1, 1.1, 10**30, *NOT_A_NUMBER],
    "but": [
        5,
        "Blue",
        ["Blue"],
        [],
        {"baseColour": "Octarine"},
        {"baseColour": None},
        {"baseColour": ["Red"]},
        {"x": "y"},
    ],
    "min_similarity": [-1.1, 2, 10**30, *NOT_A_NUMBER],
    "locked": [
        5,
        "p9",
        ["p9"],
        [],
        {"hat": "p9"},
        {"bag": "nope"},
        {"bag": None},
        {"bag": ["p9"]},
        {"bag": "p8"},
        {"": ""},
    ],
    "passed_over": [value for value in NO_IDS if value != ["nope"]],
}
GOOD = {
    "recommend": {"image": "https://example.com/dress.png", "k": 2, "where": {}, "liked": [], "disliked": ["p1"]}
    | {"diversity": 0.5, "but": {}, "min_similarity": None},
    "similar": {"item_id": "p7", "k": 2, "where": {}, "liked": ["p2"], "disliked": []}
    | {"diversity": 0, "but": {"baseColour": "Red"}, "min_similarity": 0},
    "describe": {"image": "https://example.com/dress.png"},
    "complete_the_look": {"image": None, "item_id": "p7", "locked": {}, "passed_over": []},
    "catalog": {"where": {}},
    "recommend_batch": {"images": ["https://example.com/dress.png"], "k": 2, "where": {}},
}
BODIES = [
    *(
        b"",
        b"hello",
        b"{",
        b"[1, 2]",
        b'"x"',
        b'{"data": {}}',
        b'{"data": "x"}',
        b'{"data": {"a": 1}}',
        b'{"data": null}',
    ),
    *(b'{"data": ["\xff\xfe"]}', b'{"data": [' + b"[" * 90_000 + b"]" * 90_000 + b"]}", b'{"data": [' + b"9" * 5000),
    *(b'{"data": [1], "session_hash": 5}', b"k=5&image=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
]
CODES = {"bad_request", "bad_query", "bad_picture", "bad_link"}
LEAK = re.compile(r"Traceback|site-packages|/opt/|/tmp/|/usr/|/home/|/root|\.py\b|object at 0x|<html", re.IGNORECASE)


def junk(chance, depth=3):
    """Nonsense of any type that no parameter takes."""
    kind = chance.randrange(5 if depth else 3)
    if kind == 0:
        return chance.choice((-1, 1)) * chance.choice((1e3 + 0.5, 1e18, 1e308, float("inf")))
    if kind in (1, 2):
        return "".join(
            chance.choice("aZ9 /\\\"'<>{}%$\n\t\x00é漢😀\u202e\ud800") for _ in range(chance.randrange(1, 40))
        )
    if kind == 3:
        return [None, *(junk(chance, depth - 1) for _ in range(chance.randrange(4)))]
    return {junk(chance, 0) if chance.random() < 0.5 else "path": junk(chance, depth - 1) for _ in range(3)}


def malformed(name, count):
    """Requests that are wrong in one to three values, or as a whole: (form, body)."""
    chance = random.Random(name)
    for number in range(count):
        if number % 10 == 9:
            yield chance.choice(("call", "call/v2")), chance.choice(BODIES)
            continue
        values = dict(GOOD[name])
        for parameter in chance.sample(list(values), chance.randint(1, min(3, len(values)))):
            values[parameter] = chance.choice(BAD[parameter]) if chance.random() < 0.7 else junk(chance)
        named = chance.random() < 0.5
        if named and chance.random() < 0.1:
            values[str(junk(chance, 0))] = 1
        if named and chance.random() < 0.1:
            values["request"] = {"path": "/etc/passwd", "meta": META}
        yield ("call/v2", values) if named else ("call", {"data": list(values.values())})


def sentences(said):
    """The messages of an error, whoever found it: ours, Gradio's reader of bodies, or one for each picture."""
    if isinstance(said, list):
        assert {entry["error"]["code"] for entry in said} <= CODES
        return [entry["error"]["message"] for entry in said]
    if "error" in said:
        assert said["title"] in CODES, said
        return [said["error"]]
    return [said["detail"]] if isinstance(said["detail"], str) else [entry["msg"] for entry in said["detail"]]


class TestNonsense:
    @pytest.fixture(autouse=True)
    def linked(self, monkeypatch):
        def fetch(url):
            return encoded(RED_DRESS) if url == GOOD["describe"]["image"] else real(url)

        real = query.fetch
        monkeypatch.setattr(query, "fetch", fetch)

    @pytest.mark.parametrize("name", ENDPOINTS)
    def test_what_the_nonsense_is_made_from_is_sound(self, told, name):
        assert told(name, GOOD[name], "call/v2")[0] == told(name, {"data": list(GOOD[name].values())})[0] == "complete"

    @pytest.mark.parametrize("name", ENDPOINTS)
    def test_it_gets_a_message_and_never_a_traceback_a_path_or_silence(self, told, name, capfd, caplog):
        for form, body in malformed(name, MALFORMED):
            event, said = told(name, body, form)
            assert event == "error" or (isinstance(said, list) and all("error" in entry for entry in said)), (
                form,
                body,
            )
            for message in sentences(said):
                assert re.search(r"\w \w", message), body
                assert len(message) <= MAX_MESSAGE_CHARS + 1
                assert not LEAK.search(message.replace("/etc/passwd", "")), message
        assert not LEAK.search("".join(capfd.readouterr()))
        assert not [record for record in caplog.records if record.levelname == "ERROR"]

    @pytest.mark.parametrize("name", ENDPOINTS)
    def test_so_does_an_agent(self, agent, name, caplog):
        chance = random.Random(name)
        calls = [
            (name, GOOD[name] | {parameter: bad})
            for parameter in GOOD[name]
            for bad in chance.sample([value for value in BAD[parameter] if value == value], 2)
            if json.dumps(bad) != "Infinity"
        ]
        for (_, values), result in zip(calls, agent(*calls), strict=True):
            (part,) = result.content
            assert result.isError or all("error" in entry for entry in json.loads(part.text)), values
            assert re.search(r"\w \w", part.text)
            assert not LEAK.search(part.text.replace("/etc/passwd", "")), part.text
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
