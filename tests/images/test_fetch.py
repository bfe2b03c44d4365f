"""Links of visitors: a picture comes back, and nothing else is reached, waited for or told."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from recsys.errors import LinkError, PictureError
from recsys.images.decode import decode
from recsys.images.fetch import MAX_REDIRECTS, PUBLIC, Policy, fetch, is_public

PICTURE = b"\x89PNG only decode checks these bytes"
PUBLIC_IP, PRIVATE_IP = "93.184.216.34", "10.1.2.3"
NOT_PUBLIC_4 = (
    "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 168.63.129.16 169.254.169.254 172.16.0.1 192.0.0.192 192.168.1.1 198.18.0.1"
    " 224.0.0.1 240.0.0.1 255.255.255.255"
)
NOT_PUBLIC_6 = (
    ":: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::7f00:1 2001:0:53aa:64c::1"
    " 2001:db8::1 2002:7f00:1:: fc00::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1"
)


class Handler(BaseHTTPRequestHandler):
    """Answers each path as its site says: a function that writes the whole answer."""

    server: Site

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])
        self.server.headers_seen.append(dict(self.headers))
        with suppress(ConnectionError):  # a client that has had enough
            self.server.pages[self.path](self)
        self.close_connection = True

    def answer(self, body: bytes = PICTURE, kind: str | None = "image/png", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *args: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    """A web site on this machine. `over` ends what its pages do without end."""

    daemon_threads = True

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[Handler], None]] = {"/picture.png": lambda to: to.answer()}
        self.hosts: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return self.server_address[1]


@pytest.fixture(scope="module")
def running_site() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.02,))
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    running_site.pages = {"/picture.png": lambda to: to.answer()}
    running_site.hosts, running_site.headers_seen, running_site.over = [], [], threading.Event()
    yield running_site
    running_site.over.set()


@dataclass
class Names:
    """A name server of our own, which also tells how often it was asked."""

    known: dict[str, Sequence[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.known[host]


@pytest.fixture
def names() -> Names:
    return Names({"shop.example": ["127.0.0.1"], "inside.example": [PRIVATE_IP], "::1": ["::1"]})


@pytest.fixture
def policy(site: Site, names: Names) -> Policy:
    """What is usual, but that 127.0.0.1 counts as public and its site as one on a usual port."""
    return Policy(
        ports=frozenset({80, site.port}),
        is_allowed=lambda address: address == "127.0.0.1" or is_public(address),
        look_up=names,
        timeout_s=5,
    )


@pytest.fixture
def base(site: Site) -> str:
    return f"http://shop.example:{site.port}"


def test_the_bytes_of_a_picture_come_back(site: Site, base: str, policy: Policy) -> None:
    assert fetch(f" {base}/picture.png\n", policy) == PICTURE
    assert site.hosts == [f"shop.example:{site.port}"]


def test_a_response_without_a_specific_content_type_is_accepted(site: Site, base: str, policy: Policy) -> None:
    site.pages["/a"] = lambda to: to.answer(kind=None)
    site.pages["/b"] = lambda to: to.answer(kind="application/octet-stream")
    assert fetch(f"{base}/a", policy) == fetch(f"{base}/b", policy) == PICTURE


def test_names_and_paths_beyond_ascii_are_understood(site: Site, names: Names, policy: Policy) -> None:
    names.known["xn--bcher-kva.example"] = ["127.0.0.1"]
    site.pages["/kleid%20gr%C3%BCn.png?a=1"] = lambda to: to.answer()
    assert fetch(f"http://bücher.example:{site.port}/kleid grün.png?a=1#top", policy) == PICTURE


def test_links_can_be_fetched_from_many_threads(base: str, policy: Policy) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: fetch(f"{base}/picture.png", policy), range(8))) == [PICTURE] * 8


# ---- the form of a link


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "starts with http"),
        ("shirt.jpg", "starts with http"),
        ("file:///etc/passwd", "starts with http"),
        ("ftp://shop.example/a.png", "starts with http"),
        ("data:image/png;base64,AAAA", "starts with http"),
        ("http://", "starts with http"),
        ("http://[::1/", "not a link"),
        ("http://shop.example/\x00", "not a link"),
        ("http://me:secret@shop.example/a.png", "user name or password"),
        ("http://shop.example:22/", "port 22"),
        ("http://shop.example:443@127.0.0.1/", "user name or password"),
        ("http://shop.example/" + "a" * 2000, "more than 2000 characters"),
    ],
)
def test_only_plain_web_links_are_followed(url: str, reason: str, names: Names, policy: Policy) -> None:
    with pytest.raises(LinkError, match=f"{reason}.*give an http or https link to a JPEG") as caught:
        fetch(url, policy)
    assert "secret" not in str(caught.value)
    assert names.asked == []


# ---- where it leads


@pytest.mark.parametrize("address", f"{NOT_PUBLIC_4} {NOT_PUBLIC_6}".split())
def test_a_private_address_is_recognized(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC_IP, "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1"]
)
def test_a_public_address_is_recognized(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_no_spelling_of_this_machine_is_reached(site: Site, host: str) -> None:
    allowed = replace(PUBLIC, ports=frozenset({site.port}), look_up=_as_the_system_does)
    with pytest.raises(LinkError, match="not on the public internet"):
        fetch(f"http://{host}:{site.port}/picture.png", allowed)
    assert site.hosts == []


def _as_the_system_does(host: str, port: int) -> list[str]:
    """What getaddrinfo gives for these, some of which the guard of the tests does not let through to it."""
    return [{"localhost": "127.0.0.1", "2130706433": "127.0.0.1", "0x7f.1": "127.0.0.1"}.get(host, host)]


@pytest.mark.parametrize("addresses", [[PRIVATE_IP], ["127.0.0.1", PRIVATE_IP], []])
def test_a_name_with_any_private_address_is_refused_without_telling_it(
    site: Site, names: Names, policy: Policy, addresses: list[str]
) -> None:
    names.known["mixed.example"] = addresses
    with pytest.raises(LinkError, match="not on the public internet") as caught:
        fetch(f"http://mixed.example:{site.port}/picture.png", policy)
    assert PRIVATE_IP not in str(caught.value)
    assert site.hosts == []


def test_a_name_that_resolves_differently_after_the_check_has_no_effect(site: Site, base: str, policy: Policy) -> None:
    answers = itertools.chain([["127.0.0.1"]], itertools.repeat([PRIVATE_IP]))
    assert fetch(f"{base}/picture.png", replace(policy, look_up=lambda *_: next(answers))) == PICTURE


def test_a_name_that_changes_between_two_hops_is_checked_at_each(site: Site, base: str, policy: Policy) -> None:
    site.pages["/first"] = redirect("/picture.png")
    answers = itertools.chain([["127.0.0.1"]], itertools.repeat([PRIVATE_IP]))
    with pytest.raises(LinkError, match="not on the public internet"):
        fetch(f"{base}/first", replace(policy, look_up=lambda *_: next(answers)))
    assert len(site.hosts) == 1


def test_a_name_with_several_addresses_is_tried_at_each(site: Site, base: str, policy: Policy) -> None:
    allowed = replace(policy, look_up=lambda *_: ["127.0.0.2", "127.0.0.1"], is_allowed=lambda _: True)
    assert fetch(f"{base}/picture.png", allowed) == PICTURE


def test_a_name_that_does_not_exist_is_reported() -> None:
    with pytest.raises(LinkError, match="no server with the name"):
        fetch("http://nowhere.invalid/a.png")


def test_a_server_that_does_not_listen_is_reported(site: Site, policy: Policy) -> None:
    with pytest.raises(LinkError, match="cannot be reached"):
        fetch("http://shop.example/a.png", replace(policy, ports=frozenset({80})))


# ---- redirects


def redirect(to: str) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(b"", status=302, Location=to)


def test_a_redirect_is_followed_relative_or_not(site: Site, base: str, policy: Policy) -> None:
    site.pages |= {"/a/b": redirect("../c"), "/c": redirect(f"{base}/picture.png")}
    assert fetch(f"{base}/a/b", policy) == PICTURE


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://inside.example/", "not on the public internet"),
        ("http://[::1]/", "not on the public internet"),
        ("file:///etc/passwd", "starts with http"),
        ("http://shop.example:22/", "port 22"),
        ("http://me:secret@shop.example/", "user name or password"),
        ("http://a:b:c/", "not a link"),
        ("/again", "redirected more than 4 times"),
    ],
)
def test_a_redirect_is_checked_like_the_link(site: Site, base: str, policy: Policy, to: str, reason: str) -> None:
    site.pages["/again"] = redirect(to)
    with pytest.raises(LinkError, match=reason):
        fetch(f"{base}/again", policy)
    assert len(site.hosts) <= 1 + MAX_REDIRECTS


@pytest.mark.parametrize(
    ("to", "path"),
    [("/ä/größe.jpg", "/%C3%A4/gr%C3%B6%C3%9Fe.jpg"), ("größe.jpg?a=ü", "/gr%C3%B6%C3%9Fe.jpg?a=%C3%BC")],
)
def test_a_redirect_in_raw_utf_8_is_followed(site: Site, base: str, policy: Policy, to: str, path: str) -> None:
    site.pages |= {"/go": redirect(to.encode().decode("latin-1")), path: lambda to: to.answer()}
    assert fetch(f"{base}/go", policy) == PICTURE


def test_a_redirect_in_another_encoding_is_followed_byte_by_byte(site: Site, base: str, policy: Policy) -> None:
    site.pages |= {"/go": redirect("/größe.jpg"), "/gr%F6%DFe.jpg": lambda to: to.answer()}
    assert fetch(f"{base}/go", policy) == PICTURE


# ---- what comes

STARTS = {
    "JPEG": b"\xff\xd8\xff\xe0",
    "PNG": PICTURE,
    "GIF": b"GIF89a",
    "WebP": b"RIFF\1\2\3\4WEBPVP8 ",
    "BMP": b"BM\1\2\3\4\0\0\0\0",
    "TIFF": b"II*\0",
    "AVIF": b"\0\0\0\x1cftypavif",
    "HEIC": b"\0\0\0\x18ftypheic",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n",
}


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "unknown", "image", "img/jpeg", "application/force-download", "multipart/form-data", "text/html"],
)
def test_the_bytes_decide_that_a_response_is_a_picture(site: Site, base: str, policy: Policy, kind: str) -> None:
    for name, start in STARTS.items():
        site.pages[f"/{name[:4]}"] = lambda to, start=start: to.answer(start + bytes(2000), kind=kind)
        assert fetch(f"{base}/{name[:4]}", policy) == start + bytes(2000)


@pytest.mark.parametrize("start", [b"BMW sells cars", b"RIFF\1\2\3\4WAVE", b"{}", b""])
def test_other_bytes_of_another_type_are_refused(site: Site, base: str, policy: Policy, start: bytes) -> None:
    site.pages["/it"] = lambda to: to.answer(start, kind="text/plain")
    with pytest.raises(LinkError, match="not a picture"):
        fetch(f"{base}/it", policy)


def test_a_web_page_without_end_is_left_after_its_first_bytes(site: Site, base: str, policy: Policy) -> None:
    site.pages["/it"] = lambda to: drip(to, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b" " * 999)
    with pytest.raises(LinkError, match="web page"):
        fetch(f"{base}/it", policy)


PAGES: dict[str, tuple[Callable[[Handler], Any], str]] = {
    "html": (lambda to: to.answer(b"<p>", kind="text/html; charset=utf-8"), "a web page and not"),
    "html, untyped": (lambda to: to.answer(b"\n <!DOCTYPE HTML><html>", kind=None), "a web page and not"),
    "html as png": (lambda to: to.answer(b"<html>", kind="image/png"), "a web page and not"),
    "pdf": (lambda to: to.answer(b"%PDF", kind="application/pdf"), "not a picture"),
    "not found": (lambda to: to.answer(b"", status=404), "status 404"),
    "redirect to nowhere": (lambda to: to.answer(b"", status=302), "status 302"),
    "announced too big": (lambda to: to.answer(b"", Content_Length="20000001"), "more than 20 MB"),
    "too big": (lambda to: to.answer(bytes(20_000_001)), "more than 20 MB"),
    "cut": (lambda to: to.answer(b"cut", Content_Length="100"), "closes the connection early"),
    "no HTTP": (lambda to: to.wfile.write(b"no HTTP at all\r\n\r\n"), "closes the connection early"),
    "nothing": (lambda to: None, "closes the connection early"),
}


@pytest.mark.parametrize(("page", "reason"), PAGES.values(), ids=PAGES)
def test_a_response_that_is_no_picture_is_refused_with_the_reason(
    site: Site, base: str, policy: Policy, page: Callable[[Handler], None], reason: str
) -> None:
    site.pages["/it"] = page
    with pytest.raises(LinkError, match=f"{reason}.*give an http or https link"):
        fetch(f"{base}/it", policy)


def test_a_packed_body_is_not_unpacked(site: Site, base: str, policy: Policy) -> None:
    packed = gzip.compress(bytes(50_000_000))
    site.pages["/packed"] = lambda to: to.answer(packed, Content_Encoding="gzip")
    assert fetch(f"{base}/packed", policy) == packed
    with pytest.raises(PictureError, match="not a readable picture"):
        decode(packed)


def drip(handler: Handler, start: bytes, piece: bytes) -> None:
    """Send `piece` for ever, in less time each than any time-out between bytes."""
    handler.wfile.write(start)
    while not handler.server.over.wait(0.05):
        handler.wfile.write(piece)


@pytest.mark.parametrize(
    "page",
    [
        lambda to: to.server.over.wait(30),
        lambda to: drip(to, b"HTTP/1.1 200 OK\r\n", b"X-Header: more\r\n"),
        lambda to: drip(to, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", b"x"),
        lambda to: drip(to, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        lambda to: drip(to, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["silence", "endless headers", "endless body", "endless announcements", "endless chunks"],
)
def test_a_server_without_end_is_left_at_the_deadline(
    site: Site, base: str, policy: Policy, page: Callable[[Handler], Any]
) -> None:
    site.pages["/slow"] = page
    began = time.monotonic()
    with pytest.raises(LinkError, match=r"took longer than 0\.4 seconds"):
        fetch(f"{base}/slow", replace(policy, timeout_s=0.4))
    assert time.monotonic() - began < 20


def test_a_slow_look_up_is_left_at_the_deadline(site: Site, base: str, policy: Policy) -> None:
    def look_up(host: str, port: int) -> list[str]:
        site.over.wait(30)
        return ["127.0.0.1"]

    with pytest.raises(LinkError, match="took longer"):
        fetch(f"{base}/picture.png", replace(policy, look_up=look_up, timeout_s=0.2))


def test_cookies_and_credentials_are_not_sent(
    site: Site, base: str, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    site.pages["/first"] = lambda to: to.answer(b"", status=302, Location="/picture.png", Set_Cookie="id=1")
    fetch(f"{base}/first", policy)
    assert [set(headers) for headers in site.headers_seen] == [{"Host", "User-Agent", "Accept", "Accept-Encoding"}] * 2
