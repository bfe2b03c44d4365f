"""Exports of eight shop systems: every product with its own id, picture, price, link and stock, without a flag."""

from __future__ import annotations

import pytest

from recsys.catalog import Catalog
from recsys.types import IN_STOCK, OUT_OF_STOCK, Offer, as_tuple
from testkit.shop_exports import SIZES, SYSTEMS, picture, products

WITHOUT_LINK = {"shopify", "woocommerce", "magento", "hm"}
WITHOUT_CURRENCY = {"shopify", "woocommerce", "magento", "json_api", "hm"}
WITHOUT_SIZES = {"hm", "google_tsv", "google_xml"}
KIND = {
    "woocommerce": "Categories",
    "shopify": "Type",
    "magento": "categories",
    "hm": "product_type_name",
    "excel_csv": "Kategorie",
}


@pytest.fixture(scope="module", params=list(SYSTEMS))
def export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Catalog]:
    return request.param, Catalog.open(str(SYSTEMS[request.param](tmp_path_factory.mktemp("export"))))


def test_sixty_of_sixty_products_have_their_id_name_and_picture(export: tuple[str, Catalog]) -> None:
    found = [(product.item.id, product.item.name, product.picture) for product in export[1]]

    assert found == [(sold.id, sold.name, picture(sold.number)) for sold in products()]


def test_prices_stock_and_links_are_right(export: tuple[str, Catalog]) -> None:
    system, catalog = export
    if system == "hm":
        assert not any(item.offer for item in catalog.items())
        return
    for item, sold in zip(catalog.items(), products(), strict=True):
        offer = item.offer or Offer()
        assert (offer.price, offer.sale_price) == (pytest.approx(sold.price), sold.sale_price), sold.id
        assert offer.availability == (IN_STOCK if sold.in_stock else OUT_OF_STOCK)
        assert offer.url == (None if system in WITHOUT_LINK else sold.link)
        assert offer.currency == (None if system in WITHOUT_CURRENCY else "EUR")


def test_kind_and_colour_are_recognized_and_sizes_are_several_values(export: tuple[str, Catalog]) -> None:
    system, catalog = export
    roles = catalog.products.roles
    assert roles.kind and roles.colour
    for item, sold in zip(catalog.items(), products(), strict=True):
        assert (item.attributes[roles.kind], item.attributes[roles.colour]) == (sold.kind, sold.colour)
    if system not in WITHOUT_SIZES:
        sizes = next(name for name in catalog.attributes if name.lower() in ("size", "größe"))
        assert {as_tuple(item.attributes[sizes]) for item in catalog.items()} == {SIZES}


def test_the_summary_says_what_became_of_the_columns(export: tuple[str, Catalog]) -> None:
    system, catalog = export
    summary = catalog.summary()
    assert summary.startswith("60 of 60 rows ·") or "60 products of" in summary
    assert f"id = {catalog.columns.id} · name = {catalog.columns.name}" in summary
    assert KIND.get(system, "") in summary
    if system not in ("json_api", "hm"):
        assert "1 smaller copies of pictures left out" in summary
        assert "2 hidden or system files left out" in summary
