"""The drawn shop as a dataset folder, and as the products of the sample index."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.catalog import Catalog
from recsys.images.decode import decode
from sample_shop import products
from sample_shop.__main__ import main
from sample_shop.shop import ATTRIBUTES, designs

COUNT = 100
MAX_PIXEL_DIFFERENCE = 0.5
"""The mean difference of two decodings of one drawing, out of 255: versions of Pillow encode WebP differently."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    output = tmp_path_factory.mktemp("drawn") / "shop"
    assert main(["--count", str(COUNT), "--seed", "3", "--output", str(output)]) == 0
    return output


@pytest.mark.slow
def test_the_written_folder_opens_with_the_drawn_items_and_pictures(folder):
    catalog = Catalog.open(str(folder))
    assert catalog.attributes == ATTRIBUTES
    assert list(catalog) == list(products(COUNT, seed=3))


def test_the_command_names_the_folder_and_how_to_use_it(tmp_path, capsys):
    assert main(["--count", "2", "--output", str(tmp_path / "new")]) == 0
    assert f"2 products in {tmp_path / 'new'}. Use them with --dataset {tmp_path / 'new'}." in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "new" / "data").iterdir()] == ["train-00000-of-00001.parquet"]


def test_a_folder_that_is_not_empty_is_not_written_to(folder, capsys):
    assert main(["--count", "2", "--output", str(folder)]) == 1
    assert "exists and is not empty. Choose another --output" in capsys.readouterr().err
    assert len(Catalog.open(str(folder))) == COUNT


@pytest.mark.parametrize("count", ["0", "-1", "x"])
def test_a_count_below_one_is_refused(count, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--count", count, "--output", str(tmp_path)])
    assert "--count" in capsys.readouterr().err


@pytest.mark.slow
def test_sample_is_the_shop_that_this_package_draws():
    catalog = list(Catalog.open("sample"))
    drawn = list(designs())
    assert [product.item for product in catalog] == [design.item for design in drawn]
    for product, design in list(zip(catalog, drawn, strict=True))[::8]:
        stored, picture = (np.asarray(decode(data), float) for data in (product.picture, design.draw()))
        assert np.abs(stored - picture).mean() < MAX_PIXEL_DIFFERENCE, product.item.name
