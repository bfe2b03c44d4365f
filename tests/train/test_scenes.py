"""Products at any size on textured grounds, as phone photos show them."""

import builtins

import pytest
import torch

from recsys.catalog import Catalog
from recsys.images.decode import decode
from recsys.train import grounds, scenes
from recsys.train.__main__ import main
from recsys.train.augment import augment
from recsys.train.data import find_products, load


@pytest.fixture(scope="module")
def bank():
    return grounds.textures(0)


@pytest.fixture(scope="module")
def product():
    """Ten pictures of a red square on white."""
    pictures = torch.full((10, 3, 64, 48), 255, dtype=torch.uint8)
    pictures[:, 1:, 16:48, 12:36] = 0
    return pictures, find_products(pictures)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_textures_depend_on_the_seed_only(bank):
    assert bank.dtype == torch.uint8
    assert bank.shape[1:] == (1, grounds.SIDE, grounds.SIDE)
    assert len(bank) >= 6 * grounds.EACH
    assert torch.equal(bank, grounds.textures.__wrapped__(0))
    assert not torch.equal(bank, grounds.textures(1))
    assert (bank.float().std((1, 2, 3)) > 10).all()


def test_textures_are_drawn_without_scikit_image(monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name.startswith("skimage"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert len(grounds.textures.__wrapped__(0)) == 6 * grounds.EACH


def test_grounds_differ_in_colour_and_keep_their_range(bank):
    found = grounds.ground(bank, 20, 64, 48, seeded())
    assert found.shape == (20, 3, 64, 48)
    assert found.min() >= 0
    assert found.max() <= 1
    assert found.mean((2, 3)).std(0).min() > 0.05


def test_products_are_placed_at_many_sizes_and_keep_their_colour(bank, product):
    pictures, masks = product
    heights = []
    for seed in range(10):
        placed = scenes.place(pictures, masks, bank, seeded(seed))
        red = (placed[:, 0] > 0.5) & (placed[:, 1:].amax(1) < 0.02)
        heights += (red.any(2).sum(1) / 64).tolist()
    assert min(heights) < 0.4
    assert max(heights) > 0.8
    assert sum(height > 0.2 for height in heights) > 90


def test_no_white_ground_of_the_shop_is_left(bank, product):
    placed = scenes.place(*product, bank, seeded())
    assert (placed.amin(1) > 0.97).float().mean() < 0.05


def test_augmentation_with_scenes_changes_that_share_only(bank, pictures):
    data = load(Catalog.open(str(pictures)), 64, 48)
    without = augment(data.pictures, data.products, 0.0, 0.0, seeded())
    assert torch.equal(without, augment(data.pictures, data.products, 0.0, 0.0, seeded(), 0.0, bank))
    found = augment(data.pictures, data.products, 0.0, 0.0, seeded(), 1.0, bank)
    corner = (slice(None), slice(None), slice(0, 8), slice(0, 8))
    assert found[corner].std() > 2 * without[corner].std(dim=(1, 2, 3)).median()
    assert torch.equal(found, augment(data.pictures, data.products, 0.0, 0.0, seeded(), 1.0, bank))


def test_empty_grounds_can_be_outliers(pictures, tmp_path, monkeypatch):
    found = list(grounds.pictures(3, 64, 48, 0))
    assert [decode(product.picture).size for product in found] == [(48, 64)] * 3
    assert all(product.item.name is None and not product.item.attributes for product in found)
    seen = {}
    monkeypatch.setattr(
        "recsys.train.__main__.train", lambda config, data, held, folder, datasets: seen.update(data=data)
    )
    monkeypatch.setattr("recsys.train.__main__.held_out", lambda item_id: True)
    options = ["--start-from", "none", "--grounds", "4", "--output", str(tmp_path)]
    assert main(["--dataset", str(pictures), *options]) == 0
    assert int(seen["data"].outliers.sum()) == 4


def test_bounds_are_those_of_the_mask():
    taken = torch.zeros(2, 10, dtype=torch.bool)
    taken[0, 2:6] = True
    taken[1] = True
    low, high = scenes._bounds(taken)
    assert low.tolist() == pytest.approx([-0.6, -1.0])
    assert high.tolist() == pytest.approx([0.2, 1.0])
