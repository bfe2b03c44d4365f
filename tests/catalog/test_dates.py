"""The date on which a product was added: read from an export, kept in the index, and the order of "newest"."""

from __future__ import annotations

import pytest

from recsys import Recommender
from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.catalog.dates import parse_dates
from recsys.encoder import Encoder
from recsys.recommend.options import sorts_of
from testkit.fake_shop import COLOURS, KINDS, draw


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-05-01T10:00:00+02:00", "2023-12-31 23:59:59 -0400", None], ["2024-05-01", "2023-12-31", None]),
        (["01.05.2024", "31.12.2023"], ["2024-05-01", "2023-12-31"]),
        (["2024/05/01"], ["2024-05-01"]),
        (["5/1/2024", "25/1/2024"], ["2024-01-05", "2024-01-25"]),
        (["5/1/2024", "1/25/2024"], ["2024-05-01", "2024-01-25"]),
        (["5/1/2024", "1/5/2024"], None),
        (["2024-02-30", "2024-02-01", "2024-02-02"], [None, "2024-02-01", "2024-02-02"]),
        (["yes", "no", "2024-02-01"], None),
        ([None, ""], None),
    ],
)
def test_dates_are_read_as_the_column_writes_them(cells, expected):
    assert parse_dates(cells) == expected


@pytest.mark.slow
def test_the_newest_come_first_and_the_index_keeps_the_dates(encoder_folder, tmp_path):
    shop, output = tmp_path / "shop", tmp_path / "index"
    shop.mkdir()
    lines = ["id,title,type,image,Published At"]
    for number, (kind, colour) in enumerate((kind, colour) for kind in KINDS for colour in COLOURS.values()):
        draw(kind, colour, (90, 120)).save(shop / f"{number}.png")
        added = "" if number == 4 else f"2024-03-{number % 28 + 1:02} 08:00:00 +0100"
        lines.append(f"P{number},Product {number},{kind},{number}.png,{added}")
    (shop / "products.csv").write_text("\n".join(lines), "utf-8")
    catalog = Catalog.open(str(shop))
    assert "added = Published At" in catalog.summary() and "Published At" not in catalog.attributes
    build_index(catalog, Encoder.from_pretrained(encoder_folder), output)

    recommender = Recommender.from_pretrained(output)
    assert "newest" in sorts_of(recommender.items)
    assert [recommender.items[row].added for row in (3, 4)] == ["2024-03-04", None]
    answer = recommender.recommend(draw("Caps", "#222222"), k=30, sort="newest")
    dates = [match.item.added for match in answer]
    assert dates[-1] is None and dates[:-1] == sorted(dates[:-1], reverse=True)
    assert [item.added for item in Catalog.open(str(output)).items()] == [item.added for item in recommender.items]
