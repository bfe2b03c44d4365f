"""The stand-in Hub for benchmarks: indexes published on it, and apps that follow it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from recsys.format.layout import ITEMS, MANIFEST, VECTORS
from recsys.index.annoy import METRIC, build
from recsys.index.annoy.graph import graph_path, write_graph
from recsys.index.folder import IndexFolder
from recsys.index.writer import ItemsWriter, file_facts
from testkit.hub_double import File, HubDouble, is_lfs
from testkit.killed_builds import contents

REPO = "me/shop"
LEFT_OUT = 0.01
"""Share of the products that the smaller of two indexes lacks."""


@contextmanager
def running_hub() -> Iterator[HubDouble]:
    """A stand-in Hub that answers on the loopback."""
    hub = HubDouble()
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


def client_settings(hub: HubDouble, home: Path) -> dict[str, str]:
    """The environment of a process that talks to this Hub and keeps its cache under `home`."""
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}


def following(hub: HubDouble, home: Path, period_s: float) -> dict[str, str]:
    """The environment of an app that serves the published index and looks for a newer one every `period_s`."""
    return client_settings(hub, home) | {"INDEX_REPO": REPO, "RELOAD_SECONDS": str(period_s)}


def publish(hub: HubDouble, index: Path, **more: bytes) -> str:
    """Make the repository equal to the index, and these files, in one commit; returns its id."""
    files = {name: File(data, is_lfs(name)) for name, data in (contents(index) | more).items()}
    return hub.repo("datasets", REPO).commit("main", files, "an index")


def published(hub: HubDouble) -> dict[str, bytes]:
    """The files of the repository."""
    files = hub.files("datasets", REPO)
    return {name: data for name, data in files.items() if name != ".gitattributes"}


def write_smaller(index: Path, output: Path) -> Path:
    """Write the index without its last products to another folder."""
    folder = IndexFolder.open(index)
    count = round((1 - LEFT_OUT) * len(folder.items))
    for name, content in contents(index).items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_bytes(content)
    items = ItemsWriter.for_items(output / ITEMS, folder.items)
    for row in range(count):
        items.add(folder.items[row], folder.thumbnail(row))
    items.close()
    search = replace(folder.manifest.search, metric=METRIC)
    build(folder.searcher.vectors(range(count)), output / VECTORS, search.n_trees)
    if graph_path(output / VECTORS).is_file():
        write_graph(output / VECTORS, count, search.dim)
    manifest = replace(folder.manifest, count=count, search=search, files=file_facts(output))
    (output / MANIFEST).write_text(manifest.to_json(), "utf-8")
    return output
