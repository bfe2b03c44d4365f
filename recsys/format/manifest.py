"""The manifest of an index folder, `index.json`, and the check of the files of the folder against it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from recsys.core.calibration import Calibration
from recsys.core.crops import CropCalibration
from recsys.core.reranking import Ranking
from recsys.core.roles import SINGLE_ROLES
from recsys.core.storefront import Storefront
from recsys.errors import IndexDamagedError, IndexFolderError, IndexFormatError, IndexMismatchError
from recsys.format.encoder_spec import TRANSFORM, VALUES, EncoderSpec
from recsys.format.layout import (
    ASSETS,
    CARD,
    CONFIG,
    ENCODER,
    FULL_TEXT,
    HEADS,
    ITEMS,
    MANIFEST,
    PROJECTION,
    VECTORS,
    VIEW_VECTORS,
    VIEWS,
    WEIGHTS,
)
from recsys.runtime.hashing import file_sha256, read_json, sha256

FORMAT = 1
FORMAT_WITH_OFFERS = 2
"""The format of an index with offers, groups, dates or attributes of several values. Others are format 1."""
NEEDING_FORMAT_2 = ("lists", "has_offers", "has_groups", "has_added")
OPTIONAL = ("roles", "lists", "has_offers", "has_groups", "has_added", "crops", "ranking", "storefront")
"""The fields that index.json lacks where they are empty."""
UNLISTED_FORBIDDEN = (CARD, FULL_TEXT, VIEWS, VIEW_VECTORS, f"{Path(VECTORS).stem}.*", f"{ASSETS}/*", f"{ENCODER}/*")
MAX_COUNT = 2**31 - 1
"""The largest integer of Annoy."""
REMEDY = "Download the index again, or rebuild it with build_index.py."
"""The remedy that ends the message of a damaged index."""


@dataclass(frozen=True)
class DatasetFacts:
    """The catalogue that an index was built from. Of `rows` products, `skipped` had no usable picture."""

    id: str
    revision: str | None
    split: str
    rows: int
    skipped: int


@dataclass(frozen=True)
class SearchFacts:
    """The parameters of the Annoy index. `recall` is the measured recall@10 against exact search."""

    dim: int
    n_trees: int
    search_k: int
    recall: float
    metric: str = "angular"


@dataclass(frozen=True)
class Manifest:
    """The content of index.json. `files` maps the path of every other file to its size and SHA-256.

    Indexes of older versions have no `calibration`. `roles` maps each role that the owner has overruled to the
    attribute that has it. `lists` are the attributes that take several values. `crops` says when a part of a picture is
    close, and `storefront` what the owner says on the page. Nothing is re-ranked without a `ranking`. Where an optional
    field is empty, index.json lacks its key.
    """

    encoder: EncoderSpec
    dataset: DatasetFacts
    search: SearchFacts
    count: int
    attributes: tuple[str, ...]
    files: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]
    calibration: Calibration | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    has_offers: bool = False
    crops: CropCalibration | None = None
    ranking: Ranking | None = None
    has_groups: bool = False
    has_added: bool = False
    storefront: Storefront | None = None

    @property
    def format(self) -> int:
        """The number of the oldest format that can hold this index."""
        return _format_of(asdict(self))

    def to_json(self) -> str:
        """The text of index.json. Its `sha256` is the hash of all other fields."""
        facts = asdict(self) | {"attributes": list(self.attributes), "lists": list(self.lists)}
        unused = [name for name in OPTIONAL if not facts[name]]
        body = {"format": self.format} | {name: value for name, value in facts.items() if name not in unused}
        return json.dumps({**body, "sha256": _body_hash(body)}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path, name: str | None = None) -> Self:
        """Read index.json. `name` is the name of the folder in messages.

        Raises IndexFolderError if there is no such file or folder, IndexFormatError for another format, and
        IndexDamagedError if it was altered or has invalid values.
        """
        path = folder / MANIFEST
        if not path.is_file():
            what = name or f"The folder {folder.resolve().name}"
            if not folder.is_dir():
                raise IndexFolderError(f"{what} does not exist. Check its path, such as that in INDEX_DIR.")
            raise IndexFolderError(f"{what} has no {MANIFEST}, so it is not an index. {REMEDY}")
        try:
            body = read_json(path)
            found, written = body.pop("format"), body.pop("sha256")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamagedError(f"{MANIFEST} cannot be read. {REMEDY}") from error
        if found != _format_of(body):
            raise IndexFormatError(
                f"The index has format {found!r:.20}; this program reads format {FORMAT}, and format"
                f" {FORMAT_WITH_OFFERS} with offers, groups, dates or lists."
                " Use the version of the program that built it, or rebuild the index with build_index.py."
            )
        if _body_hash({"format": found, **body}) != written:
            raise IndexDamagedError(f"{MANIFEST} was altered: its content does not match its hash. {REMEDY}")
        try:
            manifest = cls._from_body(body)
            manifest._check()
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise IndexDamagedError(f"{MANIFEST} is not valid for format {found}: {error}. {REMEDY}") from error
        return manifest

    @classmethod
    def _from_body(cls, body: Mapping[str, Any]) -> Self:
        return cls(
            encoder=EncoderSpec.from_json(body["encoder"]),
            dataset=DatasetFacts(**body["dataset"]),
            search=SearchFacts(**body["search"]),
            count=body["count"],
            attributes=tuple(body["attributes"]),
            files={
                str(name): {"size": facts["size"], "sha256": facts["sha256"]} for name, facts in body["files"].items()
            },
            versions=dict(body["versions"]),
            calibration=Calibration.from_json(body["calibration"]) if body.get("calibration") else None,
            roles=dict(body.get("roles", {})),
            lists=tuple(body.get("lists", ())),
            has_offers=body.get("has_offers", False),
            crops=CropCalibration.from_json(body["crops"]) if body.get("crops") else None,
            ranking=Ranking.from_json(body["ranking"]) if body.get("ranking") else None,
            has_groups=body.get("has_groups", False),
            has_added=body.get("has_added", False),
            storefront=Storefront(**body["storefront"]) if body.get("storefront") else None,
        )

    def _check(self) -> None:
        numbers = (self.count, self.search.dim, self.search.n_trees, self.search.search_k)
        if not all(type(number) is int and 0 < number <= MAX_COUNT for number in numbers):
            raise ValueError(f"count, dim, n_trees and search_k have to be whole numbers from 1 to {MAX_COUNT}")
        texts = (self.search.metric, self.dataset.id, self.dataset.split, self.dataset.revision or "", *self.attributes)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("metric, attributes, and the facts about the dataset have to be strings")
        if not set(self.lists).issubset(self.attributes) or not self._has_booleans:
            raise ValueError("lists have to be among the attributes, and fields that begin with has_ true or false")
        for role, attribute in self.roles.items():
            if role not in SINGLE_ROLES or attribute not in self.attributes:
                raise ValueError(f"its attributes lack {attribute!r}, or there is no role {role!r}")
        if not all(type(facts["size"]) is int for facts in self.files.values()):
            raise ValueError("the sizes of its files have to be whole numbers")
        lacking = {VECTORS, ITEMS} - self.files.keys()
        if lacking:
            raise ValueError(f"its files lack {', '.join(sorted(lacking))}")
        outside = [name for name in self.files if Path(name).is_absolute() or ".." in Path(name).parts]
        if outside:
            raise ValueError(f"it names a file outside the index, {outside[0]}")
        if self.count * self.search.dim * 4 > self.files[VECTORS]["size"]:
            raise ValueError(f"{VECTORS} is too small for {self.count} vectors of {self.search.dim} dimensions")

    @property
    def _has_booleans(self) -> bool:
        return all(type(value) is bool for value in (self.has_offers, self.has_groups, self.has_added))

    def check_files(self, folder: Path, without: Collection[str] = ()) -> None:
        """Compare every file with its listed size, then its SHA-256. Raises IndexDamagedError, naming the file.

        The files in `without` are not looked at.

        Files that are read by their name must be listed: an unlisted one was never checked, and may be a link to a file
        outside the folder.
        """
        for pattern in UNLISTED_FORBIDDEN:
            for path in folder.glob(pattern):
                name = path.relative_to(folder).as_posix()
                if name not in self.files:
                    raise IndexDamagedError(f"{name} is in the index folder but not listed in {MANIFEST}. {REMEDY}")
        for name, facts in self.files.items():
            path = folder / name
            if name in without:
                continue
            if not path.is_file():
                raise IndexDamagedError(f"{name} is missing from the index. {REMEDY}")
            size = path.stat().st_size
            if size != facts["size"]:
                raise IndexDamagedError(f"{name} has {size} bytes where {facts['size']} were written. {REMEDY}")
            if file_sha256(path) != facts["sha256"]:
                raise IndexDamagedError(f"{name} is not the file that was written: its sha256 differs. {REMEDY}")

    def check_encoder(self, folder: Path) -> None:
        """Compare the encoder's files with its specification, without loading them. Raises IndexMismatchError."""
        spec = self.encoder
        if spec.dim != self.search.dim:
            raise IndexMismatchError(
                f"The encoder has {spec.dim} dimensions, the index has {self.search.dim}. {REMEDY}"
            )
        own = {WEIGHTS: spec.weights, CONFIG: spec.config} if spec.source is None else {}
        for name, wanted in (own | {PROJECTION: spec.projection}).items():
            found = self.files.get(f"{ENCODER}/{name}", {}).get("sha256")
            if wanted != found:
                raise IndexMismatchError(
                    f"The index was built with another encoder than the one beside it: {ENCODER}/{name} has sha256"
                    f" {str(found)[:12]}…, the vectors were made with {str(wanted)[:12]}…. {REMEDY}"
                )
        if spec.source is None:
            _check_config(spec, folder / ENCODER / CONFIG, f"{ENCODER}/{HEADS}" in self.files)


def _check_config(spec: EncoderSpec, path: Path, with_heads: bool) -> None:
    """Check that the encoder's config has the network and transform of the specification, and that its heads exist."""
    try:
        config = read_json(path)
        described = {"architecture": config["architecture"], **config["pretrained_cfg"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"{ENCODER}/{CONFIG} cannot be read. {REMEDY}") from error
    if config.get(VALUES) and not with_heads:
        raise IndexDamagedError(f"{ENCODER}/{HEADS} is missing from the index. {REMEDY}")
    for name in ("architecture", *TRANSFORM):
        wanted = getattr(spec, name)
        wanted = list(wanted) if isinstance(wanted, tuple) else wanted
        if described.get(name, wanted) != wanted:
            raise IndexMismatchError(
                f"The index was built with another encoder than the one beside it: {name} {wanted} against"
                f" {described[name]} in {ENCODER}/{CONFIG}. {REMEDY}"
            )


def _format_of(body: Mapping[str, Any]) -> int:
    return FORMAT_WITH_OFFERS if any(body.get(name) for name in NEEDING_FORMAT_2) else FORMAT


def _body_hash(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode())
