"""Errors of disk and memory end a build with one line that says how to continue, and lose no computed vectors."""

import re
import resource
import shutil
from pathlib import Path

import pytest

import build_index
from recsys.encoder import Encoder
from recsys.index.folder import IndexFolder
from testkit.fake_shop import draw


def build(*arguments):
    return build_index.main([str(argument) for argument in arguments])


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def catalogue(pictures, tmp_path):
    folder = Path(shutil.copytree(pictures, tmp_path / "drawn-shop"))
    for number in range(70):
        draw("Caps", f"#{3 * number:02x}ff40", (60, 80)).save(folder / "Caps" / f"{number}.png")
    return folder


@pytest.fixture
def flags(catalogue, encoder_folder, tmp_path):
    return ["--dataset", catalogue, "--encoder", encoder_folder, "--batch-size", 4, "--output", tmp_path / "out"]


@pytest.fixture
def old(flags, catalogue, tmp_path):
    """The index of an earlier, smaller catalogue, without cached vectors."""
    for picture in (catalogue / "Caps").glob("[0-9]*.png"):
        picture.rename(picture.with_suffix(".away"))
    assert build(*flags) == 0
    shutil.rmtree(tmp_path / ".out.vectors")
    for picture in (catalogue / "Caps").glob("*.away"):
        picture.rename(picture.with_suffix(".png"))
    return contents(tmp_path / "out")


@pytest.mark.parametrize("limit", [0, 1_000, 5_000, 40_000, 100_000, 300_000])
@pytest.mark.slow
def test_a_full_disk_leaves_the_old_index_and_the_same_command_continues(flags, old, tmp_path, capsys, limit):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, usual[1]))
    try:
        status = build(*flags)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert status == 1
    assert "error: There is no space left on the disk for" in capsys.readouterr().err
    assert contents(tmp_path / "out") == old
    assert not (tmp_path / ".out.new").exists()
    assert build(*flags) == 0
    assert len(IndexFolder.open(tmp_path / "out").items) == 100


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")],
    ids=["python", "torch"],
)
def test_out_of_memory_suggests_a_smaller_batch_and_keeps_the_computed_vectors(
    flags, tmp_path, capsys, monkeypatch, error
):
    whole, calls = Encoder.features, []

    def features(self, pixels):
        calls.append(len(pixels))
        if len(calls) == 4:
            raise error
        return whole(self, pixels)

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "features", features)
        assert build(*flags) == 1
    assert "The memory ran out at --batch-size 4. Run the same command with --batch-size 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert build(*flags) == 0
    assert "88 pictures embedded" in capsys.readouterr().out


def test_other_runtime_errors_pass_unchanged(flags, monkeypatch):
    def fail(self, pixels):
        raise RuntimeError("a mistake in the network")

    monkeypatch.setattr(Encoder, "features", fail)
    with pytest.raises(RuntimeError, match="a mistake in the network"):
        build(*flags)


def test_an_output_that_becomes_unwritable_is_reported(flags, tmp_path, capsys):
    (tmp_path / ".out.new").write_text("a file in the way")
    assert build(*flags) == 1
    assert re.search(r"out could not be written: .*File exists.*run the same command", capsys.readouterr().err)
