"""The sample shop: products drawn as flat illustrations, with attributes that say what is drawn."""

from sample_shop.shop import products

__all__ = ["products"]
