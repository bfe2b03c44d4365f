"""What the server refuses, alone and through a running server: by client, over all, by size and by time."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from recsys.images.decode import MAX_BYTES
from recsys.web.launch import MAX_CONCURRENT_CALLS
from recsys.web.page.languages import say_message_in
from recsys.web.server import gradio_gc, slow_connections
from recsys.web.server.admission import AdmissionControl, Load
from recsys.web.server.client_address import TrustedProxies
from recsys.web.server.limits import Limits, TokenBuckets
from recsys.web.server.request_log import path_of
from recsys.web.server.uploads import USED_UPLOAD_LIFE_S
from testkit.fake_shop import draw, encoded

ROOT = Path(__file__).parents[3]
SPACE = {"SPACE_ID": "me/my-space"}
NO_LOAD = Load(lambda: 0, lambda: 0.0, lambda: 0)
CALL, JOIN, UPLOAD = "/gradio_api/call/recommend", "/gradio_api/queue/join", "/gradio_api/upload"
RED_DRESS = encoded(draw("Dresses", "#b3262e"))


def scope_of(path=CALL, client="203.0.113.7", method="POST", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "client": (client, 1234), "headers": named}


class Behind:
    """An app behind a guard: it reads what it is sent, holds what it is told to, and says how long the body was."""

    def __init__(self, limits=None, load=NO_LOAD, environ=SPACE):
        limits = limits or Limits()
        self.guard = AdmissionControl(self, TrustedProxies.from_env(environ), load, limits, say_message_in)
        self.held, self.read = asyncio.Event(), 0
        self.held.set()

    async def __call__(self, scope, receive, send):
        await self.held.wait()
        more = True
        while more:
            message = await receive()
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def ask(self, scope=None, chunks=(b"{}",), pause=0.0):
        """Status, headers and body of the answer to a body that comes in these chunks."""
        left, sent = [*chunks], []

        async def receive():
            await asyncio.sleep(pause)
            if not left:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

        async def send(message):
            sent.append(message)

        await self.guard(scope or scope_of(), receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, sent[1]["body"].decode()


def said(answer):
    status, headers, body = answer
    facts = json.loads(body)
    return status, facts.get("title"), headers.get("retry-after")


class TestBuckets:
    def test_a_client_may_call_in_a_burst_and_then_at_the_rate(self):
        buckets = TokenBuckets(rate=5, burst=3, max_clients=10)
        assert [buckets.take("a", 100.0) for _ in range(3)] == [0, 0, 0]
        wait = buckets.take("a", 100.0)
        assert wait == pytest.approx(0.2)
        assert buckets.take("a", 100.1) == pytest.approx(0.1)
        assert buckets.take("a", 100.2) == 0
        assert [buckets.take("a", 200.0) for _ in range(4)] == [0, 0, 0, pytest.approx(0.2)]

    def test_clients_do_not_share(self):
        buckets = TokenBuckets(rate=1, burst=1, max_clients=10)
        assert buckets.take("a", 0) == 0 and buckets.take("a", 0) > 0 and buckets.take("b", 0) == 0

    def test_only_the_latest_clients_are_remembered(self):
        buckets = TokenBuckets(rate=1, burst=1, max_clients=2)
        for client in ("a", "b", "c"):
            buckets.take(client, 0)
        assert len(buckets) == 2
        assert buckets.take("c", 0) > 0 and buckets.take("a", 0) == 0


class TestByClient:
    def test_more_calls_than_the_burst_are_refused_and_told_when_to_come_back(self):
        async def run():
            behind = Behind(Limits(calls_per_s=0.25, burst_calls=2))
            answers = [await behind.ask() for _ in range(3)]
            return answers, await behind.ask(scope_of(client="203.0.113.8"))

        answers, other = asyncio.run(run())
        assert [answer[0] for answer in [*answers, other]] == [200, 200, 429, 200]
        assert said(answers[2]) == (429, "too_many_requests", "4")
        assert (
            json.loads(answers[2][2])["error"]
            == "You send more than 0.25 requests per second. Please try again in 4 s."
        )

    def test_a_forged_address_makes_no_new_client(self):
        async def run():
            behind = Behind(Limits(burst_calls=2))
            forged = [scope_of(client="10.0.0.1", x_forwarded_for=f"1.1.1.{n}, 198.51.100.1") for n in range(3)]
            return [(await behind.ask(scope))[0] for scope in forged]

        assert asyncio.run(run()) == [200, 200, 429]

    @pytest.mark.parametrize(
        "path", ["/assets/a.js", "/thumbs/p1", "/gradio_api/queue/data", "/gradio_api/heartbeat/a"]
    )
    def test_what_a_page_reads_is_no_call(self, path):
        async def run():
            behind = Behind(Limits(burst_calls=1))
            return [(await behind.ask(scope_of(path, method="GET")))[0] for _ in range(3)]

        assert asyncio.run(run()) == [200] * 3

    @pytest.mark.parametrize(
        ("path", "method"), [("/", "GET"), ("/config", "GET"), (UPLOAD, "POST"), ("/gradio_api/mcp/", "POST")]
    )
    def test_everything_else_is_a_call(self, path, method):
        async def run():
            behind = Behind(Limits(burst_calls=1))
            return [(await behind.ask(scope_of(path, method=method)))[0] for _ in range(2)]

        assert asyncio.run(run()) == [200, 429]

    def test_this_machine_itself_is_not_counted(self):
        async def run():
            behind = Behind(Limits(burst_calls=1))
            return [(await behind.ask(scope_of(client="127.0.0.1")))[0] for _ in range(3)]

        assert asyncio.run(run()) == [200] * 3

    def test_open_requests_are_bounded_by_client_and_files_are_not(self):
        async def run():
            behind = Behind(Limits(max_open_per_client=2))
            behind.held.clear()
            stream = scope_of("/gradio_api/heartbeat/a", method="GET")
            waiting = [asyncio.create_task(behind.ask(dict(stream))) for _ in range(2)]
            waiting.append(asyncio.create_task(behind.ask(scope_of("/assets/a.js", method="GET"))))
            waiting.append(asyncio.create_task(behind.ask(dict(stream, client=("203.0.113.8", 1)))))
            await asyncio.sleep(0)
            refused = asyncio.create_task(behind.ask(dict(stream)))
            await asyncio.sleep(0)
            behind.held.set()
            refused = await refused
            passed = [(await task)[0] for task in waiting]
            return refused, passed, (await behind.ask(dict(stream)))[0]

        refused, passed, after = asyncio.run(run())
        assert said(refused) == (429, "too_many_requests", "1")
        assert passed == [200] * 4 and after == 200


class TestUnderAPath:
    """An app below a path (GRADIO_ROOT_PATH), whose proxy hands that path on: Gradio answers with it and without."""

    @staticmethod
    def scope_of(path, **given):
        return scope_of("/shop" + path, **given) | {"root_path": "/shop"}

    def test_a_picture_is_an_upload_and_a_call_is_a_call(self):
        app = Behind(load=Load(lambda: 200, lambda: 0.1, lambda: 0))
        picture = [b"0" * 150_000] * 2
        assert asyncio.run(app.ask(self.scope_of(UPLOAD), picture))[0] == 200
        assert said(asyncio.run(app.ask(self.scope_of(CALL)))) == (503, "busy", "20")

    def test_who_watches_is_heard_and_files_are_not_counted(self):
        app = Behind(Limits(burst_calls=1, max_open=1))
        for path in ("/thumbs/p1", "/thumbs/p2", "/about"):
            assert asyncio.run(app.ask(self.scope_of(path, method="GET")))[0] == 200
        assert asyncio.run(app.ask(self.scope_of("/about", method="GET")))[0] == 429

    @pytest.mark.parametrize(
        ("path", "root", "asked"),
        [
            ("/about", "", "/about"),
            ("/shop/about", "/shop", "/about"),
            ("/about", "/shop", "/about"),
            ("/shopping", "/shop", "/shopping"),
            ("/shop", "/shop", "/shop"),
            ("/about", "https://shop.example/shop", "/about"),
        ],
    )
    def test_what_is_asked_for_is_what_comes_after_it(self, path, root, asked):
        assert path_of({"path": path, "root_path": root}) == asked


class TestOverAll:
    def test_open_requests_are_bounded_and_who_watches_is_still_heard(self):
        async def run():
            behind = Behind(Limits(max_open=1))
            behind.held.clear()
            waiting = asyncio.create_task(behind.ask())
            await asyncio.sleep(0)
            refused = asyncio.create_task(behind.ask(scope_of(client="203.0.113.8")))
            await asyncio.sleep(0)
            watching = asyncio.create_task(behind.ask(scope_of("/healthz", method="GET")))
            await asyncio.sleep(0)
            behind.held.set()
            return await refused, (await waiting)[0], (await watching)[0]

        refused, passed, watched = asyncio.run(run())
        assert said(refused) == (503, "busy", "1") and passed == watched == 200

    @pytest.mark.parametrize(("path", "status"), [(CALL, 503), ("/gradio_api/run/recommend", 503), (JOIN, 429)])
    def test_a_full_queue_is_told_with_the_time_that_it_takes(self, path, status):
        load = Load(lambda: 30, lambda: 0.11, lambda: 0)
        answer = asyncio.run(Behind(Limits(max_pending_calls=30), load).ask(scope_of(path)))
        assert said(answer) == (status, "busy", "4")
        assert json.loads(answer[2])["error"] == "The shop is busy. Please try again in 4 s."
        assert asyncio.run(Behind(Limits(max_pending_calls=31), load).ask(scope_of(path)))[0] == 200

    @pytest.mark.parametrize(("path", "is_page"), [(JOIN, True), (UPLOAD, True), (CALL, False)])
    def test_the_page_says_it_in_the_language_of_the_browser(self, path, is_page):
        behind = Behind(Limits(max_open=0))
        _, _, body = asyncio.run(behind.ask(scope_of(path, accept_language="de-AT,en;q=0.5")))
        assert ("Der Laden ist gerade überlastet. Bitte versuchen Sie es in 1 s noch einmal." in body) is is_page
        assert ("The shop is busy. Please try again in 1 s." in body) is not is_page

    def test_a_call_that_gradio_has_not_queued_yet_is_pending_too(self):
        async def run():
            behind = Behind(Limits(max_pending_calls=1))
            behind.held.clear()
            first = asyncio.create_task(behind.ask())
            await asyncio.sleep(0.01)
            second = asyncio.create_task(behind.ask())
            await asyncio.sleep(0.01)
            behind.held.set()
            return (await first)[0], (await second)[0]

        assert asyncio.run(run()) == (200, 503)

    def test_uploads_on_the_disk_are_bounded(self):
        load = replace(NO_LOAD, stored_bytes=lambda: 900)
        behind = Behind(Limits(max_stored_bytes=1000), load)
        status, headers, body = asyncio.run(behind.ask(scope_of(UPLOAD, content_length="101"), [b"x" * 101]))
        assert (status, headers["retry-after"], body) == (503, "20", "The shop is busy. Please try again in 20 s.")
        assert asyncio.run(behind.ask(scope_of(UPLOAD, content_length="100"), [b"x" * 100]))[0] == 200


class TestBodies:
    @pytest.mark.parametrize("headers", [{}, {"content_length": "10"}, {"content_length": "5000"}])
    @pytest.mark.parametrize(("path", "most"), [(CALL, "max_body_bytes"), (UPLOAD, "max_upload_bytes")])
    def test_one_that_is_too_long_is_refused_whatever_it_says_of_its_length(self, path, most, headers):
        behind = Behind(replace(Limits(), **{most: 1000}))
        try:
            status, _, body = asyncio.run(behind.ask(scope_of(path, **headers), [b"x" * 400] * 10))
        except Exception as error:  # the app has to give up when its upload is cut short, as Gradio's parser does
            assert type(error).__name__ == "MultiPartException"
        else:
            assert status == 413 and "1,000 bytes" in body
        assert behind.read <= 1000

    def test_one_that_trickles_is_left(self):
        behind = Behind(Limits(body_timeout_s=0.1, min_body_bytes_per_s=1e9))
        started = time.monotonic()
        answer = asyncio.run(behind.ask(chunks=[b"x"] * 100, pause=0.03))
        assert said(answer)[:2] == (408, "too_slow")
        assert time.monotonic() - started < 1 and behind.read == 0

    def test_a_long_one_may_take_longer(self):
        behind = Behind(Limits(body_timeout_s=0.1, min_body_bytes_per_s=1000))
        assert asyncio.run(behind.ask(chunks=[b"x" * 100] * 10, pause=0.03))[0] == 200
        assert behind.read == 1000

    def test_a_session_with_a_long_name_is_refused(self):
        behind = Behind()
        named = {"data": [], "session_hash": "s" * 100}
        assert asyncio.run(behind.ask(chunks=[json.dumps(named).encode()]))[0] == 200
        named["session_hash"] += "s"
        assert said(asyncio.run(behind.ask(chunks=[json.dumps(named).encode()])))[:2] == (400, "bad_request")

    @pytest.mark.parametrize("body", [b"[" * 50_000, b"\xff" * 200, b"[1, 2]" + b" " * 200, b'{"session_hash": 3}'])
    def test_what_is_wrong_with_one_otherwise_is_for_the_app_to_say(self, body):
        behind = Behind()
        assert asyncio.run(behind.ask(chunks=[body]))[0] == 200 and behind.read == len(body)


def test_the_operations_page_states_these_limits():
    page, limits = (ROOT / "docs" / "operations.md").read_text("utf-8"), Limits()
    for limit in (
        f"{limits.calls_per_s:g} per second in the long run, {limits.burst_calls} at once",
        f"open requests per client, without static files | {limits.max_open_per_client} |",
        f"pending calls of all clients | {limits.max_pending_calls}; at most {MAX_CONCURRENT_CALLS} of one endpoint",
        f"open requests of all clients | {limits.max_open} |",
        f"connections of all clients | {slow_connections.MAX_CONNECTIONS} |",
        f"size of a call | {limits.max_body_bytes // 1000} kB |",
        f"size of an upload | {limits.max_upload_bytes // 10**6} MB in all; {MAX_BYTES // 10**6} MB",
        f"size of all uploads in progress | {limits.max_uploading_bytes // 10**6} MB |",
        f"size of all uploads on disk | {limits.max_stored_bytes // 10**9} GB; ",
        f"a file counts as at least {gradio_gc.MIN_COUNTED_BYTES // 1000} kB",
        f"{limits.body_timeout_s:g} s, plus 1 s per {limits.min_body_bytes_per_s / 1000:g} kB received",
        f"until the header of a request has arrived | {slow_connections.REQUEST_TIMEOUT_S:g} s |",
        f"in which a client reads buffered data | {slow_connections.READ_TIMEOUT_S:g} s |",
        f"kept for {gradio_gc.UNREAD_ANSWER_LIFE_S:g} s, at most {gradio_gc.MAX_UNREAD_ANSWERS} |",
        f"{USED_UPLOAD_LIFE_S:g} s after use, or {gradio_gc.UNUSED_UPLOAD_LIFE_S / 60:g} minutes if unused",
    ):
        assert limit in page
