import pytest

from recsys.evaluate.pool import embed, thumbnail_vectors
from recsys.evaluate.protocol import split_protocol
from recsys.types import Product
from tests.support.evaluation_shop import items, picture, write_shop


@pytest.fixture(scope="session")
def drawn():
    """A task of drawn products by their thumbnails, with the pictures."""
    products = items(400)
    pictures = {item.id: picture(item) for item in products}
    shop = embed((Product(item, pictures[item.id]) for item in products), thumbnail_vectors)
    return split_protocol(shop, "product", "product").calibration, pictures


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("evaluation") / "shop", 300)
