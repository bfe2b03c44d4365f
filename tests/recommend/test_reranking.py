from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.reranking import Ranking
from recsys.recommend.recommender import Recommender
from recsys.types import Item, Origin
from testkit.fake_shop import ExactSearcher, Pictures, ThumbnailEncoder, draw, fake_shop

SEES = {"articleType": {"Dresses": 0.9, "Caps": 0.1}, "baseColour": {"Black": 0.8, "Red": 0.2}}
FIGURES = {"scored": ("articleType",), "queries": 60, "before": 0.5, "after": 0.6}
RANKING = Ranking({"articleType": 0.4, "baseColour": 0.4}, keep_from=1.001, **FIGURES)
RED_DRESS = draw("Dresses", "#b3262e")


@pytest.fixture(scope="module")
def shop():
    return with_ranking(fake_shop(sees=SEES))


def with_ranking(shop, ranking=RANKING):
    assets = (shop.searcher, shop.items, shop.assets, shop.origin)
    return Recommender(shop.encoder, *assets, shop.calibration, ranking=ranking)


def ids(answer):
    return [match.item.id for match in answer]


def colours(answer):
    return [match.item.attributes["baseColour"] for match in answer]


def test_the_nearest_products_are_ranked_by_what_the_encoder_sees(shop):
    refined, plain = shop.recommend(RED_DRESS, k=5), shop.recommend(RED_DRESS, k=5, refine=False)
    assert colours(plain)[0] == "Red"
    assert colours(refined)[:2] == ["Black", "Black"]
    assert {match.item.attributes["articleType"] for match in refined[:2]} == {"Dresses"}
    assert ids(plain) == ids(fake_shop(sees=SEES).recommend(RED_DRESS, k=5))


def test_a_similarity_stays_the_cosine(shop):
    query = shop.embed(RED_DRESS)
    refined = shop.search(query, 10)
    cosines = [float(shop.searcher.vectors([match.row])[0] @ query[0]) for match in refined]
    assert [match.similarity for match in refined] == pytest.approx(cosines, abs=1e-6)
    assert cosines != sorted(cosines, reverse=True)
    close = shop.recommend(RED_DRESS, k=60, min_similarity=0.9)
    assert min(match.similarity for match in close) >= 0.9


@pytest.mark.parametrize("options", [{}, {"liked": ["p7"]}, {"where": {"gender": "Women"}}, {"but": {"gender": "Men"}}])
def test_a_longer_answer_starts_with_the_shorter_one(shop, options):
    long = ids(shop.recommend(RED_DRESS, k=60, **options))
    assert [ids(shop.recommend(RED_DRESS, k=k, **options)) for k in (1, 5, 20)] == [long[:k] for k in (1, 5, 20)]


def test_a_batch_and_a_diverse_answer_are_ranked_too(shop):
    assert ids(shop.recommend_batch([RED_DRESS], k=5)[0]) == ids(shop.recommend(RED_DRESS, k=5))
    assert colours(shop.recommend(RED_DRESS, k=5, diversity=0.3))[0] == "Black"


def test_a_product_is_ranked_by_its_own_attributes():
    plain = fake_shop()
    shop = with_ranking(plain, Ranking({"gender": 5.0}, keep_from=1.001, **FIGURES))
    found = shop.similar("p7", k=10)
    assert {match.item.attributes["gender"] for match in found} == {"Men"}
    assert {match.item.attributes["gender"] for match in plain.similar("p7", k=10)} == {"Men", "Women"}


def test_without_heads_the_nearest_products_vote():
    vectors = unit(np.array([[1, 0.2, 0], [1, 0, 0.21], [1, 0, 0.22], [1, 0, 0.23]]))
    items = Items.from_items([Item(f"p{n}", None, {"kind": "Caps" if n else "Shoes"}) for n in range(4)], ["kind"])
    ranking = Ranking({"kind": 0.5}, keep_from=1.001, **FIGURES)
    parts = (ExactSearcher(vectors, items), items, Pictures(), Origin("shop", "products"))
    shop = Recommender(ThumbnailEncoder(), *parts, ranking=ranking)
    query = unit(np.array([[1, 0, 0]]))
    assert ids(shop.search(query, 4)) == ["p1", "p2", "p3", "p0"]


def test_a_value_that_the_encoder_does_not_know_gains_nothing():
    shop = with_ranking(fake_shop(sees={"baseColour": {"Turquoise": 1.0}}))
    plain = shop.recommend(Image.new("RGB", (60, 80), "red"), refine=False)
    only_colour = with_ranking(shop, Ranking({"baseColour": 0.4}, keep_from=1.001, **FIGURES))
    assert ids(only_colour.recommend(Image.new("RGB", (60, 80), "red"))) == ids(plain)


def test_where_the_shop_lacks_the_kind_the_category_ranks_instead():
    sees = {"articleType": {"Sarees": 0.96, "Caps": 0.04}, "masterCategory": {"Accessories": 0.9, "Apparel": 0.1}}
    calibration = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), 0.5, 0.05, 60, least_coverage=0.15)
    ranking = replace(RANKING, weights={"articleType": 2.0})
    lacking, unsure = (
        with_ranking(fake_shop(sees=sees, calibration=replace(calibration, least_coverage=least)), ranking)
        for least in (0.15, 0.0)
    )
    found = [{m.item.attributes["masterCategory"] for m in shop.recommend(RED_DRESS)} for shop in (lacking, unsure)]
    assert found[0] == {"Accessories"} and "Apparel" in found[1]


def test_the_nearest_product_stays_first_where_it_is_very_near(shop):
    near = with_ranking(shop, replace(RANKING, keep_from=0.999))
    plain, refined = shop.recommend(RED_DRESS, refine=False), near.recommend(RED_DRESS)
    assert refined[0] == plain[0] and colours(refined)[:3] == ["Red", "Black", "Black"]
    grey = Image.new("RGB", (240, 320), "grey")
    assert ids(near.recommend(grey)) == ids(shop.recommend(grey))


def test_a_match_has_the_chance_of_the_same_colour():
    curve = ((0.0, 0.5, 1.0), (0.1, 0.3, 0.7))
    shop = with_ranking(fake_shop(sees=SEES), replace(RANKING, chances={"baseColour": curve}))
    chances = {match.item.attributes["baseColour"]: match.chances["colour"] for match in shop.recommend(RED_DRESS, 60)}
    assert chances["Black"] == pytest.approx(0.54) and chances["Red"] == pytest.approx(0.18)
    assert chances["Olive"] == pytest.approx(0.1)
    assert {match.chances["colour"] for match in shop.similar("p7", 59)} == {0.0, 1.0}
    assert all("colour" not in match.chances for match in fake_shop(sees=SEES).recommend(RED_DRESS))
    assert shop.recommend(RED_DRESS).to_dicts()[0]["chances"].keys() == {"colour"}
