"""The endpoints as plain JSON: one request, the same parameters and the same answers as through Gradio."""

from __future__ import annotations

import inspect
import json
from base64 import b64encode

import httpx
import pytest

from recsys.serving.live import LiveRecommender
from recsys.web.api.endpoints import Endpoints
from recsys.web.server.limits import Limits
from testkit.fake_shop import draw, encoded, fake_shop
from tests.support.serving import serving

RED_DRESS = draw("Dresses", "#b3262e")
DATA_URL = f"data:image/jpeg;base64,{b64encode(encoded(RED_DRESS)).decode()}"
ENDPOINTS = Endpoints(LiveRecommender.ensure(fake_shop())).by_name()
CALLS = {
    "recommend": {"image": DATA_URL, "k": 3, "where": {"gender": "Women"}, "parts": True},
    "similar": {"item_id": "p8", "k": 3, "liked": ["p30"], "diversity": 0.5},
    "describe": {"image": DATA_URL},
    "complete_the_look": {"item_id": "p8"},
    "catalog": {"where": {"gender": "Women"}},
    "recommend_batch": {"images": [DATA_URL, DATA_URL], "k": 2},
}


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_is_the_one_of_gradios_route(name, web, ask, upload):
    picture = upload(encoded(RED_DRESS))
    by_upload = {"image": picture, "images": [picture, picture]}
    values = {field: by_upload.get(field, value) for field, value in CALLS[name].items()}
    response = web.post(f"api/{name}", json=CALLS[name])
    assert response.status_code == 200, response.text
    assert response.json() == ask(name, **values)


def test_a_form_with_a_file_gets_the_same_answer_as_json(web):
    fields = {"k": "3", "where": '{"gender": "Women"}', "parts": "true"}
    by_form = web.post("api/recommend", data=fields, files={"image": ("dress.jpg", encoded(RED_DRESS))})
    assert by_form.json() == web.post("api/recommend", json=CALLS["recommend"]).json()


def test_a_form_keeps_texts_that_look_like_numbers(web):
    answer = web.post("api/similar", data={"item_id": "0007"})
    assert (answer.status_code, answer.json()["title"]) == (422, "bad_query")
    assert "There is no item '0007'" in answer.json()["error"]


def test_a_form_takes_several_pictures(web):
    files = [("images", ("one.jpg", encoded(RED_DRESS))), ("images", ("two.jpg", b"no picture"))]
    first, second = web.post("api/recommend_batch", data={"k": "2"}, files=files).json()
    assert len(first["matches"]) == 2 and second["error"]["code"] == "bad_picture"


@pytest.mark.parametrize(
    ("name", "body", "status", "code", "said"),
    [
        ("recommend", b"{", 400, "bad_request", "not JSON"),
        ("recommend", b"[" * 100_000, 400, "bad_request", "not JSON"),
        ("recommend", b"[1]", 400, "bad_request", "JSON object"),
        ("recommend", {"colour": "red"}, 422, "bad_request", "which takes: image, k, where"),
        ("similar", {}, 422, "bad_request", "item_id (required)"),
        ("similar", {"item_id": "nothing"}, 422, "bad_query", "There is no item 'nothing'"),
        ("similar", {"item_id": "p8", "k": "many"}, 422, "bad_query", "k"),
        ("recommend", {}, 422, "bad_picture", "Give a picture"),
        ("recommend", {"image": "data:image/png;base64,?"}, 422, "bad_request", "not base64"),
        ("recommend", {"image": "data:text/plain,hello"}, 422, "bad_request", "not base64"),
        ("recommend", {"image": "data:;base64,aGVsbG8="}, 422, "bad_picture", "JPEG"),
        ("recommend", {"image": {"path": "/etc/passwd"}}, 422, "bad_picture", "not uploaded here"),
        ("recommend", {"image": "http://127.0.0.1:1/x.jpg"}, 422, "bad_link", ""),
        ("nothing", {}, 404, "bad_request", "/api/recommend, /api/similar"),
    ],
)
def test_an_error_has_its_status_a_code_and_a_message(web, name, body, status, code, said):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = web.post(f"api/{name}", content=content)
    assert (response.status_code, response.json()["title"]) == (status, code)
    assert said in response.json()["error"] and "/etc" not in response.json()["error"]


def test_a_form_that_is_broken_off_is_refused(web):
    response = web.post("api/recommend", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data"})
    assert (response.status_code, response.json()["title"]) == (400, "bad_request")


def test_another_method_is_refused(web):
    response = web.get("api/recommend")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_a_fault_of_the_server_is_logged_and_not_shown(web, shop, monkeypatch, caplog):
    monkeypatch.setattr(shop.searcher, "search", lambda *_: 1 / 0)
    response = web.post("api/recommend", json=CALLS["recommend"])
    assert (response.status_code, response.json()["title"]) == (500, "internal")
    assert "ZeroDivisionError" in caplog.text and "division" not in response.text


def test_the_parameters_are_those_of_the_endpoints(web):
    for name, endpoint in ENDPOINTS.items():
        said = web.post(f"api/{name}", json={"no such parameter": 1}).json()["error"]
        names = [part.removesuffix(" (required)") for part in said.split("takes: ")[1].rstrip(".").split(", ")]
        assert names == [parameter for parameter in inspect.signature(endpoint).parameters if parameter != "request"]


class TestLimits:
    @pytest.fixture
    def limited(self, shop, tmp_path):
        limits = Limits(calls_per_s=0.1, burst_calls=3, max_upload_bytes=100_000)
        with (
            serving(shop, tmp_path, limits=limits) as page,
            httpx.Client(base_url=page.local_url, headers={"x-forwarded-for": "203.0.113.7"}) as client,
        ):
            yield client

    def test_calls_are_counted_by_client(self, limited):
        answers = [limited.post("api/similar", json={"item_id": "p8"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["title"] == "too_many_requests" and int(answers[-1].headers["retry-after"]) > 0

    def test_a_body_that_is_too_long_is_refused(self, limited):
        response = limited.post("api/recommend", content=b'{"image": "' + b"x" * 100_000)
        assert (response.status_code, response.json()["title"]) == (413, "too_large")
