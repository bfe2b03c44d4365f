"""Opens an index from a folder or from the Hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from recsys import hub
from recsys.errors import IndexMismatchError
from recsys.format.encoder_spec import EncoderSpec, is_repo_id
from recsys.format.layout import COMPILED, ENCODER, SAMPLE, WEIGHTS, sample_index
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import file_sha256
from recsys.types import Origin, Searcher


class VectorStore(Protocol):
    """A store outside this process that holds the vectors of an index and searches them."""

    def searcher(self, folder: IndexFolder) -> Searcher:
        """The searcher of the vectors of this index. Raises StoreError if the store does not have them."""
        ...


@dataclass(frozen=True)
class OpenedIndex:
    """An index whose files are all checked, the searcher of its vectors, and where it comes from."""

    folder: IndexFolder
    searcher: Searcher
    origin: Origin

    def in_store(self, store: VectorStore | None) -> OpenedIndex:
        """The same index, searched by the store, or by itself if that is None. Raises StoreError."""
        return self if store is None else replace(self, searcher=store.searcher(self.folder))


def open_index(source: str | Path, *, revision: str | None = None, token: str | None = None) -> OpenedIndex:
    """The index of a folder, of a dataset repository on the Hub, or the `sample` index that comes with the library.

    Raises IndexFolderError for an index that must not be served, and HubError if it cannot be downloaded.
    """
    if str(source) == SAMPLE:
        return open_folder(sample_index())
    if Path(source).exists() or not is_repo_id(str(source)):
        return open_folder(Path(source))
    return open_snapshot(hub.pull(str(source), revision=revision, token=token), token)


def open_folder(path: Path) -> OpenedIndex:
    """The index of a folder. Raises IndexFolderError."""
    folder = IndexFolder.open(path)
    return OpenedIndex(folder, folder.searcher, Origin(path.resolve().name, folder.manifest.dataset.id))


def open_snapshot(snapshot: hub.Snapshot, token: str | None = None) -> OpenedIndex:
    """The index of a downloaded repository. Also downloads the weights of its encoder, but does not load them.

    Raises IndexFolderError, and HubError if the weights cannot be downloaded.
    """
    folder = IndexFolder.open(snapshot.folder, snapshot.repo)
    if not folder.manifest.files.keys() >= {f"{ENCODER}/{name}" for name in COMPILED}:
        _fetch_weights(folder.manifest.encoder, token)
    origin = Origin(snapshot.repo, folder.manifest.dataset.id, snapshot.revision, snapshot.stale)
    return OpenedIndex(folder, folder.searcher, origin)


def _fetch_weights(spec: EncoderSpec, token: str | None) -> None:
    """Download the weights into the cache. Raises HubError, and IndexMismatchError if they are not the spec's."""
    if spec.source is None:
        return
    found = hub.pull_weights(spec.source.repo, spec.source.revision, token, with_config=spec.config is not None)
    weights = file_sha256(found.folder / WEIGHTS)
    if weights != spec.weights:
        raise IndexMismatchError(
            f"The index was built with weights {spec.weights[:12]}… of {spec.source.repo}, but the repository now"
            f" has {weights[:12]}…. Rebuild the index with build_index.py."
        )
