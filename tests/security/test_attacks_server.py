"""Attacks on the running app by a visitor: on files, on other machines through it, on its disk, on other visitors."""

from __future__ import annotations

import os
import re
import secrets
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import gradio as gr
import httpx
import pytest

from recsys.errors import QueryError
from recsys.web.page.clicks import clicked
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from recsys.web.server.route_allowlist import ALLOWED
from recsys.web.server.uploads import _upload_path
from testkit.fake_shop import draw, encoded, fake_shop

SECRET = "the secret of this machine"
META = {"_type": "gradio.FileData"}
opened: set[str] = set()
"""Every path that this process opened while `watching` was set."""
watching = threading.Event()


def _watch(event, arguments):
    if watching.is_set() and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        opened.add(os.fsdecode(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture
def secret(tmp_path):
    """A picture on this machine that no visitor uploaded and that the app must not open."""
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(draw("Dresses", "#b3262e")))
    opened.clear()
    watching.set()
    yield path
    watching.clear()


@pytest.fixture
def play(web):
    """Run a handler by its number, as the page does and a hostile page may; gives all that comes back."""

    def run(number, data, **more):
        session = secrets.token_hex(6)
        body = {"fn_index": number, "data": data, "session_hash": session, **more}
        joined = web.post("gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return joined.text
        events = []
        with web.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                events.append(line)
                if '"process_completed"' in line or '"unexpected_error"' in line:
                    break
        return "\n".join(events)

    return run


def disguises(path):
    """A file of the server, in every form in which Gradio knows one."""
    return [
        {"path": path},
        {"path": path, "meta": META},
        {"path": path, "meta": META, "url": f"file://{path}", "orig_name": "x.png"},
        {"path": None, "url": f"file://{path}", "meta": META},
        {"path": None, "url": f"/gradio_api/file={path}"},
        {"image": {"path": path, "meta": META}},
        [{"path": path, "meta": META}],
        {"video": {"path": path}, "subtitles": {"path": path, "meta": META}},
        {"background": {"path": path, "meta": META}, "layers": [], "composite": {"path": path}},
        path,
        f"file://{path}",
    ]


def test_no_handler_of_page_or_api_opens_a_file_that_a_request_names(server, uploads, play, secret):
    """Also those that only the page calls: whoever knows their number can."""
    before = {*uploads.rglob("*")}
    for fn in list(server.fns.values()):
        usual = [None if isinstance(block, gr.State) else block.value for block in fn.inputs]
        for disguise in disguises(str(secret)):
            for data in ([disguise] * len(usual), [disguise, *usual[1:]], [[disguise], *usual[1:]]):
                said = play(fn._id, data[: len(usual)], event_data={"chosen": disguise})
                assert str(uploads) not in said and '"similarity"' not in said, fn.api_name
        assert str(secret) not in opened, fn.api_name
    assert {*uploads.rglob("*")} <= before


def test_the_memory_of_a_visit_is_not_for_the_visitor_to_write(server, play, secret):
    """The page keeps a picture and a query for a visit; what a request sends in their place is not taken."""
    by_part = next(fn for fn in server.fns.values() if fn.name == "handle" and "part" in str(fn.targets))
    forged = {"shown": str(secret), "picture": [[1.0]], "k": 10**9}
    said = play(by_part._id, [forged] * len(by_part.inputs), event_data={"chosen": None})
    assert "There is no picture yet. Upload one" in said


@pytest.mark.parametrize(
    "change",
    [
        {"act": "keep", "slot": "x" * 1_000},
        {"attribute": "x" * 1_000, "value": "y"},
        {"attribute": "gender", "value": "y"},
    ],
)
def test_a_visit_remembers_nothing_that_the_shop_does_not_have(shop, change):
    """Else its memory grows with every request, for as long as a visitor likes."""
    answers = PageHandlers(shop)
    query = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
    with pytest.raises(QueryError):
        (answers.change_look if "act" in change else answers.change_value)(change, PageOptions(), query)


@pytest.mark.parametrize("told", ["x" * 8_001, {"slot": "x" * 8_001}, {"a": 1}, {"a": ["x"]}, ["x"], 5, None])
def test_what_was_clicked_is_a_few_words(told):
    with pytest.raises(QueryError, match="Reload the page"):
        clicked({"open": told}, "open", str if isinstance(told, str) else dict)


@pytest.mark.parametrize("data", [None, 5, "open", [{"open": "x"}], {"pick": "x"}])
def test_an_event_that_is_none_is_refused(data):
    with pytest.raises(QueryError, match="cannot be read"):
        clicked(data, "open", str)


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("path", "size"), [("call/similar", 2_000_000), ("upload", 101_000_000)])
def test_a_request_without_end_is_broken_off(web, uploads, path, size, announced):
    """Gradio reads a body whole, whatever it says, and takes a thousand files at once."""
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.png"\r\n\r\n'
    pieces = (head if place == 0 else b"x" * 1_000_000 for place in range(size // 1_000_000 + 1))
    kind = {"Content-Type": "multipart/form-data; boundary=b" if path == "upload" else "application/json"}
    answer = web.post(f"gradio_api/{path}", content=b"".join(pieces) if announced else pieces, headers=kind)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "way",
    [
        *("/gradio_api/file={}", "/gradio_api/file=//{}", "/gradio_api/file=file://{}", "/gradio_api/file/{}"),
        *("/file={}", "/static/{}", "/assets/..%2f..%2f..%2f..{}", "/static/..%2f..%2f..%2f..%2f..%2f..{}"),
        *("/svelte/..%2f..%2f{}", "/thumbs/{}", "/about/..%2f{}", "/gradio_api/proxy=file://{}"),
        *("/gradio_api/custom_component/x/client/../{}", "/?deep_link=../../{}", "/config?deep_link=../{}"),
        "/gradio_api/stream/x/y/1/playlist.m3u8?file={}",
    ],
)
def test_no_route_gives_a_file_of_the_server(server, tmp_path, way):
    (tmp_path / "secret.txt").write_text(SECRET)
    for name in ("secret.txt", "./secret.txt"):
        for path in (f"{tmp_path}/{name}", quote(f"{tmp_path}/{name}", safe="")):
            assert SECRET not in raw(server, way.format(path))
    assert "root:" not in raw(server, way.format("/etc/passwd"))


def test_an_upload_cannot_lead_out_of_its_folder(server, web, uploads, tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)
    up = Path(web.post("gradio_api/upload", files={"files": ("x.png", b"x")}).json()[0])
    for path in (f"{up.parent}/../../{tmp_path}/secret.txt", f"{up}/../../../{tmp_path}/secret.txt"):
        assert SECRET not in raw(server, f"/gradio_api/file={path}")


def raw(server, path):
    """The answer to a path as it is written, which a client library would tidy first."""
    url = httpx.URL(server.local_url)
    import socket

    with socket.create_connection((url.host, url.port), timeout=20) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = bytearray()
        while part := sock.recv(65536):
            answer += part
    return answer.decode("latin-1")


NAMES = [
    *("../../evil.py", "/etc/cron.d/evil", "..", ".", "", "a/../../../b.png", "..\\..\\evil.py", "C:\\evil.py"),
    *("a\x00b.png", "x" * 300 + ".png", "~root", "-rf", "$(id)", "<script>.png", "😀.png", "a\r\nX: y.png"),
]


@pytest.mark.parametrize("name", NAMES)
def test_an_upload_lands_in_a_folder_of_its_own_whatever_its_name(web, uploads, name):
    around = {*uploads.parent.iterdir()}
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="'
        + name.replace('"', "%22").encode()
        + b'"\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n'
    )
    answer = web.post("gradio_api/upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    if answer.status_code == 200:
        for path in map(Path, answer.json()):
            assert path.parent.parent == uploads and re.fullmatch("[0-9a-f]{64}", path.parent.name)
    assert {*uploads.parent.iterdir()} == around
    assert all(re.fullmatch("[0-9a-f]{64}|tmp.*|vibe.*", path.name) or path.is_file() for path in uploads.iterdir())


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.js", "x.xml", "x.png.html", "x"])
def test_an_upload_is_never_a_page(web, name):
    """Else a link to an upload would run its script as this shop."""
    page = b"<html><script>alert(1)</script></html>"
    path = web.post("gradio_api/upload", files={"files": (name, page)}).json()[0]
    answer = web.get(f"gradio_api/file={path}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


class Inside(BaseHTTPRequestHandler):
    """A service of our own network."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(SECRET.encode())

    do_HEAD = do_GET

    def log_message(self, form, *args):
        pass


@pytest.fixture
def inside():
    Inside.asked = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Inside) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{site.server_address[1]}"
        site.shutdown()
        thread.join()


@pytest.mark.parametrize("way", ["file=", "file= ", "file=HTTP", "file%3D", "proxy=", "file/"])
def test_the_app_fetches_nothing_for_whoever_asks(server, inside, monkeypatch, way):
    """Gradio is a relay to every public address; this one counts as public here."""

    async def public(_host):
        return "127.0.0.1"

    monkeypatch.setattr("safehttpx.async_validate_url", public)
    link = f"://{inside}/x" if way.endswith("HTTP") else f"http://{inside}/x"
    for method in ("get", "head"):
        answer = httpx.request(method, f"{server.local_url}gradio_api/{way}{link}")
        assert answer.status_code in (400, 403, 404) and SECRET not in answer.text
    assert Inside.asked == []


def test_no_upload_is_given_to_ffmpeg(web, tmp_path, monkeypatch):
    """A playlist for a film has it read files and links; a long one takes a core for as long as it likes."""
    for tool in ("ffmpeg", "ffprobe"):
        (tmp_path / tool).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    form = {"remove_segment_start": "0", "remove_segment_end": "1"}
    answer = web.post("gradio_api/process_recording", files={"video": ("x.mp4", playlist)}, data=form)
    assert answer.status_code == 404
    assert not (tmp_path / "ran").exists()


def test_a_visit_is_not_written_to_the_disk(server, web, play, uploads):
    session = "a-visitor"
    similar = next(fn for fn in server.fns.values() if fn.api_name == "similar")
    web.post("gradio_api/queue/join", json={"fn_index": similar._id, "data": ["p7"], "session_hash": session})
    web.get("gradio_api/queue/data", params={"session_hash": session})
    assert web.get("gradio_api/deep_link", params={"session_hash": session}).status_code == 404
    assert not (uploads / "deep_links").exists()


@pytest.mark.parametrize("name", ["preprocess", "postprocess", "get_config", "__init__", "load", "flag", "ls"])
def test_no_function_of_a_component_can_be_called(server, web, name):
    for component in list(server.blocks)[:40]:
        body = {"session_hash": "x", "component_id": component, "fn_name": name, "data": "/etc"}
        assert web.post("gradio_api/component_server", json=body).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "vibe-code"), ("POST", "vibe-code"), ("POST", "vibe-edit"), ("POST", "undo-vibe-edit")),
        *(("GET", "dev/reload"), ("GET", "runs"), ("GET", "run-history/records"), ("GET", "profiling/traces")),
        *(("GET", "custom_component/x/client/y/z"), ("POST", "stream/x"), ("POST", "stream/x/close")),
        *(("POST", "component_server/"), ("POST", "vibe-starter-queries"), ("GET", "nothing"), ("GET", "")),
    ],
)
def test_what_the_shop_has_no_use_for_is_not_there(web, capfd, method, path):
    answer = web.request(method, f"gradio_api/{path}", json={"code": "import os", "hash": "x"})
    assert answer.status_code == 404 and answer.text == "Not found."
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "path",
    [
        "info",
        "openapi.json",
        "call/recommend",
        "call/v2/similar/x",
        "queue/join",
        "queue/data",
        "upload",
        "mcp",
        "mcp/sse",
    ]
    + ["cancel", "heartbeat/x1", "file=/tmp/a/b.png", "app_id", "startup-events", "theme.css", "reset", "run/similar"],
)
def test_what_page_and_clients_call_is_open(path):
    assert ALLOWED.fullmatch(path)


def test_a_page_can_be_framed_by_a_space_and_by_no_one_else(web):
    policy = web.get("/").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy and "object-src 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/", "config", "thumbs/p7", "about", "gradio_api/info", "gradio_api/nothing", "nowhere"]
)
def test_no_answer_is_guessed_at_by_a_browser(web, path):
    headers = web.get(path).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert len(headers.get_list("content-security-policy")) == 1
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-proto", "host", "x-forwarded-prefix", "referer"])
def test_what_a_request_says_of_itself_is_no_markup(web, name):
    mark = "a\"'></script><script>alert(1)//"
    for path in ("/", "about", f"/?item={quote(mark)}&__theme={quote(mark)}"):
        answer = web.get(path, headers={name: mark})
        assert "<script>alert(1)" not in answer.text


def test_only_this_process_forgets_an_upload(server, web, uploads, tmp_path):
    """What is removed after its use is an upload: a request that names another file removes nothing."""
    (tmp_path / "mine.png").write_bytes(encoded(draw("Caps", "#222222")))
    link = uploads / ("f" * 64)
    link.mkdir(exist_ok=True)
    (link / "x.png").symlink_to(tmp_path / "mine.png")
    assert _upload_path({"path": str(link / "x.png")}) is None


def test_a_body_that_is_no_request_is_answered(web, capfd):
    for body in (b"", b"[", b"[]", b'{"data": 5}', b"\xff\xfe", b"[" * 100_000):
        for path in ("call/recommend", "call/v2/recommend", "queue/join", "cancel", "reset", "run/recommend"):
            answer = web.post(f"gradio_api/{path}", content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, (path, body[:20], answer.text[:200])
    assert "Traceback" not in capfd.readouterr().err


def test_a_visit_without_a_name_is_no_traceback(web, server, capfd):
    similar = next(fn for fn in server.fns.values() if fn.api_name == "similar")
    body = {"fn_index": similar._id, "data": ["p7"], "session_hash": ""}
    assert web.post("gradio_api/queue/join", json=body).status_code == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_visit_that_is_not_there_is_no_traceback(web, capfd):
    answer = web.get("gradio_api/queue/data", params={"session_hash": "nobody"})
    assert "matches" not in answer.text
    assert "Traceback" not in capfd.readouterr().err
