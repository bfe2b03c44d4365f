"""Determines the client address: the peer, or the address that a trusted proxy appended to `X-Forwarded-For`.

uvicorn's ProxyHeadersMiddleware is not used, because the client could then choose its own address in some cases
(uvicorn 0.54). With `*`, and where every address of the list is trusted, it takes the first address, which the client
writes. It takes any word as an address, "unknown" for example. It does not recognize a trusted proxy by its
IPv4-mapped IPv6 address, and it silently ignores a malformed network in `FORWARDED_ALLOW_IPS`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.errors import RecsysError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

THIS_MACHINE = "127.0.0.0/8,::1"
SPACE_PROXIES = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
"""The private networks from which the proxy of a Space connects."""
EVERYONE = "0.0.0.0/0,::/0"
IPV6_CLIENT_PREFIX = 64
"""Length in bits of the network that one IPv6 client has to itself: it may use any address in it."""


@dataclass(frozen=True)
class TrustedProxies:
    """The networks of the proxies whose `X-Forwarded-For` is trusted."""

    networks: tuple[Network, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> TrustedProxies:
        """The networks of FORWARDED_ALLOW_IPS; by default this machine and, in a Space, the proxies of Spaces.

        Raises RecsysError if the variable contains anything but addresses and networks.
        """
        default = f"{THIS_MACHINE},{SPACE_PROXIES}" if environ.get("SPACE_ID") else THIS_MACHINE
        names = (environ.get("FORWARDED_ALLOW_IPS") or default).replace("*", EVERYONE)
        return cls(tuple(_network(name.strip()) for name in names.split(",") if name.strip()))

    def client(self, scope: Mapping[str, Any]) -> Address | None:
        """The client address of a request, given its ASGI scope; None for a program on this machine.

        Each proxy appends the address that connected to it. So the list is read from its end, and the first address
        that is not a trusted proxy is the client; everything before it was written by the client. If all addresses
        are trusted proxies, the last one is the client.
        """
        peer = parse_address((scope.get("client") or ("",))[0])
        if peer is None:
            return None
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if not lines or not self._trust(peer):
            return None if peer.is_loopback else peer
        client = peer
        for place, text in enumerate(reversed(",".join(lines).split(","))):
            address = parse_address(text)
            if address is None:
                return client
            if not self._trust(address):
                return address
            client = address if place == 0 else client
        return client

    def _trust(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise RecsysError(
            "FORWARDED_ALLOW_IPS must be addresses or networks of proxies, separated by commas, such as 10.0.0.0/8;"
            f" got {text!r}."
        ) from error


def parse_address(text: str) -> Address | None:
    """The IP address in `text`, which may include a port; None for any other text."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def client_key(address: Address) -> str:
    """What identifies a client: its IPv4 address, or its IPv6 network of 64 bits."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_CLIENT_PREFIX), strict=False))
