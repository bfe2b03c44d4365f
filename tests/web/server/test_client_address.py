"""Which address a request is counted for, and which proxies are trusted."""

from __future__ import annotations

import pytest

from recsys.errors import RecsysError
from recsys.web.server.client_address import TrustedProxies, client_key, parse_address

SPACE = {"SPACE_ID": "me/my-space"}
CALL = "/gradio_api/call/recommend"


def scope_of(path=CALL, client="203.0.113.7", method="POST", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "client": (client, 1234), "headers": named}


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
