"""What the server refuses, alone and through a running server: by client, over all, by size and by time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from recsys.errors import RecsysError
from recsys.images.decode import MAX_BYTES
from recsys.web import launch
from recsys.web.launch import MAX_CONCURRENT_CALLS
from recsys.web.server import gradio_gc
from recsys.web.server import slow_connections as connections
from recsys.web.server.admission import AdmissionControl, Load
from recsys.web.server.client_address import TrustedProxies, client_key, parse_address
from recsys.web.server.limits import Limits, TokenBuckets
from recsys.web.server.request_log import path_of
from recsys.web.server.uploads import USED_UPLOAD_LIFE_S
from testkit.fake_shop import draw, encoded, fake_shop

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
        self.guard = AdmissionControl(self, TrustedProxies.from_env(environ), load, limits or Limits())
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


class TestClients:
    @pytest.mark.parametrize(
        ("environ", "peer", "forwarded", "client"),
        [
            ({}, "203.0.113.7", None, "203.0.113.7"),
            ({}, "203.0.113.7", "198.51.100.1", "203.0.113.7"),  # no proxy of ours
            (SPACE, "203.0.113.7", "198.51.100.1", "203.0.113.7"),  # nor in a Space, from outside
            ({}, "10.16.3.80", "198.51.100.1", "10.16.3.80"),
            (SPACE, "10.16.3.80", "198.51.100.1", "198.51.100.1"),
            (SPACE, "10.16.3.80", "1.1.1.1, 2.2.2.2, 198.51.100.1", "198.51.100.1"),  # the first two are forged
            (SPACE, "10.16.3.80", "1.1.1.1, 198.51.100.1, 10.0.0.9", "198.51.100.1"),  # two proxies inside
            (SPACE, "10.16.3.80", "127.0.0.1, 198.51.100.1:4711", "198.51.100.1"),
            (SPACE, "10.16.3.80", "1.1.1.1, unknown", "10.16.3.80"),
            (SPACE, "10.16.3.80", "10.0.0.1, 10.0.0.2", "10.0.0.2"),
            (SPACE, "10.16.3.80", None, "10.16.3.80"),
            ({}, "127.0.0.1", None, None),
            ({}, "127.0.0.1", "1.1.1.1, [2001:db8::1]:80", "2001:db8::1"),
            (SPACE, "::ffff:10.16.3.80", "198.51.100.1", "198.51.100.1"),
            ({"FORWARDED_ALLOW_IPS": "192.0.2.0/24, ::1"}, "192.0.2.5", "1.1.1.1,198.51.100.1", "198.51.100.1"),
            ({"FORWARDED_ALLOW_IPS": "*"}, "192.0.2.5", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ],
    )
    def test_a_client_is_its_peer_or_what_a_trusted_proxy_appended(self, environ, peer, forwarded, client):
        scope = scope_of(client=peer, **({"x_forwarded_for": forwarded} if forwarded else {}))
        found = TrustedProxies.from_env(environ).client(scope)
        assert (None if found is None else str(found)) == client

    def test_a_list_in_several_headers_is_one_list(self):
        scope = scope_of(client="10.0.0.1")
        scope["headers"] = [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"198.51.100.1")]
        assert str(TrustedProxies.from_env(SPACE).client(scope)) == "198.51.100.1"

    def test_one_home_has_many_addresses(self):
        one, other, far = (client_key(parse_address(f"2001:db8:0:{part}")) for part in ("1::5", "1:ffff::9", "2::5"))
        assert one == other != far

    def test_a_proxy_that_is_no_address_is_told(self):
        with pytest.raises(RecsysError, match="FORWARDED_ALLOW_IPS .* got 'nginx'"):
            TrustedProxies.from_env({"FORWARDED_ALLOW_IPS": "nginx"})


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
        f"connections of all clients | {connections.MAX_CONNECTIONS} |",
        f"size of a call | {limits.max_body_bytes // 1000} kB |",
        f"size of an upload | {limits.max_upload_bytes // 10**6} MB in all; {MAX_BYTES // 10**6} MB",
        f"size of all uploads in progress | {limits.max_uploading_bytes // 10**6} MB |",
        f"size of all uploads on disk | {limits.max_stored_bytes // 10**9} GB; ",
        f"a file counts as at least {gradio_gc.MIN_COUNTED_BYTES // 1000} kB",
        f"{limits.body_timeout_s:g} s, plus 1 s per {limits.min_body_bytes_per_s / 1000:g} kB received",
        f"until the header of a request has arrived | {connections.REQUEST_TIMEOUT_S:g} s |",
        f"in which a client reads buffered data | {connections.READ_TIMEOUT_S:g} s |",
        f"kept for {gradio_gc.UNREAD_ANSWER_LIFE_S:g} s, at most {gradio_gc.MAX_UNREAD_ANSWERS} |",
        f"{USED_UPLOAD_LIFE_S:g} s after use, or {gradio_gc.UNUSED_UPLOAD_LIFE_S / 60:g} minutes if unused",
    ):
        assert limit in page


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture
def strict_server(shop, tmp_path, monkeypatch):
    """Serve the shop within limits; gives the page."""
    pages = []

    def serve(**bounds):
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
        pages.append(launch(shop, prevent_thread_lock=True, limits=replace(Limits(), **bounds)))
        return pages[-1]

    yield serve
    for page in pages:
        page.close()


def web(page, client="203.0.113.7"):
    return httpx.Client(base_url=page.local_url, headers={"X-Forwarded-For": client}, timeout=20)


def address_of(page):
    return "127.0.0.1", page.server.config.port


def chunk(data):
    """A part of a body whose length is not told before."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.02)


class TestServer:
    def test_a_client_that_asks_too_much_is_told_and_others_are_answered(self, strict_server):
        page = strict_server(calls_per_s=0.01, burst_calls=3)
        with web(page) as greedy, web(page, "1.1.1.1, 203.0.113.7") as forging, web(page, "203.0.113.8") as other:
            answers = [client.post(CALL, json={"data": []}) for client in (greedy, greedy, forging, forging, other)]
            upload = greedy.post(UPLOAD, files={"files": ("a.png", RED_DRESS)})
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200]
        assert answers[3].json()["title"] == "too_many_requests"
        assert 1 <= int(answers[3].headers["retry-after"]) <= 100
        assert upload.status_code == 429 and upload.text.startswith("You send more than")

    @pytest.mark.parametrize("appended", ["203.0.113.7", "unknown"])
    def test_whoever_is_trusted_the_first_address_of_a_list_is_not(self, strict_server, monkeypatch, appended):
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
        page = strict_server(calls_per_s=0.01, burst_calls=2)
        assert os.environ["FORWARDED_ALLOW_IPS"] == "*"
        forged = [f"1.1.1.{number}, {appended}" for number in range(3)]
        answers = []
        for addresses in forged:
            with web(page, addresses) as client:
                answers.append(client.post(CALL, json={"data": []}).status_code)
        assert answers == [200, 200, 429]

    def test_a_full_queue_is_busy_and_then_is_not(self, strict_server, shop):
        page = strict_server(max_pending_calls=2)
        shop.encoder.ready.clear()
        try:
            with web(page) as client:
                files = {"files": ("a.png", RED_DRESS)}
                upload = {"path": client.post(UPLOAD, files=files).json()[0], "meta": {"_type": "gradio.FileData"}}
                accepted = [client.post(CALL, json={"data": [upload]}).json()["event_id"] for _ in range(2)]
                full = [
                    client.post(path, json={"data": [], "session_hash": "a", "fn_index": 1}) for path in (CALL, JOIN)
                ]
                shop.encoder.ready.set()
                assert all("event: complete" in client.get(f"{CALL}/{event}").text for event in accepted)
                assert client.post(CALL, json={"data": [upload]}).status_code == 200
        finally:
            shop.encoder.ready.set()
        assert [(answer.status_code, answer.json()["title"]) for answer in full] == [(503, "busy"), (429, "busy")]
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in full)

    @pytest.mark.parametrize("ending", ["too long", "cut off", "in time"])
    def test_an_upload_that_is_not_finished_leaves_no_file(self, strict_server, tmp_path, ending):
        page = strict_server(max_upload_bytes=100_000)
        head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        asked = f"POST {UPLOAD} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"

        def files():
            return [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]

        with socket.create_connection(address_of(page), timeout=10) as connection:
            connection.sendall(f"{asked}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk(head + b"x" * 50_000))
            until(files)
            if ending == "too long":
                connection.sendall(chunk(b"x" * 60_000))
                assert b"413" in connection.recv(4096).split(b"\r\n")[0]
            if ending == "in time":
                connection.sendall(chunk(b"\r\n--b--\r\n") + chunk(b""))
                assert b"200" in connection.recv(4096).split(b"\r\n")[0]
                assert len(files()) == 1
                return
        until(lambda: not files())

    def test_a_connection_that_asks_nothing_is_cut(self, strict_server, monkeypatch):
        monkeypatch.setattr(connections, "REQUEST_TIMEOUT_S", 0.3)
        page = strict_server()
        for said in (b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "):
            with socket.create_connection(address_of(page), timeout=5) as connection:
                connection.sendall(said)
                with contextlib.suppress(ConnectionResetError):
                    assert connection.recv(100) == b""

    def test_a_reader_who_does_not_read_is_cut(self, strict_server, monkeypatch):
        monkeypatch.setattr(connections, "READ_TIMEOUT_S", 0.3)
        page = strict_server()
        connections_of = page.server.server_state.connections
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(address_of(page))
            connection.sendall(b"GET /config HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
            until(lambda: any(held.flow.write_paused for held in connections_of))
            until(lambda: not connections_of)
