"""Finds pictures that show nothing, and links that lead nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np

from recsys.catalog.remote import AT_ONCE, Host, Pace
from recsys.errors import LinkError, PictureError
from recsys.images.decode import decode
from recsys.images.fetch import PUBLIC, Policy, status_of

MIN_DEVIATION = 2.0
"""A picture whose brightness, from 0 to 255, has a smaller standard deviation is blank."""
MIN_SIDE_PX = 24
"""A picture with both sides smaller than this shows too little to be distinguished from others."""
NOT_DEAD = {401, 403, 405, 406, 408, 425, 429}
"""Statuses of a page that exists, but is not for programs, or not now."""


def blank_and_small(thumbnails: Iterable[bytes]) -> Iterator[tuple[int, bool]]:
    """The rows of pictures that are blank (True), or too small or not readable (False)."""
    for row, data in enumerate(thumbnails):
        try:
            picture = decode(data)
        except PictureError:
            yield row, False
            continue
        if max(picture.size) < MIN_SIDE_PX:
            yield row, False
        elif np.asarray(picture.convert("L"), dtype=np.float32).std() < MIN_DEVIATION:
            yield row, True


def dead_links(links: Iterable[str], policy: Policy = PUBLIC, pace: Pace | None = None) -> dict[str, str]:
    """The links that lead nowhere, with the reason. Eight are asked at once, and a server at the given pace."""
    pace, distinct = pace or Pace(), list(dict.fromkeys(links))
    hosts = {name: Host(pace, 1 / pace.requests_per_second) for name in {urlsplit(link).netloc for link in distinct}}

    def problem(link: str) -> str | None:
        try:
            time.sleep(hosts[urlsplit(link).netloc].reserve_turn())
            status = status_of(link, policy)
        except LinkError as error:
            return str(error).partition("; give an")[0]
        return f"The server answers with status {status}" if status >= 400 and status not in NOT_DEAD else None

    with ThreadPoolExecutor(AT_ONCE, "link") as pool:
        found = zip(distinct, pool.map(problem, distinct), strict=True)
        return {link: reason for link, reason in found if reason}
