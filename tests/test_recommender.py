import numpy as np
import pytest
from PIL import Image

import recsys
from recsys import Recommender
from recsys.errors import IndexFolderError, QueryError
from recsys.picture import decode


@pytest.fixture(scope="module")
def shop(built):
    return Recommender.from_pretrained(str(built))


def picture_of(shop, item_id):
    return decode(shop.thumbnail(item_id))


def test_every_product_finds_itself_first(shop):
    for item in shop.items:
        best = shop.recommend(picture_of(shop, item.id), k=1)[0]
        assert best.item == item or best.similarity == pytest.approx(1, abs=1e-5)
        assert -1 <= best.similarity <= 1


def test_matches_come_best_first_and_as_many_as_asked(shop):
    matches = shop.recommend(picture_of(shop, "Caps/Red"), k=7)
    similarities = [match.similarity for match in matches]
    assert len(matches) == 7
    assert similarities == sorted(similarities, reverse=True)
    assert len(shop.recommend(picture_of(shop, "Caps/Red"))) == 5


def test_a_filter_gives_the_best_of_all_that_pass_it(shop):
    query = picture_of(shop, "Watches/Red")
    every = shop.recommend(query, k=30)
    caps = [match for match in every if match.item.attributes["label"] in ("Caps", "Dresses")]
    assert shop.recommend(query, k=3, where={"label": ["Caps", "Dresses"]}) == tuple(caps[:3])
    assert len(shop.recommend(query, k=100, where={"label": "Caps"})) == 5


def test_similar_leaves_the_item_out_but_a_picture_never_does(shop):
    similar = shop.similar("Caps/Red", k=29)
    assert len(similar) == 29
    assert "Caps/Red" not in [match.item.id for match in similar]
    assert len(shop.similar("Caps/Red", k=5, where={"label": "Caps"})) == 4


def test_similar_gives_what_the_items_own_picture_gives(shop):
    of_picture = [match.item.id for match in shop.recommend(picture_of(shop, "Dresses/Olive"), k=6)]
    of_item = [match.item.id for match in shop.similar("Dresses/Olive", k=5)]
    assert of_item == [item_id for item_id in of_picture if item_id != "Dresses/Olive"][:5]


@pytest.mark.parametrize("k", [0, -1, 101, 2.5, "5", None, True])
def test_k_out_of_range_is_refused(shop, k):
    with pytest.raises(QueryError, match="whole number from 1 to 100"):
        shop.recommend(Image.new("RGB", (8, 8)), k=k)
    with pytest.raises(QueryError, match="whole number from 1 to 100"):
        shop.similar("Caps/Red", k=k)


def test_unknown_filters_values_and_ids_are_refused_with_what_exists(shop):
    image = Image.new("RGB", (8, 8))
    with pytest.raises(QueryError, match="This catalogue has: label"):
        shop.recommend(image, where={"colour": "red"})
    with pytest.raises(QueryError, match="It takes: 'Caps'"):
        shop.recommend(image, where={"label": "Hats"})
    with pytest.raises(QueryError, match="Ids look like"):
        shop.similar("nope")


def test_a_single_pixel_gets_an_answer(shop):
    assert len(shop.recommend(Image.new("RGB", (1, 1), "red"), k=5)) == 5


def test_a_folder_that_is_no_index_is_refused(tmp_path):
    with pytest.raises(IndexFolderError, match=r"no index.json"):
        Recommender.from_pretrained(str(tmp_path))


def test_an_index_comes_from_the_hub_by_its_name(built, hub):
    from recsys.hub import push

    name = hub.new_name()
    pushed = push(built, name)
    shop = Recommender.from_pretrained(name)
    assert (shop.origin.name, shop.origin.revision, shop.origin.notice) == (name, pushed.revision, None)
    local = Recommender.from_pretrained(str(built))
    query = picture_of(local, "Caps/Red")
    assert shop.recommend(query) == local.recommend(query)


def test_the_public_surface_is_what_is_listed():
    assert recsys.__all__ == ["Encoder", "Item", "Match", "Recommender", "RecsysError"]
    assert all(hasattr(recsys, name) for name in recsys.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Recomender'"):
        recsys.Recomender  # noqa: B018


def test_results_are_values(shop):
    first, again = (shop.recommend(picture_of(shop, "Caps/Red"))[0] for _ in range(2))
    assert first == again
    with pytest.raises(AttributeError):
        first.similarity = 2
    assert isinstance(first.similarity, float)
    assert not isinstance(first.similarity, np.floating)
