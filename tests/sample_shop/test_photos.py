"""The photos to try are made by the script, of products that no demo shop has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from recsys.web.page.photos import FOLDER
from sample_shop.photos import HELD_OUT_SEED, PHOTOS, cut_out, main, take
from sample_shop.shop import designs

INDEX_SEED = 0


def test_the_files_are_what_the_script_makes():
    watch = next(number for number, photo in enumerate(PHOTOS) if photo.file == "watch")
    made = take(PHOTOS[watch], np.random.default_rng(watch))
    kept = np.asarray(Image.open(FOLDER / "watch.webp").convert("RGB"), float)
    assert np.abs(np.asarray(made, float) - kept).mean() < 6


def test_there_is_a_file_of_each_photo_and_no_other():
    assert {file.stem for file in Path(FOLDER).iterdir()} == {photo.file for photo in PHOTOS}


def test_the_products_are_of_no_demo_shop():
    held_out = {design.item.name: design for design in designs(480, HELD_OUT_SEED)}
    shop = [design.look.paint.seed for design in designs(480, INDEX_SEED)]
    assert all(held_out[photo.product].look.paint.seed not in shop for photo in PHOTOS)


def test_a_product_is_cut_out_with_the_hole_in_its_handle():
    alpha = np.asarray(cut_out("Women Tan Bucket Handbag").getchannel("A"))
    assert alpha[0, 0] == 0 and alpha[: alpha.shape[0] // 3, alpha.shape[1] // 2].min() == 0 and alpha.max() == 255


def test_the_script_says_what_it_wrote(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sample_shop.photos.PHOTOS", PHOTOS[4:5])
    assert main(["--output", str(tmp_path)]) == 0
    assert "watch.webp" in capsys.readouterr().out and (tmp_path / "watch.webp").stat().st_size < 40_000
