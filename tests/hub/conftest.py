"""Short timeouts, and a small shop on the stand-in Hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.hub import client
from testkit.hub_double import HubDouble
from tests.support.hub_shop import FILES


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short timeouts. The waits of huggingface_hub between its own tries stay: one second, then two."""
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 5.0)
    monkeypatch.setattr(client, "OUTAGE_AFTER_S", 1.0)
    monkeypatch.setattr(client, "RETRY_DELAYS_S", (0.05, 0.1))


@pytest.fixture
def very_short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A very short read timeout, which a busy machine can exceed by accident."""
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 0.5)
    monkeypatch.setattr(client, "OUTAGE_AFTER_S", 0.4)


@pytest.fixture
def shop(hub: HubDouble) -> str:
    """A dataset repository with a small index in it."""
    name = hub.new_name()
    hub.seed("datasets", name, FILES)
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local folder with the same content."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path
