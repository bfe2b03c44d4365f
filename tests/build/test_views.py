"""Further pictures of a product: it is found by any of its pictures, and shown once, with the picture that matched."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from recsys import Recommender
from recsys.build.pipeline import build_index
from recsys.build.previous import PreviousIndex
from recsys.catalog import Catalog
from recsys.cli import build as command
from recsys.encoder import Encoder
from recsys.errors import IndexDamagedError, QueryError
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.web.api.schemas import answer_facts
from recsys.web.server import thumbnails
from testkit.manifests import vouch_for

COUNT = 40


def noise(seed):
    """A picture that is like no other."""
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((90, 120), Image.Resampling.NEAREST)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Each third product has two further pictures. All of these share a table of sizes, and one link is broken."""
    folder = tmp_path_factory.mktemp("catalogue") / "shop"
    folder.mkdir()
    noise(999).save(folder / "sizes.png")
    rows = []
    for number in range(COUNT):
        further = [f"{number}-back.png", f"{number}-side.png", "sizes.png"] if number % 3 == 0 else []
        for place, name in enumerate([f"{number}.png", *further[:2]]):
            noise(10 * number + place).save(folder / name)
        kind = ("Shirts", "Shoes")[number % 2]
        rows.append([f"P{number:02}", f"Product {number}", kind, f"{number}.png", ",".join(further)])
    rows[3][4] += ",missing.png"
    with (folder / "products.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "title", "type", "image", "additional_image_link"], *rows])
    return folder


@pytest.fixture(scope="module")
def output(catalogue, encoder_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("index") / "shop"
    report = build_index(Catalog.open(str(catalogue)), Encoder.from_pretrained(encoder_folder), output)
    assert report.views == 2 * len(range(0, COUNT, 3))
    assert [skipped.id for skipped in report.views_skipped] == ["P03"]
    assert "28 further pictures" in command.summary(report)
    return output


@pytest.fixture
def shop(output):
    return Recommender.from_pretrained(output)


@pytest.mark.parametrize("view", [0, 1, 2])
def test_a_product_is_found_once_by_any_of_its_pictures(shop, view):
    answer = shop.recommend(noise(120 + view), k=10, refine=False)
    assert (answer[0].item.id, answer[0].view) == ("P12", view)
    assert answer[0].similarity == pytest.approx(1, abs=1e-5)
    assert len({match.item.id for match in answer}) == len(answer) == 10


def test_the_picture_that_matched_is_shown(shop):
    (match,) = shop.recommend(noise(122), k=1, refine=False)
    shown = decode(shop.thumbnail("P12", match.view))
    assert (np.asarray(shown) == np.asarray(noise(122))).all()
    address = answer_facts(shop, shop.recommend(noise(122), k=1, refine=False), "")["matches"][0]["image"]
    with TestClient(Starlette(routes=[thumbnails.route(shop)])) as client:
        assert client.get(address).content == shop.thumbnail("P12", 2)
        assert client.get("/thumbs/P12?view=3").status_code == client.get("/thumbs/P12?view=x").status_code == 404


def test_a_filter_and_an_index_without_views_agree_with_brute_force(shop):
    vectors, views = shop.searcher.vectors(np.arange(COUNT)), shop.searcher.views
    query = shop.embed(noise(5_000))
    best = vectors @ query[0]
    np.maximum.at(best, views.rows, views.vectors @ query[0])
    rows = np.arange(1, COUNT, 2)
    expected = rows[np.argsort(-best[rows], kind="stable")][:8]
    found, cosines = shop.searcher.search(query, 8, {"type": "Shoes"})
    assert found[0].tolist() == expected.tolist()
    assert cosines[0] == pytest.approx(best[expected], abs=1e-6)


def test_a_picture_that_many_products_share_is_left_out_and_counted(catalogue, shop):
    assert "1 further pictures are left out because many products share them, such as 'sizes.png'" in (
        Catalog.open(str(catalogue)).summary()
    )
    assert shop.recommend(noise(999), k=1, refine=False)[0].similarity < 0.99999


def test_an_update_takes_the_vectors_of_further_pictures_over(catalogue, output, encoder_folder, tmp_path):
    encoder, again = Encoder.from_pretrained(encoder_folder), tmp_path / "again"
    folder = IndexFolder.open(output)
    report = build_index(Catalog.open(str(catalogue), limit=13), encoder, again)
    assert report.views == 10
    previous = PreviousIndex(folder, "shop")
    updated = build_index(Catalog.open(str(catalogue)), encoder, tmp_path / "updated", previous=previous)
    assert updated.embedded == 0 and updated.views == len(folder.views.keys)
    assert (IndexFolder.open(tmp_path / "updated").views.vectors == folder.views.vectors).all()


def test_an_unknown_picture_is_refused(shop):
    for view in (-1, 3, 99):
        with pytest.raises(QueryError, match="no further picture"):
            shop.thumbnail("P12", view)
    with pytest.raises(QueryError, match="no further picture"):
        shop.thumbnail("P01", 1)


@pytest.mark.parametrize("name", ["views.parquet", "views.npy"])
def test_damaged_further_pictures_are_refused(output, name, tmp_path):
    index = shutil.copytree(output, tmp_path / "shop")
    if name == "views.npy":
        vectors = np.load(index / name)
        vectors[3] = np.nan
        np.save(index / name, vectors)
    else:
        (index / name).write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    vouch_for(index, name)
    with pytest.raises(IndexDamagedError, match=r"views\.parquet does not hold pictures"):
        IndexFolder.open(index)
