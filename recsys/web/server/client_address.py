"""Who a request comes from: its peer, or whom a proxy that we trust was asked by. Never what a client itself writes."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.errors import RecsysError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

THIS_MACHINE = "127.0.0.0/8,::1"
INSIDE_A_SPACE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
"""Where the proxy of a Space asks from."""
EVERYONE = "0.0.0.0/0,::/0"
HOME = 64
"""Bits of an IPv6 address that are one client's own network: it may take any address in it."""


@dataclass(frozen=True)
class Proxies:
    """The networks whose X-Forwarded-For is believed, as far as one of their own machines appended to it."""

    networks: tuple[Network, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Proxies:
        """Those of FORWARDED_ALLOW_IPS, uvicorn's variable, or else this machine and, in a Space, its proxy.

        Raises RecsysError for what is no address and no network.
        """
        usual = f"{THIS_MACHINE},{INSIDE_A_SPACE}" if environ.get("SPACE_ID") else THIS_MACHINE
        named = (environ.get("FORWARDED_ALLOW_IPS") or usual).replace("*", EVERYONE)
        return cls(tuple(_network(name.strip()) for name in named.split(",") if name.strip()))

    def client(self, scope: Mapping[str, Any]) -> Address | None:
        """The address that this request (an ASGI scope) comes from; None for a program on this machine itself.

        Each proxy appends the address it was asked from, so the list is read from its end: the first that is no proxy
        of ours is the client, and what stands before it is only what that client wrote. Of nothing but proxies it is
        the last.
        """
        peer = parsed((scope.get("client") or ("",))[0])
        if peer is None:
            return None
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if not lines or not self._trust(peer):
            return None if peer.is_loopback else peer
        client = peer
        for place, text in enumerate(reversed(",".join(lines).split(","))):
            address = parsed(text)
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
            f"FORWARDED_ALLOW_IPS is addresses or networks of proxies, divided by commas, 10.0.0.0/8 say; got {text!r}."
        ) from error


def parsed(text: str) -> Address | None:
    """The address in a text, which may name a port; None for anything else."""
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


def home(address: Address) -> str:
    """What all addresses of one client have in common: an IPv4 address, or an IPv6 network of 64 bits."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, HOME), strict=False))
