"""Updates of a changed catalogue embed only new and changed pictures, and report how many there are."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import build_index
from recsys.errors import IndexDamagedError
from recsys.index.folder import IndexFolder
from testkit.fake_shop import draw
from testkit.manifests import rewrite, vouch_for
from testkit.small_shop import as_frozen, write_encoder


def build(*arguments):
    return build_index.main([str(argument) for argument in arguments])


@pytest.fixture
def catalogue(pictures, tmp_path):
    return Path(shutil.copytree(pictures, tmp_path / "drawn-shop"))


@pytest.fixture
def frozen(encoder_folder, tmp_path):
    return as_frozen(encoder_folder, tmp_path / "plain")


def next_day(catalogue):
    """One product is new, two have another picture, and three are gone."""
    draw("Caps", "#00ff00", (90, 120)).save(catalogue / "Caps" / "Green.png")
    for name in ("Black", "Olive"):
        draw("Caps", "#0000ff" if name == "Olive" else "#00ffff", (90, 120)).save(catalogue / "Caps" / f"{name}.png")
    for name in ("Red", "Black", "Olive"):
        (catalogue / "Watches" / f"{name}.png").unlink()


COUNTS = "1 new, 2 with another picture, 25 unchanged, 3 removed."


def vectors(index):
    folder = IndexFolder.open(index)
    return {id: folder.searcher.vectors([row])[0] for row, id in enumerate(folder.items.ids)}


def without_hashes(index):
    """Turn the index into one of an older version, without picture hashes."""
    (index / "pictures.npy").unlink()
    rewrite(index, lambda body: body["files"].pop("pictures.npy"))


def test_a_second_build_says_how_many_products_are_new_changed_unchanged_and_gone(
    catalogue, encoder_folder, tmp_path, capsys
):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    assert build(*flags) == 0
    assert "Compared with" not in capsys.readouterr().out
    next_day(catalogue)
    assert build(*flags) == 0
    out = capsys.readouterr().out
    assert f"Compared with out: {COUNTS}" in out
    assert "28 products in" in out
    assert "3 pictures embedded" in out


def test_vectors_are_reused_from_the_index_alone_without_the_cache(catalogue, encoder_folder, tmp_path, capsys):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    build(*flags)
    shutil.rmtree(tmp_path / ".out.vectors")
    next_day(catalogue)
    capsys.readouterr()
    assert build(*flags) == 0
    assert "3 pictures embedded" in capsys.readouterr().out
    folder = IndexFolder.open(tmp_path / "out")
    for row, id in enumerate(folder.items.ids):
        assert folder.thumbnail(row) == (catalogue / f"{id}.png").read_bytes()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.slow
def test_an_update_starts_from_the_published_index_with_its_encoder_and_projection(
    catalogue, frozen, tmp_path, hub, capsys, named
):
    name = hub.new_name()
    build("--dataset", catalogue, "--encoder", frozen, "--dim", 8, "--output", tmp_path / "one", "--push-to-hub", name)
    before, encoder = vectors(tmp_path / "one"), IndexFolder.open(tmp_path / "one").manifest.encoder
    shutil.rmtree(tmp_path / "one")
    shutil.rmtree(frozen)
    next_day(catalogue)
    capsys.readouterr()
    update = ["--update", name] if named else ["--update", "--push-to-hub", name]
    assert build("--dataset", catalogue, *update, "--output", tmp_path / "two") == 0
    out = capsys.readouterr().out
    assert f"Compared with {name}: {COUNTS}" in out
    assert "3 pictures embedded" in out
    after, changed = vectors(tmp_path / "two"), {"Caps/Black", "Caps/Olive"}
    assert all(np.array_equal(after[id], before[id]) for id in after.keys() & before.keys() - changed)
    assert not any(np.array_equal(after[id], before[id]) for id in changed)
    assert encoder.projection
    assert IndexFolder.open(tmp_path / "two").manifest.encoder == encoder
    if not named:
        assert json.loads(hub.files("datasets", name)["index.json"])["count"] == 28


@pytest.mark.slow
def test_an_updated_index_has_the_vectors_of_a_full_build(catalogue, encoder_folder, tmp_path):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder]
    build(*flags, "--output", tmp_path / "one")
    next_day(catalogue)
    build(*flags, "--update", tmp_path / "one", "--output", tmp_path / "two")
    build(*flags, "--output", tmp_path / "full")
    updated, full = vectors(tmp_path / "two"), vectors(tmp_path / "full")
    assert updated.keys() == full.keys()
    assert all(updated[id] == pytest.approx(full[id], abs=1e-5) for id in full)


def test_without_picture_hashes_the_obstacle_is_reported_and_everything_is_embedded(
    catalogue, encoder_folder, tmp_path, capsys
):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder]
    build(*flags, "--output", tmp_path / "one")
    without_hashes(tmp_path / "one")
    capsys.readouterr()
    assert build(*flags, "--update", tmp_path / "one", "--output", tmp_path / "two") == 0
    out = capsys.readouterr().out
    assert "30 pictures embedded" in out
    assert "No vectors of one could be reused: it has no pictures.npy, as it was built by a version" in out
    assert "Compared with" not in out


@pytest.mark.slow
def test_with_another_encoder_the_obstacle_is_reported_and_everything_is_embedded(
    catalogue, encoder_folder, tmp_path, capsys
):
    build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "one")
    other = write_encoder(tmp_path / "other", seed=1)
    capsys.readouterr()
    flags = ["--dataset", catalogue, "--encoder", other, "--update", tmp_path / "one", "--output", tmp_path / "two"]
    assert build(*flags) == 0
    out = capsys.readouterr().out
    assert "30 pictures embedded" in out
    assert "No vectors of one could be reused: it was built with another encoder: weights" in out
    assert "0 new, 0 with another picture, 30 unchanged, 0 removed" in out


@pytest.mark.parametrize("dim", [6, 16])
@pytest.mark.slow
def test_vectors_of_different_projections_are_not_mixed(catalogue, frozen, tmp_path, capsys, dim):
    build("--dataset", catalogue, "--encoder", frozen, "--dim", 8, "--output", tmp_path / "out")
    assert build("--dataset", catalogue, "--encoder", frozen, "--dim", dim, "--output", tmp_path / "out") == 0
    assert "projected in another way" in capsys.readouterr().out
    assert vectors(tmp_path / "out")["Caps/Red"].shape == (dim,)


def test_vectors_of_an_index_without_projection_are_not_reused_for_one_with_it(catalogue, frozen, tmp_path):
    flags = ["--dataset", catalogue, "--encoder", frozen, "--dim", 8, "--output", tmp_path / "out"]
    build(*flags, "--limit", 8)
    assert IndexFolder.open(tmp_path / "out").manifest.encoder.projection is None
    assert build(*flags) == 0
    assert IndexFolder.open(tmp_path / "out").manifest.encoder.projection


def test_an_update_of_a_missing_index_suggests_leaving_out_the_flag(catalogue, encoder_folder, tmp_path, hub, capsys):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    assert build(*flags, "--update", "me/nothing") == 1
    assert "For a first build, leave --update out." in capsys.readouterr().err


def test_update_alone_needs_a_repository(capsys):
    with pytest.raises(SystemExit):
        build("--update")
    assert "--update takes an index, or --push-to-hub that names one" in capsys.readouterr().err


def test_picture_hashes_of_another_index_are_refused(catalogue, encoder_folder, tmp_path, capsys):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder]
    build(*flags, "--output", tmp_path / "one")
    np.save(tmp_path / "one" / "pictures.npy", np.zeros((29, 32), np.uint8))
    vouch_for(tmp_path / "one", "pictures.npy")
    assert build(*flags, "--update", tmp_path / "one", "--output", tmp_path / "two") == 1
    assert "pictures.npy does not hold the pictures of 30 products" in capsys.readouterr().err


def test_a_damaged_index_cannot_be_updated_but_is_rebuilt(catalogue, encoder_folder, tmp_path):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder]
    build(*flags, "--output", tmp_path / "one")
    (tmp_path / "one" / "vectors.ann").write_bytes(b"")
    assert build(*flags, "--update", tmp_path / "one", "--output", tmp_path / "two") == 1
    with pytest.raises(IndexDamagedError):
        IndexFolder.open(tmp_path / "one")
    assert build(*flags, "--output", tmp_path / "one") == 0
    assert len(IndexFolder.open(tmp_path / "one").items) == 30
