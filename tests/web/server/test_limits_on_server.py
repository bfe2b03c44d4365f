"""The limits through a running server: rates, full queues, unfinished uploads and slow connections."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from dataclasses import replace

import httpx
import pytest

from recsys.web import launch
from recsys.web.server import slow_connections
from recsys.web.server.limits import Limits
from testkit.fake_shop import draw, encoded, fake_shop

CALL, JOIN, UPLOAD = "/gradio_api/call/recommend", "/gradio_api/queue/join", "/gradio_api/upload"
RED_DRESS = encoded(draw("Dresses", "#b3262e"))


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
        monkeypatch.setattr(slow_connections, "REQUEST_TIMEOUT_S", 0.3)
        page = strict_server()
        for said in (b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "):
            with socket.create_connection(address_of(page), timeout=5) as connection:
                connection.sendall(said)
                with contextlib.suppress(ConnectionResetError):
                    assert connection.recv(100) == b""

    def test_a_reader_who_does_not_read_is_cut(self, strict_server, monkeypatch):
        monkeypatch.setattr(slow_connections, "READ_TIMEOUT_S", 0.3)
        page = strict_server()
        connections_of = page.server.server_state.connections
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(address_of(page))
            connection.sendall(b"GET /config HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
            until(lambda: any(held.flow.write_paused for held in connections_of))
            until(lambda: not connections_of)


class TestFiles:
    def test_the_files_of_one_client_are_limited_and_those_of_others_are_not(self, strict_server):
        page = strict_server(files_per_s=0.1, burst_files=3)
        with web(page) as client, web(page, "203.0.113.8") as other:
            statuses = [client.get("/thumbs/p1").status_code for _ in range(5)]
            assert statuses == [200, 200, 200, 429, 429]
            assert other.get("/thumbs/p1").status_code == 200
            assert client.get("/healthz").status_code == client.get("/").status_code == 200

    def test_two_hundred_slow_readers_cost_the_others_nothing(self, strict_server):
        """They ask for the largest script from one address and read one byte a second."""
        page = strict_server()
        script = max(re.findall(r"\./(assets/[\w.-]+\.js)", httpx.get(page.local_url).text), default=None)
        assert script
        head = f"GET /{script} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n".encode()
        with contextlib.ExitStack() as stack, web(page, "203.0.113.8") as other:
            slow = [stack.enter_context(socket.create_connection(address_of(page))) for _ in range(200)]
            for each in slow:
                each.sendall(head)
            began, answers = time.monotonic(), 0
            while time.monotonic() < began + 3:
                assert other.post("/api/similar", json={"item_id": "p8"}).status_code == 200
                answers += 1
                for each in slow[:10]:
                    each.recv(1)
                time.sleep(0.2)
            assert answers >= 5
