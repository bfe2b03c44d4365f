"""What every test shares: a stand-in Hub in place of the real one, and no way out of this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from testkit.hub_double import HubDouble
from tests.support.serving import serving

STAND_IN = HubDouble()
HOME = Path(tempfile.mkdtemp(prefix="recsys-tests-"))
TESTS = Path(__file__).parent
SLOW_FOLDERS = ("compare", "sample_shop", "scale", "serving")
"""Folders whose tests are all slow. Elsewhere a slow test, of about a second of CPU or waiting, is marked by hand."""
STORE = "have this serve every recommender: Milvus Lite, or a real server of the package milvus"
LOCAL = re.compile(r"|localhost|127\..*|0\.0\.0\.0|::1?")

# huggingface_hub, datasets and gradio read these when they are imported, so the stand-in is there before any of them.
assert "huggingface_hub" not in sys.modules
STAND_IN.start()
os.environ.update(
    HF_ENDPOINT=STAND_IN.url,
    HF_HOME=str(HOME),
    HF_HUB_CACHE=str(HOME / "hub"),
    HF_TOKEN="hf_test",
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    GRADIO_ANALYTICS_ENABLED="False",
)
OURS = ("INDEX_REPO", "INDEX_REVISION", "INDEX_DIR", "STORE_URI", "STORE_TOKEN")
for name in (*OURS, "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--store", choices=["milvus", "milvus-server"], help=f"{STORE} (requirements-scale.txt)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests: `browser` and `slow` by their folder, `server` if they use a fixture with "server" in its name."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder == "browser":
            item.add_marker(pytest.mark.browser)
        if folder in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        if any("server" in name for name in getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session", autouse=True)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What searches for every recommender of this run, where it is asked for by --store."""
    wanted = request.config.getoption("--store")
    if wanted is None:
        yield
        return
    from recsys.stores.milvus import Milvus
    from tests.support.milvus_shop import serving_all

    if wanted == "milvus":
        with serving_all(Milvus(str(tmp_path_factory.mktemp("milvus") / "all.db"))):
            yield
        return
    real = request.getfixturevalue("milvus_server")
    with serving_all(Milvus(real.uri, real.token)):
        yield


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real Milvus server of this run: that of the package milvus, which starts at its first test."""
    from tests.support.milvus_server import MilvusServer

    if MilvusServer.command() is None:
        pytest.skip("no Milvus server is installed: pip install --no-deps milvus==2.3.5")
    found = MilvusServer(tmp_path_factory.mktemp("milvus-server"))
    found.start()
    yield found
    found.kill()


@pytest.fixture(scope="session", autouse=True)
def stand_in() -> Iterator[HubDouble]:
    """The one stand-in Hub of this run."""
    yield STAND_IN
    if "huggingface_hub" in sys.modules:
        from huggingface_hub import close_session

        close_session()
    STAND_IN.reset()
    STAND_IN.stop()
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def hub(stand_in: HubDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubDouble]:
    """The stand-in Hub, healthy and with an empty log; HF_TOKEN is a token that may write anywhere."""
    from recsys.hub import client

    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setattr(client, "outage", client.Outage())
    stand_in.reset()
    yield stand_in
    stand_in.reset()


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that would look up or connect to another machine."""
    tried: list[object] = []
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def is_local(sock: socket.socket, address: Any) -> bool:
        local = sock.family == socket.AF_UNIX or (isinstance(address, tuple) and bool(LOCAL.fullmatch(address[0])))
        if not local:
            tried.append(address)
        return local

    def guarded_connect(sock: socket.socket, address: Any) -> None:
        if not is_local(sock, address):
            raise ConnectionRefusedError(f"tests do not leave this machine: {address}")
        connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
        return connect_ex(sock, address) if is_local(sock, address) else 111

    def guarded_getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if isinstance(host, str) and not LOCAL.fullmatch(host):
            if not host.endswith(".invalid"):
                tried.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    assert not tried, f"the test tried to leave this machine: {tried}"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of thirty drawn pictures."""
    from testkit.small_shop import write_pictures

    return write_pictures(tmp_path_factory.mktemp("catalogue") / "drawn-shop")


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder."""
    from testkit.small_shop import write_encoder

    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def built(pictures: Path, encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of `pictures`; a test that changes it works on a copy."""
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.encoder import Encoder

    output = tmp_path_factory.mktemp("index") / "shop"
    build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(encoder_folder), output)
    return output


@pytest.fixture
def index(built: Path, tmp_path: Path) -> Path:
    """A copy of the index of `pictures`, to be changed."""
    return Path(shutil.copytree(built, tmp_path / "shop"))


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server of a module keeps what is uploaded."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def server(shop: Any, uploads: Path) -> Iterator[Any]:
    """The page and the API over the `shop` of a module."""
    with serving(shop, uploads) as page:
        yield page


@pytest.fixture
def web(server: Any) -> Iterator[httpx.Client]:
    """A plain HTTP client of the `server`."""
    with httpx.Client(base_url=server.local_url, timeout=60) as client:
        yield client
