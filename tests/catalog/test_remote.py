"""Pictures by link: each is the right one, or is reported with the reason, and none is fetched twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.catalog.remote import AT_ONCE, LinkFetcher, Pace, fetch_pictures
from recsys.errors import LinkError, PictureError
from testkit.link_server import LinkServer, picture

FAST = Pace(requests_per_second=2_000, backoff_s=0.01)
SHORT = Pace(requests_per_second=2_000, backoff_s=0.01, timeout_s=4.0, attempts=2)
"""For servers that are silent, which cost the time-out at each attempt."""
GOOD = ("plain", "dated", "bare", "typed", "moved", "flaky", "busy", "cut", "dropped")
BAD = {
    "gone": "status 404",
    "broken": "status 500",
    "page": "a web page and not",
}


@pytest.fixture
def server() -> Iterator[LinkServer]:
    with LinkServer().running() as server:
        yield server


def fetched(
    links: list[str], cache: Path, pace: Pace = FAST, allow_private_hosts: bool = True
) -> list[bytes | PictureError]:
    found = list(fetch_pictures(links, cache, allow_private_hosts=allow_private_hosts, pace=pace))
    assert [link for link, _ in found] == links
    return [result for _, result in found]


def links(server: LinkServer, kind: str, count: int = 6) -> list[str]:
    return [f"{server.url}/{kind}/{number}.png" for number in range(count)]


@pytest.mark.parametrize("kind", GOOD)
def test_a_server_that_fails_at_first_gives_the_right_pictures(server: LinkServer, tmp_path: Path, kind: str) -> None:
    assert fetched(links(server, kind), tmp_path) == [picture(number) for number in range(6)]
    assert set(server.sent.values()) == {1}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_not_there_is_reported_with_the_reason(server: LinkServer, tmp_path: Path, kind: str) -> None:
    results = fetched([f"{server.url}/plain/7.png", *links(server, kind, 2)], tmp_path)

    assert results[0] == picture(7)
    assert all(isinstance(result, LinkError) and BAD[kind] in str(result) for result in results[1:])


@pytest.mark.slow
def test_a_server_that_is_silent_at_first_or_always(server: LinkServer, tmp_path: Path) -> None:
    stalled, silent = links(server, "stalled", 4), links(server, "silent", 2)

    *results, one, other = fetched([*stalled, *silent], tmp_path, SHORT)

    assert results == [picture(number) for number in range(4)]
    assert "took longer than 4 seconds" in str(one) and "took longer than 4 seconds" in str(other)


def test_an_error_that_does_not_pass_is_not_tried_again(server: LinkServer, tmp_path: Path) -> None:
    fetched([*links(server, "gone", 1), *links(server, "broken", 1)], tmp_path)

    assert server.asked == {"/gone/0.png": 1, "/broken/0.png": FAST.attempts}


@pytest.mark.parametrize("kind", ["plain", "dated"])
def test_a_later_build_fetches_only_what_has_changed(server: LinkServer, tmp_path: Path, kind: str) -> None:
    fetched(links(server, kind), tmp_path)
    server.versions[f"/{kind}/3.png"] = 1

    assert fetched(links(server, kind), tmp_path) == [picture(number, int(number == 3)) for number in range(6)]
    assert server.sent == {f"/{kind}/{number}.png": 1 + (number == 3) for number in range(6)}


def test_a_picture_without_etag_is_fetched_again_by_a_later_build(server: LinkServer, tmp_path: Path) -> None:
    fetched(links(server, "bare"), tmp_path)
    server.versions["/bare/3.png"] = 1

    assert fetched(links(server, "bare"), tmp_path)[3] == picture(3, 1)


def test_a_picture_that_is_gone_in_a_later_build_is_reported(
    server: LinkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"{server.url}/plain/0.png"
    fetched([page], tmp_path)
    monkeypatch.setattr("testkit.link_server.Handler.get_plain", lambda self, attempt: self.answer(410))

    assert "status 410" in str(fetched([page], tmp_path)[0])


def test_a_damaged_copy_is_fetched_again(server: LinkServer, tmp_path: Path) -> None:
    fetched(links(server, "plain", 2), tmp_path)
    for number, file in enumerate(sorted(file for file in tmp_path.rglob("*") if file.is_file())):
        file.write_bytes(file.read_bytes()[:-9] if number else b"")

    assert fetched(links(server, "plain", 2), tmp_path) == [picture(0), picture(1)]


def test_equal_links_are_fetched_once(server: LinkServer, tmp_path: Path) -> None:
    page = f"{server.url}/bare/5.png"

    assert fetched([page, page, page], tmp_path) == [picture(5)] * 3
    assert server.asked["/bare/5.png"] == 1


def test_a_second_pass_of_the_same_build_asks_nothing(server: LinkServer, tmp_path: Path) -> None:
    fetcher = LinkFetcher(tmp_path, allow_private_hosts=True, pace=FAST)
    once, again = (list(fetcher.fetch_all(links(server, "bare"))) for _ in range(2))

    assert once == again
    assert set(server.asked.values()) == {1}


def test_eight_are_fetched_at_once(server: LinkServer, tmp_path: Path) -> None:
    fetched(links(server, "plain", 30), tmp_path)

    assert 1 < server.most_at_once <= AT_ONCE


def test_a_link_that_stalls_does_not_hold_up_the_others(server: LinkServer, tmp_path: Path) -> None:
    def end_silence_after_the_others() -> None:
        while len(server.sent) < 20:
            time.sleep(0.01)
        server.over.set()

    thread = threading.Thread(target=end_silence_after_the_others)
    thread.start()
    results = fetched([*links(server, "silent", 1), *links(server, "plain", 20)], tmp_path)
    thread.join()

    assert isinstance(results[0], LinkError) and results[1:] == [picture(number) for number in range(20)]


@pytest.mark.slow
def test_a_server_that_limits_its_rate_gives_every_picture(tmp_path: Path) -> None:
    with LinkServer(requests_per_second=20).running() as server:
        results = fetched(links(server, "plain", 40), tmp_path)

    assert results == [picture(number) for number in range(40)]
    assert sum(server.asked.values()) < 2 * 40


def test_a_server_is_not_asked_more_often_than_the_pace_allows(server: LinkServer, tmp_path: Path) -> None:
    began = time.monotonic()
    fetched(links(server, "plain", 11), tmp_path, Pace(requests_per_second=20))

    assert time.monotonic() - began >= 10 / 20


@pytest.mark.parametrize("after", ["100000", "Wed, 01 Jan 2200 10:00:00 GMT"])
def test_a_server_that_asks_for_a_day_is_not_waited_for(
    server: LinkServer, tmp_path: Path, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = lambda self, attempt: self.answer(429, Retry_After=after)  # noqa: E731
    monkeypatch.setattr("testkit.link_server.Handler.get_plain", refuse)

    results = fetched(links(server, "plain", 40), tmp_path)

    assert all("asks for a pause" in str(result) for result in results)
    assert sum(server.asked.values()) <= AT_ONCE


def test_a_server_that_is_down_is_not_asked_for_every_link(server: LinkServer, tmp_path: Path) -> None:
    pace = Pace(requests_per_second=2_000, backoff_s=0.01, attempts=2, failures_in_a_row=5)
    results = fetched(links(server, "broken", 40), tmp_path, pace)

    assert "status 500" in str(results[0]) and "seems to be down. Build again later" in str(results[-1])
    assert sum(server.asked.values()) <= (5 + AT_ONCE) * 2


def test_a_server_in_the_private_network_is_reached_only_when_allowed(server: LinkServer, tmp_path: Path) -> None:
    results = fetched(links(server, "plain", 1), tmp_path, allow_private_hosts=False)

    assert "allow it with --allow-private-hosts" in str(results[0])
    assert not server.asked


@pytest.mark.parametrize("link", ["http://[::1/a.png", "http://", "https://me:secret@shop.example/a.png"])
def test_what_is_no_link_is_reported(tmp_path: Path, link: str) -> None:
    assert isinstance(fetched([link], tmp_path)[0], LinkError)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_without_fetching_a_picture_twice(server: LinkServer, tmp_path: Path) -> None:
    pages = links(server, "bare", 60)
    script = f"""
        from pathlib import Path
        from recsys.catalog.remote import Pace, fetch_pictures
        pace = Pace(requests_per_second=50)
        for _ in fetch_pictures({pages!r}, Path({str(tmp_path)!r}), allow_private_hosts=True, pace=pace):
            pass
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        while len(server.sent) < 20:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    before = len(server.sent)

    assert fetched(pages, tmp_path) == [picture(number) for number in range(60)]
    assert before < 50 and len(server.sent) == 60
    assert sum(server.sent.values()) <= 60 + AT_ONCE  # those in flight when the process was killed


def test_a_run_that_was_interrupted_long_ago_asks_again(server: LinkServer, tmp_path: Path) -> None:
    pages = links(server, "plain")
    found = fetch_pictures(pages, tmp_path, allow_private_hosts=True, pace=FAST)
    next(found)
    found.close()
    (mark,) = tmp_path.glob("unfinished-*")
    os.utime(mark, (time.time() - 1e6,) * 2)
    server.versions["/plain/0.png"] = 1

    assert fetched(pages, tmp_path)[0] == picture(0, 1)
