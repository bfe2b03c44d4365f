"""Pictures by link from a server that fails, stalls, redirects, limits its rate and changes, with a kill in between.

Fails if a picture is wrong, if one that the server has is not fetched, if a missing one is not reported, if the run
after the kill fetches a picture a second time, or if a later run fetches more than what has changed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result
from recsys.catalog.remote import AT_ONCE, fetch_pictures
from recsys.errors import PictureError
from testkit.link_server import LinkServer, picture

MISSING = ("gone", "broken", "page", "silent")
KINDS = {
    "plain": 600, "dated": 100, "moved": 80, "flaky": 60, "busy": 40, "typed": 30, "cut": 30, "dropped": 30,
    "stalled": 8, "gone": 12, "broken": 4, "page": 4, "silent": 2,
}  # fmt: skip
"""How often each kind of link occurs among 1,000."""
CHANGED_SHARE = 0.01


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--links", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=15.0, help="requests a second that the server allows")


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory() as temporary, LinkServer(options.rate).running() as server:
        cache, links = Path(temporary), _links(server.url, options.links)
        began = time.monotonic()
        _fetch_and_kill(server, links, cache)
        before_kill, first = sum(server.sent.values()), _fetch(links, cache)
        seconds, asked = time.monotonic() - began, sum(server.asked.values())
        twice = sum(count > 1 for count in server.sent.values())
        changed = [link for link in links if "/plain/" in link][: int(CHANGED_SHARE * len(links))]
        server.versions.update({link.removeprefix(server.url): 1 for link in changed})
        sent = sum(server.sent.values())
        later = _fetch(links, cache)
        sent_again = sum(server.sent.values()) - sent
    wrong = _wrong(links, first, set()) + _wrong(links, later, set(changed))
    figures = {
        "links": len(links),
        "right pictures": sum(isinstance(found, bytes) for found in first.values()),
        "reported with the reason": sum(isinstance(found, PictureError) for found in first.values()),
        "sent before the kill": before_kill,
        "sent twice, in flight at the kill": twice,
        "requests, both parts": asked,
        "s, both parts": round(seconds, 1),
        "changed before the later run": len(changed),
        "sent in the later run": sent_again,
    }
    failures = [*wrong]
    failures += [f"{twice} pictures were fetched twice"] if twice > AT_ONCE else []
    failures += [f"{sent_again} pictures were sent in the later run"] if sent_again != len(changed) else []
    return Result({"": [{"what": what, "figure": figure} for what, figure in figures.items()]}, failures)


def _links(url: str, count: int) -> list[str]:
    """Links of all kinds, mixed evenly."""
    kinds = [kind for kind, share in KINDS.items() for _ in range(round(share * count / 1000))]
    step = next(step for step in range(int(0.618 * len(kinds)), len(kinds)) if len(kinds) % step)
    order = sorted(range(len(kinds)), key=lambda place: place * step % len(kinds))
    return [f"{url}/{kinds[place]}/{place}.png" for place in order]


def _fetch_and_kill(server: LinkServer, links: Sequence[str], cache: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from recsys.catalog.remote import fetch_pictures;"
        "list(fetch_pictures(sys.stdin.read().split(), Path(sys.argv[1]), allow_private_hosts=True))"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(cache)], stdin=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin
        process.stdin.write("\n".join(links).encode())
        process.stdin.close()
        while sum(server.sent.values()) < len(links) / 3:
            time.sleep(0.05)
        process.kill()


def _fetch(links: Sequence[str], cache: Path) -> dict[str, bytes | PictureError]:
    return dict(fetch_pictures(links, cache, allow_private_hosts=True))


def _wrong(links: Sequence[str], found: Mapping[str, bytes | PictureError], changed: set[str]) -> list[str]:
    """The links whose result is not the right one."""
    wrong = []
    for link in links:
        kind, number = link.split("/")[-2], int(link.split("/")[-1].removesuffix(".png"))
        is_missing = isinstance(found[link], PictureError)
        if is_missing != (kind in MISSING) or not (is_missing or found[link] == picture(number, int(link in changed))):
            wrong.append(f"{link}: {found[link]!r:.200}")
    return wrong
