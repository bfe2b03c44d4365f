"""Fetches the picture behind a link without access to the private network (protection against SSRF).

Gradio's safehttpx is not used: it asks a third party about names that resolve to private addresses, allows
carrier-grade NAT and translated addresses, and limits neither size nor duration of the response.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpcore
import httpx

from recsys.errors import LinkError
from recsys.images.decode import ACCEPTED, MAX_BYTES
from recsys.images.lookup import Resolver

TIMEOUT_S = 8.0
"""For the whole fetch: name look-ups, connections, redirects and body."""
MAX_REDIRECTS = 4
MAX_URL_CHARACTERS = 2000
HEADERS = {"User-Agent": "recsys (picture search)", "Accept": "image/*", "Accept-Encoding": "identity"}
UNSPECIFIC_TYPES = ("", "application/octet-stream", "binary/octet-stream")
PICTURE_STARTS = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*|....ftyp|\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    re.DOTALL,
)
"""The first bytes of the picture formats. A file that starts so is a picture, whatever `Content-Type` says."""
SNIFFED_BYTES = 1000
"""The bytes at the start of a body that decide whether it may be a picture."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
SPECIAL_NETWORKS = [ipaddress.IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")]
"""IETF protocol assignments, 6to4 relays, and the internal address of Azure, which `ipaddress` reports as global."""

TOO_BIG = f"The link leads to more than {MAX_BYTES // 10**6} MB"
WEB_PAGE = "The link leads to a web page and not to the picture itself"

_resolver = Resolver()
_ssl_context = functools.cache(httpcore.default_ssl_context)


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet. IPv4 addresses inside IPv6 ones are checked as IPv4."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if not wrapped:
            return ip.is_global and ip in GLOBAL_UNICAST
        ip = wrapped
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in SPECIAL_NETWORKS)


def look_up(host: str, port: int) -> list[str]:
    """The IP addresses that the system resolves a name to. Raises OSError or UnicodeError for an unknown name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Policy:
    """Which addresses a link may lead to, and for how long. The defaults suit untrusted links."""

    ports: frozenset[int] = frozenset({80, 443})
    is_allowed: Callable[[str], bool] = is_public
    look_up: Callable[[str, int], Sequence[str]] = look_up
    timeout_s: float = TIMEOUT_S


PUBLIC = Policy()


ANY_HOST = Policy(ports=frozenset(range(1, 65_536)), is_allowed=lambda address: True)
"""For the links of a trusted owner, which may lead to a server in the private network."""


@dataclass(frozen=True)
class Answer:
    """The answer to a link after its redirects. The names of headers are in lower case. `body` is empty unless 200."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def fetch(url: str, policy: Policy = PUBLIC) -> bytes:
    """Fetch the bytes behind an http or https link: at most `decode.MAX_BYTES`, and not a web page.

    All addresses of a name must be public, and the connection is made to an address that was checked. Each redirect is
    checked in the same way. `decode` checks that the bytes are a picture. Raises LinkError with a message for the
    visitor.
    """
    answer = request(url, policy)
    if answer.status != 200:
        raise status_error(answer.status)
    return answer.body


def status_error(status: int) -> LinkError:
    """The error for an answer that is no picture."""
    return _refusal(f"The server answers this link with status {status} instead of a picture")


def status_of(url: str, policy: Policy = PUBLIC) -> int:
    """The status of the answer to a link, after its redirects, whose body is not read. Raises LinkError."""
    return request(url, policy, {"Accept": "*/*"}, reads_body=False).status


def request(
    url: str, policy: Policy = PUBLIC, headers: Mapping[str, str] | None = None, *, reads_body: bool = True
) -> Answer:
    """The answer to a link, checked as by `fetch`, but with any status. `headers` are sent beside `HEADERS`."""
    backend = _GuardedBackend(policy, time.monotonic() + policy.timeout_s)
    target = _checked(url, policy)
    try:
        with httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=backend) as pool:
            for _ in range(MAX_REDIRECTS + 1):
                answer = _get(pool, target, HEADERS | dict(headers or {}), reads_body)
                if isinstance(answer, Answer):
                    return answer
                target = _checked(answer, policy)
    except httpcore.TimeoutException as error:
        raise _refusal(f"The link took longer than {policy.timeout_s:g} seconds", is_unavailable=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = "The server of this link cannot be reached, or closes the connection early"
        raise _refusal(reason, is_unavailable=True) from error
    raise _refusal(f"The link is redirected more than {MAX_REDIRECTS} times")


def _refusal(reason: str, *, is_private: bool = False, is_unavailable: bool = False) -> LinkError:
    message = f"{reason}; give an http or https link to a {ACCEPTED}."
    return LinkError(message, is_private=is_private, is_unavailable=is_unavailable)


def _checked(url: str | httpx.URL, policy: Policy) -> httpx.URL:
    """Parse and check the link. Raises LinkError."""
    try:
        if len(str(url)) > MAX_URL_CHARACTERS:
            raise _refusal(f"The link has more than {MAX_URL_CHARACTERS} characters")
        target = httpx.URL(url.strip() if isinstance(url, str) else url)
    except httpx.InvalidURL as error:
        raise _refusal("This is not a link") from error
    if target.scheme not in ("http", "https") or not target.host:
        raise _refusal("This is not a link that starts with http:// or https://")
    if target.userinfo:
        raise _refusal("The link contains a user name or password")
    allowed = " and ".join(map(str, sorted(policy.ports)))
    if (target.port or {"http": 80, "https": 443}[target.scheme]) not in policy.ports:
        reason = f"The link names port {target.port}, and only the ports {allowed} are allowed"
        raise _refusal(reason, is_private=True)
    return target


def _get(
    pool: httpcore.ConnectionPool, target: httpx.URL, sent: Mapping[str, str], reads_body: bool
) -> Answer | httpx.URL:
    """The answer to the link, or the target of its redirect."""
    url = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
    with pool.stream("GET", url, headers=[*sent.items(), ("Host", target.netloc.decode())]) as response:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in (301, 302, 303, 307, 308) and "location" in headers:
            try:
                return target.join(_location(headers["location"]))
            except httpx.InvalidURL as error:
                raise _refusal("The link is redirected to something that is not a link") from error
        if response.status != 200 or not reads_body:
            return Answer(response.status, headers)
        if headers.get("content-length", "").isdigit() and int(headers["content-length"]) > MAX_BYTES:
            raise _refusal(TOO_BIG)
        return Answer(200, headers, _read(response.iter_stream(), headers.get("content-type", "")))


def _location(header: str) -> str:
    """The target of a redirect. Some servers send it in raw UTF-8 instead of percent-encoded ASCII."""
    sent = header.encode("latin-1")
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return quote(sent, safe=bytes(range(128)))


def _read(chunks: Iterable[bytes], content_type: str) -> bytes:
    """The body. It is read to its end only if its first bytes, or else its type, may be a picture's."""
    data, is_checked = bytearray(), False
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_BYTES:
            raise _refusal(TOO_BIG)
        if len(data) >= SNIFFED_BYTES and not is_checked:
            _check_start(bytes(data), content_type)
            is_checked = True
    if not is_checked:
        _check_start(bytes(data), content_type)
    return bytes(data)


def _check_start(data: bytes, content_type: str) -> None:
    """Raise LinkError if the first bytes are a web page's, or unknown and of a type that is not a picture."""
    if PICTURE_STARTS.match(data):
        return
    kind = content_type.split(";")[0].strip().lower()
    text = data[:SNIFFED_BYTES].lstrip().lower()
    if kind in ("text/html", "application/xhtml+xml") or text.startswith((b"<!doctype html", b"<html")):
        raise _refusal(WEB_PAGE)
    if not kind.startswith("image/") and kind not in UNSPECIFIC_TYPES:
        raise _refusal("The link leads to a file that is not a picture")


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects only to addresses that the policy allows, and ends every operation at the deadline."""

    def __init__(self, policy: Policy, deadline: float) -> None:
        self._policy, self._deadline = policy, deadline

    def connect_tcp(self, host: str, port: int, *_: Any, **options: Any) -> httpcore.NetworkStream:
        addresses = self._look_up(host, port)
        if not addresses or not all(self._policy.is_allowed(address) for address in addresses):
            raise _refusal("The link leads to an address that is not on the public internet", is_private=True)
        failure: Exception | None = None
        for address in addresses:
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, timeout=_left(self._deadline))
                return _TimedStream(stream, self._deadline)
            except httpcore.ConnectError as error:
                failure = error
        raise httpcore.ConnectError from failure

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        try:
            return _resolver.addresses(self._policy.look_up, host, port, _left(self._deadline))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise _refusal("There is no server with the name in this link") from error


class _TimedStream(httpcore.NetworkStream):
    """A connection on which every operation ends at the deadline, however slowly bytes arrive."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds
