import pytest

from recsys.errors import CatalogError
from recsys.evaluate.pool import embed, thumbnail_vectors
from recsys.types import Product
from tests.support.evaluation_shop import items, picture


def test_pictures_that_cannot_be_read_are_left_out_and_none_at_all_is_refused():
    products = [Product(item, picture(item)) for item in items(3)] + [Product(items(4)[3], b"")]
    found = embed(products, thumbnail_vectors)
    assert [item.id for item in found.items] == ["0", "1", "2"]
    assert found.vectors == pytest.approx(found.thumbnails)
    with pytest.raises(CatalogError, match="no picture to evaluate on"):
        embed([], thumbnail_vectors)
