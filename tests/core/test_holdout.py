import numpy as np
import pytest

from recsys.core.holdout import held_out, unseen, withheld
from recsys.errors import CatalogError
from recsys.types import Item


def item(number, kind="Tshirts", year="2012"):
    return Item(str(number), None, {"articleType": kind, "year": year})


def test_about_a_twentieth_is_held_out_and_always_the_same():
    held = [held_out(str(number)) for number in range(20_000)]
    assert 0.045 < np.mean(held) < 0.055
    assert held == [held_out(str(number)) for number in range(20_000)]


def test_the_product_split_withholds_no_other_products():
    assert not any(withheld("product")(item(number)) for number in range(100))
    assert [unseen("product")(item(number)) for number in range(100)] == [held_out(str(n)) for n in range(100)]


def test_the_type_split_withholds_whole_types():
    rule = withheld("type")
    kinds = [f"kind {number}" for number in range(1000)]
    withheld_kinds = [kind for kind in kinds if rule(item(0, kind))]
    assert 30 < len(withheld_kinds) < 100
    assert all(rule(item(number, withheld_kinds[0])) for number in range(50))
    assert not rule(Item("1", None, {}))


def test_the_year_split_withholds_the_products_from_a_year_on():
    rule = withheld("year:2017")
    years = ["2016", "2017", "2019", None, "soon"]
    assert [year for year in years if rule(item(1, year=year))] == ["2017", "2019"]
    held = next(str(number) for number in range(1000) if held_out(str(number)))
    assert unseen("year:2017")(item(held, year="2010"))


@pytest.mark.parametrize("split", ["", "colour", "year", "year:", "year:soon"])
def test_another_split_is_refused(split):
    with pytest.raises(CatalogError, match="no split"):
        withheld(split)
