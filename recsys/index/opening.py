"""Opens an index from a folder or from the Hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from recsys import hub
from recsys.core.large import is_large
from recsys.errors import IndexMismatchError
from recsys.format.encoder_spec import EncoderSpec, is_repo_id
from recsys.format.layout import COMPILED, ENCODER, MANIFEST, SAMPLE, WEIGHTS, sample_index
from recsys.format.manifest import Manifest
from recsys.index.folder import NOT_IN_STORE, IndexFolder
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

    @classmethod
    def from_folder(
        cls, path: Path, store: VectorStore | None, name: str | None = None, origin: Origin | None = None
    ) -> Self:
        """The index in a folder, searched by the store, or by itself if that is None.

        Raises IndexFolderError, and StoreError if the store does not have the vectors.
        """
        folder = IndexFolder.open(path, name, in_store=store is not None)
        searcher = store.searcher(folder) if store else folder.searcher
        origin = origin or Origin(path.resolve().name, folder.manifest.dataset.id)
        return cls(folder, searcher, replace(origin, dataset=folder.manifest.dataset.id))


def open_index(
    source: str | Path, *, revision: str | None = None, token: str | None = None, store: VectorStore | None = None
) -> OpenedIndex:
    """The index of a folder, of a dataset repository on the Hub, or the `sample` index that comes with the library.

    It is searched by `store`, or by itself if that is None. Raises IndexFolderError for an index that must not be
    served, HubError if it cannot be downloaded, and StoreError if the store does not have its vectors.
    """
    if str(source) == SAMPLE:
        return open_folder(sample_index(), store)
    if Path(source).exists() or not is_repo_id(str(source)):
        return open_folder(Path(source), store)
    return open_snapshot(pull_index(str(source), revision, token, in_store=store is not None), token, store)


def pull_index(repo: str, revision: str | None, token: str | None, *, in_store: bool) -> hub.Snapshot:
    """Download an index; of a large one that a store searches, all but the vectors. Raises as `hub.pull` does."""
    if not in_store:
        return hub.pull(repo, revision=revision, token=token)
    known = hub.pull(repo, revision=revision, token=token, files=[MANIFEST])
    left_out = NOT_IN_STORE if is_large(Manifest.read(known.folder, repo).count) else ()
    return replace(known, folder=hub.pull(repo, revision=known.revision, token=token, without=left_out).folder)


def open_folder(path: Path, store: VectorStore | None = None) -> OpenedIndex:
    """The index of a folder, searched by the store, or by itself if that is None. Raises IndexFolderError."""
    return OpenedIndex.from_folder(path, store)


def open_snapshot(snapshot: hub.Snapshot, token: str | None = None, store: VectorStore | None = None) -> OpenedIndex:
    """The index of a downloaded repository. Also downloads the weights of its encoder, but does not load them.

    It is searched by the store, or by itself if that is None. Raises IndexFolderError, HubError if the weights cannot
    be downloaded, and StoreError if the store does not have its vectors.
    """
    origin = Origin(snapshot.repo, "", snapshot.revision, snapshot.stale)
    opened = OpenedIndex.from_folder(snapshot.folder, store, snapshot.repo, origin)
    folder = opened.folder
    if not folder.manifest.files.keys() >= {f"{ENCODER}/{name}" for name in COMPILED}:
        _fetch_weights(folder.manifest.encoder, token)
    return opened


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
