"""What goes wrong with a Hub or a repository on it: each begins on the stand-in, and gives what ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testkit import hub_double
from testkit.hub_double import HubDouble

READER, OWNER = "hf_other", "hf_test"
"""The token of one who does not own the repository, and of one who does."""

End = Callable[[], Any]
Fault = Callable[[HubDouble, str], End]


def stopped(hub: HubDouble, name: str) -> End:
    hub.stop()
    return hub.start


def faulty(match: str, kind: str, times: int = -1, **options: Any) -> Fault:
    def begin(hub: HubDouble, name: str) -> End:
        hub.fault(match, kind, times, **options)
        return hub.reset

    return begin


def expired(hub: HubDouble, name: str) -> End:
    known = dict(hub_double.TOKENS)
    hub_double.TOKENS.clear()
    return lambda: hub_double.TOKENS.update(known)


def deleted(hub: HubDouble, name: str) -> End:
    repo = hub.repos.pop(("datasets", name))
    return lambda: hub.repos.update({("datasets", name): repo})


def without_revision(hub: HubDouble, name: str) -> End:
    commit = hub.repos["datasets", name].branches.pop("main")
    return lambda: hub.repos["datasets", name].branches.update(main=commit)


def private(hub: HubDouble, name: str) -> End:
    hub.repos["datasets", name].private = True
    return lambda: setattr(hub.repos["datasets", name], "private", False)


FAULTS: dict[str, tuple[Fault, str]] = {
    "refused": (stopped, "cannot be reached"),
    "status": (faulty(".*", "status"), "it answers 503"),
    "slow": (faulty(".*", "slow", delay=60), "does not answer"),
    "drop": (faulty(".*", "drop"), "cannot be reached"),
    "truncate": (faulty("GET /cdn/", "truncate"), "cannot be reached"),
    "corrupt": (faulty("GET /cdn/", "corrupt"), "arrived twice with another hash"),
    "expired token": (expired, "does not accept the token"),
    "repository deleted": (deleted, "has no dataset"),
    "revision gone": (without_revision, "has no dataset"),
    "moved to private": (private, "that this token may read"),
}
"""The fault, and how our message of it reads."""

PUSHING: dict[str, Fault] = {name: begin for name, (begin, _) in FAULTS.items() if name not in ("truncate", "corrupt")}
PUSHING |= {
    "status at the commit": faulty("POST .*/commit", "status"),
    "drop while files go up": faulty("PUT", "drop"),
    "commit made, its answer lost": faulty("POST .*/commit", "lost", times=1),
}
"""The faults that meet a push. A file that arrives altered has another sha256, by which the Hub knows it."""
