import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import build_index
from recsys.build import draft
from recsys.index.folder import IndexFolder
from recsys.index.replace import beside, claim
from testkit.fake_shop import draw
from testkit.small_shop import as_frozen

ROOT = Path(__file__).parents[2]


def build(*arguments):
    return build_index.main([str(argument) for argument in arguments])


@pytest.fixture
def catalogue(pictures, tmp_path):
    return Path(shutil.copytree(pictures, tmp_path / "drawn-shop"))


@pytest.mark.slow
def test_a_folder_of_pictures_becomes_an_index_with_a_summary(catalogue, encoder_folder, tmp_path, capsys):
    assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out") == 0
    folder = IndexFolder.open(tmp_path / "out")
    assert (len(folder.items), folder.manifest.search.dim) == (30, 16)
    assert folder.manifest.dataset.id == "drawn-shop"
    printed = capsys.readouterr()
    assert "30 products in" in printed.out
    assert re.search(r"recall@10 (0\.99\d\d|1\.0000) against exact search", printed.out)
    assert "How well the encoder finds: the share of the first 5 results" in printed.out
    assert re.search(r"\n  label: \d\.\d+ \(.*\); by 16×16 thumbnails \d\.\d+\n", printed.out)
    assert "products/s" in printed.err


def test_a_large_catalogue_is_evaluated_on_a_sample_and_says_so(
    catalogue, encoder_folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(draft, "MAX_EVALUATED", 20)
    assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out") == 0
    assert "All on a random sample of 20 products." in capsys.readouterr().out
    assert len(IndexFolder.open(tmp_path / "out").items) == 30


def test_unreadable_pictures_are_skipped_counted_and_listed(catalogue, encoder_folder, tmp_path, capsys):
    (catalogue / "Caps" / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    (catalogue / "Caps" / "empty.png").write_bytes(b"")
    assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out") == 0
    folder = IndexFolder.open(tmp_path / "out")
    assert (len(folder.items), folder.manifest.dataset.rows, folder.manifest.dataset.skipped) == (30, 32, 2)
    out = capsys.readouterr().out
    assert "Left out: 2 products" in out
    assert "Caps/broken: " in out
    assert "Caps/empty: The picture is empty" in out


def test_a_catalogue_without_readable_pictures_is_an_error(tmp_path, encoder_folder, capsys):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "broken.jpg").write_bytes(b"no")
    assert build("--dataset", tmp_path / "bad", "--encoder", encoder_folder, "--output", tmp_path / "out") == 1
    assert "error: None of the 1 products of bad has a readable picture." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_second_build_embeds_only_new_pictures_and_drops_removed_products(
    catalogue, encoder_folder, tmp_path, capsys
):
    build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out")
    (catalogue / "Caps" / "Red.png").unlink()
    draw("Caps", "#00ff00", (90, 120)).save(catalogue / "Caps" / "Green.png")
    capsys.readouterr()
    build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out")
    assert "30 products" in (out := capsys.readouterr().out)
    assert "1 pictures embedded" in out
    ids = IndexFolder.open(tmp_path / "out").items.ids
    assert "Caps/Green" in ids
    assert "Caps/Red" not in ids


@pytest.mark.slow
def test_equal_builds_are_equal_byte_for_byte(catalogue, encoder_folder, tmp_path):
    for name in ("one", "two"):
        build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_killed_build_continues_to_the_same_index(catalogue, encoder_folder, tmp_path):
    for number in range(250):
        draw("Caps", f"#{number:02x}{255 - number:02x}40", (60, 80)).save(catalogue / "Caps" / f"{number}.png")
    arguments = ["--dataset", catalogue, "--encoder", encoder_folder, "--batch-size", 4]
    build(*arguments, "--output", tmp_path / "unbroken")
    command = [sys.executable, "build_index.py", *map(str, arguments), "--output", str(tmp_path / "killed")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store = beside(tmp_path / "killed", "vectors")
    wanted = random.SystemRandom().randint(1, 4)
    while process.poll() is None and len(list(store.glob("*/*.safetensors"))) < wanted:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert build(*arguments, "--output", tmp_path / "killed") == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "unbroken")


@pytest.mark.slow
def test_a_frozen_network_gets_a_projection(catalogue, frozen, tmp_path):
    build("--dataset", catalogue, "--encoder", frozen, "--dim", 8, "--output", tmp_path / "out")
    folder = IndexFolder.open(tmp_path / "out")
    assert folder.manifest.search.dim == 8
    assert folder.manifest.encoder.projection
    build("--dataset", catalogue, "--encoder", tmp_path / "out", "--output", tmp_path / "again")
    again = IndexFolder.open(tmp_path / "again")
    assert again.manifest.encoder == folder.manifest.encoder


def test_an_output_folder_that_is_not_an_index_is_not_overwritten(catalogue, encoder_folder, capsys):
    assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", catalogue) == 1
    assert "exists and is not an index" in capsys.readouterr().err
    assert (catalogue / "Caps" / "Red.png").is_file()


def test_an_unknown_encoder_or_catalogue_ends_with_one_line(catalogue, tmp_path, capsys):
    assert build("--dataset", catalogue, "--encoder", "no_such_net", "--output", tmp_path / "out") == 1
    assert capsys.readouterr().err.startswith("error: no_such_net is not an encoder")


@pytest.mark.parametrize("flag", [("--limit", "0"), ("--dim", "-1"), ("--recall", "1.5"), ("--batch-size", "x")])
def test_flags_out_of_range_are_refused(flag, capsys):
    with pytest.raises(SystemExit):
        build(*flag)
    assert flag[0] in capsys.readouterr().err


@pytest.fixture
def frozen(encoder_folder, tmp_path):
    return as_frozen(encoder_folder, tmp_path / "plain")


@pytest.mark.parametrize("count", [1, 2, 8])
def test_with_few_products_the_features_of_a_frozen_network_are_not_projected(catalogue, frozen, tmp_path, count):
    assert (
        build("--dataset", catalogue, "--encoder", frozen, "--dim", 8, "--limit", count, "--output", tmp_path / "o")
        == 0
    )
    folder = IndexFolder.open(tmp_path / "o")
    assert folder.manifest.encoder.projection is None
    assert len(folder.items) == count


def test_equal_pictures_can_be_indexed_with_a_frozen_network(frozen, tmp_path):
    (tmp_path / "same").mkdir()
    for number in range(30):
        draw("Caps", "#ff0000", (60, 80)).save(tmp_path / "same" / f"{number}.png")
    assert build("--dataset", tmp_path / "same", "--encoder", frozen, "--dim", 8, "--output", tmp_path / "out") == 0
    assert len(IndexFolder.open(tmp_path / "out").items) == 30


@pytest.mark.slow
def test_the_projection_is_kept_when_an_index_is_rebuilt(catalogue, frozen, tmp_path):
    flags = ["--encoder", frozen, "--dim", 8, "--output", tmp_path / "out"]
    build("--dataset", catalogue, *flags)
    before = IndexFolder.open(tmp_path / "out").manifest.encoder.projection
    draw("Caps", "#00ff00", (90, 120)).save(catalogue / "Caps" / "Green.png")
    build("--dataset", catalogue, *flags)
    folder = IndexFolder.open(tmp_path / "out")
    assert (len(folder.items), folder.manifest.encoder.projection) == (31, before)
    build("--dataset", catalogue, "--encoder", frozen, "--dim", 6, "--output", tmp_path / "out")
    assert IndexFolder.open(tmp_path / "out").manifest.search.dim == 6


def test_the_output_may_be_a_link_to_a_folder(catalogue, encoder_folder, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "link") == 0
    assert (tmp_path / "link").is_symlink()
    assert len(IndexFolder.open(tmp_path / "real").items) == 30


def test_an_output_that_cannot_be_written_ends_with_one_line(catalogue, encoder_folder, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file" / "x", Path("/proc/nope/index")):
        assert build("--dataset", catalogue, "--encoder", encoder_folder, "--output", output) == 1
        assert "cannot be written" in capsys.readouterr().err


def test_the_leftovers_of_an_interrupted_build_are_removed(catalogue, encoder_folder, tmp_path):
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new" / "items.parquet").write_text("half")
    build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.glob(".out*")) == [".out.vectors"]


def test_an_index_moved_aside_by_a_killed_build_is_read_and_restored(catalogue, encoder_folder, tmp_path):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    build(*flags)
    before = contents(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.old")
    assert len(IndexFolder.open(tmp_path / "out").items) == 30
    shutil.rmtree(tmp_path / ".out.vectors")
    assert build(*flags) == 0
    assert contents(tmp_path / "out") == before
    assert not (tmp_path / ".out.old").exists()


def test_a_second_build_of_the_same_output_at_once_is_refused(catalogue, encoder_folder, tmp_path, capsys):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    with claim(tmp_path / "out"):
        assert build(*flags) == 1
    assert "Another build of" in capsys.readouterr().err
    assert build(*flags) == 0


@pytest.mark.parametrize(
    ("token", "repo", "message"), [("hf_bad", "me/shop", "401"), ("hf_test", "a/b/c", "form owner/name")]
)
def test_a_push_that_cannot_succeed_is_refused_before_the_build(
    catalogue, encoder_folder, tmp_path, hub, monkeypatch, capsys, token, repo, message
):
    monkeypatch.setenv("HF_TOKEN", token)
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    assert build(*flags, "--push-to-hub", repo) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "hf_bad" not in error
    assert not (tmp_path / "out").exists()


def test_after_a_failed_push_the_same_command_publishes_without_building_again(
    catalogue, encoder_folder, tmp_path, hub, capsys, monkeypatch
):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    flags += ["--push-to-hub", hub.new_name()]
    hub.fault("POST .*/commit/", "status", times=-1, status=403)
    assert build(*flags) == 1
    assert "The same command publishes it" in capsys.readouterr().out
    hub.reset()
    monkeypatch.setattr("recsys.build.draft.build_for_recall", lambda *parts: pytest.fail("the index was built again"))
    assert build(*flags) == 0
    assert "0 pictures embedded" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["recall", "name", "damage"])
@pytest.mark.slow
def test_an_index_is_rebuilt_if_an_option_the_catalogue_or_a_file_changed(catalogue, encoder_folder, tmp_path, change):
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    build(*flags)
    before, manifest = contents(tmp_path / "out"), tmp_path / "out" / "index.json"
    stamp = manifest.stat().st_mtime_ns
    if change == "name":
        (catalogue / "Caps" / "Red.png").rename(catalogue / "Caps" / "Crimson.png")
    if change == "damage":
        (tmp_path / "out" / "vectors.ann").write_bytes(b"")
    assert build(*flags, *(["--recall", "0.5"] if change == "recall" else [])) == 0
    assert manifest.stat().st_mtime_ns != stamp
    if change == "damage":
        assert contents(tmp_path / "out") == before


def test_private_without_a_repository_is_refused(capsys):
    with pytest.raises(SystemExit):
        build("--private")
    assert "does nothing without it" in capsys.readouterr().err


def test_an_index_is_published_in_one_commit_with_its_card(catalogue, encoder_folder, tmp_path, hub, capsys):
    name = hub.new_name()
    flags = ["--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    assert build(*flags, "--push-to-hub", name) == 0
    assert f"/datasets/{name}" in capsys.readouterr().out
    commits = [entry for entry in hub.requests if "/commit/" in str(entry)]
    assert len(commits) == 1
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(tmp_path / "out" / "README.md")
    card.validate()
    assert card.data.size_categories == ["n<1K"]
    assert "Recommender.from_pretrained" in card.text


def test_an_index_has_a_calibration_and_its_card_the_scores(catalogue, encoder_folder, tmp_path):
    build("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out")
    found = IndexFolder.open(tmp_path / "out").manifest.calibration
    assert (found.attribute, found.queries) == ("label", 30)
    assert found.confidence_at(1.0) >= found.confidence_at(0.0)
    card = (tmp_path / "out" / "README.md").read_text()
    assert re.search(r"\| label \| 30 \| [01]\.\d{3} \([01]\.\d{3} – [01]\.\d{3}\) \|", card)
    assert f"under {found.threshold:.3f}" in card
    assert (tmp_path / "out" / "assets" / "confidence.png").read_bytes().startswith(b"\x89PNG")


def test_confidence_can_be_fitted_on_products_of_another_catalogue(
    catalogue, pictures, encoder_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("recsys.core.holdout.held_out", lambda item_id: "Olive" not in item_id)
    flags = ("--dataset", catalogue, "--encoder", encoder_folder, "--output", tmp_path / "out")
    shutil.rmtree(catalogue / "Caps")
    assert build(*flags, "--queries-from", pictures) == 0
    assert IndexFolder.open(tmp_path / "out").manifest.calibration.queries == 20  # of five types in four colours


def test_a_catalogue_without_attributes_has_no_confidence(pictures, encoder_folder, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    for number, picture in enumerate(sorted(pictures.rglob("*.png"))):
        shutil.copy(picture, plain / f"{number}.png")
    assert build("--dataset", plain, "--encoder", encoder_folder, "--output", tmp_path / "out") == 0
    found = IndexFolder.open(tmp_path / "out").manifest.calibration
    assert (found.attribute, found.confidence_at(0.9)) == (None, None)
    assert -1 < found.threshold < 1
    assert "there is no confidence" in (tmp_path / "out" / "README.md").read_text()
