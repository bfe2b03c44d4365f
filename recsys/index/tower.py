"""The text tower of an index."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from recsys.errors import IndexMismatchError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import ENCODER, MANIFEST, TOWER
from recsys.format.manifest import REMEDY, Manifest
from recsys.index.folder import IndexFolder
from recsys.index.replace import beside, claim, replace_folder
from recsys.index.writer import file_facts
from recsys.words.tower import TextTower


def tower_of(folder: IndexFolder) -> TextTower | None:
    """The text tower of an open index; None if it has none.

    Raises IndexDamagedError if it cannot be read, and IndexMismatchError if it is that of another encoder.
    """
    if f"{ENCODER}/{TOWER}" not in folder.manifest.files:
        return None
    tower = TextTower.load(folder.path / ENCODER)
    if tower and not tower.fits(folder.manifest.encoder):
        raise IndexMismatchError(f"{ENCODER}/{TOWER} belongs to another encoder than that of the index. {REMEDY}")
    return tower


def tower_beside(source: Path, spec: EncoderSpec) -> TextTower | None:
    """The text tower in an encoder folder or an index folder; None if it has none for the encoder of this spec."""
    tower = TextTower.load(source / ENCODER) or TextTower.load(source)
    return tower if tower and tower.fits(spec) else None


def add_tower(path: Path, tower: TextTower) -> None:
    """Give the index in a folder this tower. The folder is replaced in one step.

    Raises IndexFolderError as `claim` and `IndexFolder.open` do.
    """
    with claim(path) as target:
        manifest, new = Manifest.read(target), beside(target, "new")
        shutil.copytree(target, new)
        (new / ENCODER).mkdir(exist_ok=True)
        tower.save(new / ENCODER)
        manifest = replace(manifest, files=file_facts(new))
        (new / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        tower_of(IndexFolder.open(new))
        replace_folder(new, target)
