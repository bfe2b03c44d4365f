"""Draws fashion products: flat illustrations whose attributes say what is drawn.

The 480 products of `index/`, which `--dataset sample` opens, were drawn by this package with its default seed. It is
not part of the library `recsys`, which never imports it. Use it to draw a larger shop, for example to train on:

    python -m sample_shop --count 5000 --seed 1 --output drawings

That writes a dataset folder with the ids, names, attributes and pictures of 5,000 products; each takes some 25 ms. Any
command that takes a dataset reads the folder:

    python build_index.py --dataset drawings

The same count and seed always give the same products. Another seed draws others. From some hundred products on, all
eight attributes are detected when the folder is opened; for a smaller shop, name them with `--attributes`.

How a product is drawn:

- `assortment` lists the lines of products: article type, cuts, colours, patterns, and the function that draws them.
- `shop` chooses gender, cut, colour and pattern of each product, and makes its name and attributes of them.
- `garments`, `bottoms`, `shoes`, `handbags` … draw the products as outlines on a canvas.
- `canvas` fills outlines with paint, shading and stitches; `curves`, `palette` and `patterns` are its tools.
"""

from sample_shop.shop import products

__all__ = ["products"]
