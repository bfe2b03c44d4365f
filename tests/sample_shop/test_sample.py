"""The drawn shop: the same products for the same seed, and attributes that say what is drawn."""

from __future__ import annotations

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from recsys.types import Product
from sample_shop import products
from sample_shop.assortment import LINES
from sample_shop.palette import COLOURS

ATTRIBUTES = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage", "pattern")
GENDERS = {"Men", "Women", "Boys", "Girls", "Unisex"}
SEASONS = {"Summer", "Fall", "Winter", "Spring", None}
USAGES = {"Casual", "Formal", "Sports", "Ethnic", "Party", "Travel", None}
PATTERNS = {"Solid", "Striped", "Checked", "Dotted", "Floral", "Printed", "Colourblock"}
FILLED = {"Tshirts", "Shirts", "Tops", "Dresses", "Jeans", "Skirts", "Track Pants", "Backpacks", "Handbags", "Wallets"}
TOLERANCE = 40


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    return list(products(2 * len(LINES), seed=0))


def pixels(product: Product) -> np.ndarray:
    assert product.picture is not None
    return np.asarray(Image.open(io.BytesIO(product.picture)).convert("RGB")).astype(int)


def drawn(picture: np.ndarray) -> np.ndarray:
    """The pixels that are not paper, [n, 3]."""
    return picture[picture.min(axis=2) < 248]


def of(shop: list[Product], **wanted: str) -> list[Product]:
    return [product for product in shop if all(product.item.attributes[key] == wanted[key] for key in wanted)]


def test_same_count_and_seed_give_the_same_bytes():
    assert list(products(10, seed=5)) == list(products(10, seed=5))


def test_another_seed_gives_other_products():
    here, there = list(products(10, seed=0)), list(products(10, seed=1))
    assert not {product.picture for product in here} & {product.picture for product in there}
    assert [product.item.name for product in here] != [product.item.name for product in there]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_there_are_as_many_products_as_asked_for(count):
    assert len(list(products(count))) == count


@pytest.mark.slow
def test_ids_and_pictures_are_distinct(shop):
    assert len({product.item.id for product in shop}) == len(shop)
    assert len({product.picture for product in shop}) == len(shop)


@pytest.mark.slow
def test_no_picture_is_nearly_another(shop):
    small = np.stack([np.asarray(Image.fromarray(pixels(p).astype(np.uint8)).resize((24, 32))) for p in shop])
    flat = small.reshape(len(shop), -1).astype(np.float32)
    norms = (flat**2).sum(axis=1)
    distance = norms[:, None] + norms[None] - 2 * flat @ flat.T
    np.fill_diagonal(distance, np.inf)
    assert np.sqrt(distance.min() / flat.shape[1]) > 1.5


def test_every_line_of_the_assortment_is_there(shop):
    types = Counter(product.item.attributes["articleType"] for product in shop)
    assert set(types) == {line.article_type for line in LINES}
    assert len(types) >= 24


def test_every_line_comes_once_before_any_comes_again(shop):
    first = Counter(product.item.attributes["articleType"] for product in shop[: len(LINES)])
    assert first == Counter(line.article_type for line in LINES)


def test_names_say_gender_colour_pattern_and_noun(shop):
    nouns = {line.noun for line in LINES}
    for product in shop:
        name, attributes = product.item.name, product.item.attributes
        assert name is not None
        assert name.startswith(f"{attributes['gender']} {attributes['baseColour']} ")
        assert any(name.endswith(noun) for noun in nouns)
        assert attributes["pattern"] == "Solid" or str(attributes["pattern"]) in name


def test_attributes_have_known_values(shop):
    for product in shop:
        attributes = product.item.attributes
        assert tuple(attributes) == ATTRIBUTES
        assert attributes["gender"] in GENDERS
        assert attributes["season"] in SEASONS
        assert attributes["usage"] in USAGES
        assert attributes["pattern"] in PATTERNS
        assert attributes["baseColour"] in COLOURS


def test_a_few_seasons_and_usages_are_absent_and_nothing_else(shop):
    absent = Counter(key for product in shop for key, value in product.item.attributes.items() if value is None)
    assert set(absent) == {"season", "usage"}
    assert max(absent.values()) < len(shop) / 10


def test_pictures_are_portrait_webp_on_white(shop):
    for product in shop:
        image = Image.open(io.BytesIO(product.picture))
        assert image.format == "WEBP"
        assert image.size == (240, 320)
        corners = pixels(product)[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.min() > 250


def test_products_fill_the_page_and_are_centred(shop):
    for product in shop:
        rows, columns = np.nonzero(pixels(product).min(axis=2) < 235)
        assert len(rows) > 0.01 * 240 * 320, product.item.name
        assert abs((columns.min() + columns.max()) / 2 - 120) < 30, product.item.name
        assert abs((rows.min() + rows.max()) / 2 - 160) < 60, product.item.name
        assert rows.max() - rows.min() > 60 or columns.max() - columns.min() > 120, product.item.name


def test_base_colour_of_a_solid_product_is_the_colour_most_of_it_has(shop):
    for product in of(shop, pattern="Solid"):
        if product.item.attributes["articleType"] not in FILLED:
            continue
        median = np.median(drawn(pixels(product)), axis=0)
        named = np.array(COLOURS[str(product.item.attributes["baseColour"])])
        assert np.linalg.norm(median - named) < TOLERANCE, product.item.name


def test_patterned_cloth_varies_more_than_solid_cloth(shop):
    def variation(product: Product) -> float:
        return float(pixels(product)[130:180, 95:145].std(axis=(0, 1)).mean())

    solid = [variation(p) for p in of(shop, pattern="Solid", articleType="Skirts")]
    patterned = [
        variation(p)
        for p in shop
        if p.item.attributes["pattern"] in {"Checked", "Striped", "Floral"}
        and p.item.attributes["articleType"] in {"Skirts", "Dresses", "Shirts", "Tops"}
    ]
    assert min(patterned) > max(solid)
