from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import recsys
from recsys import Recommender
from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.errors import IndexFolderError, QueryError
from recsys.images.decode import decode
from recsys.recommend.options import SearchOptions
from recsys.types import Reason
from testkit.fake_shop import Pictures, draw, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.95, refused=0.05, queries=60)


@pytest.fixture(scope="module")
def shop(built):
    return Recommender.from_pretrained(str(built))


def picture_of(shop, item_id):
    return decode(shop.thumbnail(item_id))


def ids(matches):
    return [match.item.id for match in matches]


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
    assert list(shop.recommend(query, k=3, where={"label": ["Caps", "Dresses"]})) == caps[:3]
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


def test_an_answer_is_a_sequence_of_matches(shop):
    answer = shop.recommend(picture_of(shop, "Caps/Red"), k=4)
    assert list(answer) == [answer[0], *answer[1:3], answer[-1]]
    assert answer[0] in answer and len(answer[:2]) == 2


def test_a_match_has_the_confidence_of_its_similarity():
    answer = fake_shop(calibration=CALIBRATION).recommend(RED_DRESS, k=8)
    assert answer[0].confidence == pytest.approx(0.9, abs=1e-3)
    assert [match.confidence for match in answer] == pytest.approx([0.9 * match.similarity for match in answer])


def test_nothing_is_close_where_the_best_lies_under_the_threshold():
    shop = fake_shop(calibration=CALIBRATION)
    assert shop.recommend(RED_DRESS).close is True
    far = shop.recommend(Image.new("RGB", (240, 320), "black"))
    assert far.close is False and len(far) == 5
    assert shop.recommend(RED_DRESS, where={"baseColour": "Black"}).close is False
    assert shop.similar("p7").close is True
    assert shop.similar("p7", where={"articleType": "Watches"}).close is False


def test_how_many_are_asked_for_does_not_change_whether_something_is_close():
    shop = fake_shop(calibration=replace(CALIBRATION, threshold=0.97, nearest=5))
    assert shop.recommend(RED_DRESS, k=1)[0].similarity > 0.97
    assert {shop.recommend(RED_DRESS, k=k).close for k in (1, 5, 10)} == {False}
    assert {shop.similar("p7", k=k).close for k in (1, 5, 10)} == {False}


def test_without_a_calibration_nothing_is_said_of_how_close():
    shop = fake_shop()
    for answer in (shop.recommend(RED_DRESS), shop.similar("p7")):
        assert answer.close is None
        assert {match.confidence for match in answer} == {None}


def test_no_product_is_neither_close_nor_far():
    shop = fake_shop(calibration=CALIBRATION)
    nothing = {"articleType": "Watches", "masterCategory": "Apparel"}
    assert (len(shop.recommend(RED_DRESS, where=nothing)), shop.recommend(RED_DRESS, where=nothing).close) == (0, None)
    assert shop.similar("p7", where=nothing).close is None


def test_a_picture_is_described_by_the_encoder_that_can(shop):
    image = picture_of(shop, "Caps/Red")
    seen = shop.describe(image)
    assert list(seen) == ["label"]
    assert len(seen["label"].likely) == 3 and 0 < seen["label"].probability <= 1
    assert shop.recommend(image).seen == seen


def test_what_the_encoder_sees_is_the_reason_for_a_match():
    sees = {
        "articleType": {"Dresses": 0.7, "Caps": 0.3},
        "baseColour": {"Red": 0.6, "Black": 0.4},
        "fit": {"Slim": 1.0},
    }
    answer = fake_shop(sees=sees | {"gender": {"Men": 0.4, "Women": 0.35, "Girls": 0.25}}).recommend(RED_DRESS, k=3)
    red_dress = [Reason("articleType", "Dresses"), Reason("baseColour", "Red")]
    told = [[reason for reason in match.reasons if reason.attribute in (*sees, "gender")] for match in answer]
    assert told == [red_dress, red_dress, red_dress[:1]]
    assert {name: answer.seen[name].value for name in (*sees, "gender")} == {
        "articleType": "Dresses", "baseColour": "Red", "fit": "Slim", "gender": None
    }  # fmt: skip
    assert answer.seen["masterCategory"].value == "Apparel"


def test_an_encoder_that_cannot_tell_leaves_it_to_the_neighbours():
    shop = fake_shop()
    seen = shop.describe(RED_DRESS)
    assert (seen["masterCategory"].value, seen["masterCategory"].probability) == ("Apparel", 1.0)
    assert [value for value, _ in seen["articleType"].likely] == ["Dresses", "Trousers", "Tshirts"]
    assert seen["baseColour"].value is None
    filtered = shop.recommend(RED_DRESS, where={"articleType": "Watches"})
    assert filtered.seen == seen


def test_the_reasons_of_an_item_are_what_it_shares_and_it_is_left_out():
    answer = fake_shop().similar("p7", k=100, where={"shop": "Ours"})
    assert "p7" not in [match.item.id for match in answer]
    assert answer.seen == {}
    assert Reason("articleType", "Dresses") in answer[0].reasons and Reason("gender", "Men") not in answer[0].reasons
    assert "season" not in [reason.attribute for reason in fake_shop().similar("p0", k=1)[0].reasons]


def test_a_map_says_which_regions_of_a_picture_make_it_like_a_product(shop):
    image = picture_of(shop, "Dresses/Olive")
    heat = shop.heat(image, "Caps/Red")
    assert heat.ndim == 2 and heat.dtype == np.float32
    similarities = {match.item.id: match.similarity for match in shop.recommend(image, k=30)}
    assert heat.max() > heat.min() and heat.mean() == pytest.approx(similarities["Caps/Red"], abs=0.02)
    with pytest.raises(QueryError, match="Ids look like"):
        shop.heat(image, "nope")
    assert fake_shop().heat(RED_DRESS, "p7") is None


@pytest.fixture(scope="module")
def drawn():
    return fake_shop(calibration=CALIBRATION)


def test_the_embedding_of_several_products_lies_between_theirs(drawn):
    one, other, both = (drawn.embed_items(ids)[0] for ids in (["p7"], ["p10"], ["p7", "p10"]))
    assert both @ both == pytest.approx(1, abs=1e-5)
    assert both @ one == pytest.approx(both @ other, abs=1e-5) and both @ one > one @ other
    with pytest.raises(QueryError, match="Ids look like"):
        drawn.embed_items(["p7", "nope"])


def test_what_is_nearest_to_an_embedding_is_what_its_picture_finds(drawn):
    by_picture = drawn.recommend(RED_DRESS, 6, {"gender": "Men"}, diversity=0.5)
    options = SearchOptions({"gender": "Men"}, diversity=0.5)
    assert drawn.search(drawn.embed(RED_DRESS), 6, options) == by_picture


def test_a_product_is_compared_as_it_would_be_found(drawn):
    found = drawn.recommend(RED_DRESS, k=60)
    for match in (found[0], found[-1]):
        compared = drawn.compare(drawn.embed(RED_DRESS), match.item.id)
        assert compared.similarity == pytest.approx(match.similarity, abs=1e-6)
        assert (compared.item, compared.reasons) == (match.item, match.reasons)
    assert drawn.compare(drawn.embed(RED_DRESS), "p7").confidence == pytest.approx(found[0].confidence, abs=1e-4)
    assert compared.confidence == pytest.approx(found[-1].confidence, abs=1e-4)
    with pytest.raises(QueryError, match="Ids look like"):
        drawn.compare(drawn.embed(RED_DRESS), "nope")


def test_likes_alone_are_neither_close_nor_far(drawn):
    answer = drawn.recommend(liked=["p40"])
    assert (len(answer), answer.close, answer.seen) == (5, None, {})


@pytest.fixture(scope="module")
def recoloured():
    """Each kind, for each gender, is one product in five colours."""
    shop = fake_shop()
    names = [f"{item.attributes['gender']} {item.attributes['articleType']}" for item in shop.items]
    attributes = {name: [item.attributes[name] for item in shop.items] for name in shop.items.columns}
    shop.items = Items(shop.items.ids, names, attributes)
    return shop


def test_the_same_in_other_colours_is_a_variant(recoloured):
    variants = recoloured.variants.of("p7")
    assert [item.name for item in variants] == ["Men Dresses"] * len(variants) and len(variants) >= 2
    assert "Red" not in [item.attributes["baseColour"] for item in variants]
    with pytest.raises(QueryError, match="Ids look like"):
        recoloured.variants.of("nope")


def test_an_answer_is_folded_to_one_match_each_best_first(recoloured):
    answer = recoloured.recommend(RED_DRESS, k=20)
    groups = recoloured.variants.group(answer)
    assert len(groups) < len(answer) and max(map(len, groups)) > 1
    assert sorted(ids(match for group in groups for match in group)) == sorted(ids(answer))
    assert groups[0][0] == answer[0]
    assert all(len({match.item.name for match in group}) == 1 for group in groups)
    firsts = [list(answer).index(group[0]) for group in groups]
    assert firsts == sorted(firsts)


@pytest.fixture(scope="module")
def dressing():
    return fake_shop(sees={"articleType": {"Tshirts": 0.9, "Caps": 0.1}, "gender": {"Men": 0.9, "Women": 0.1}})


def test_a_look_around_an_item_fills_what_it_leaves_open(dressing):
    look = dressing.complete_the_look(item_id="p6")
    assert (look.slots, list(look.pieces), list(look.missing)) == (
        ("top",), ["bottom", "bag", "accessory"], ["shoes"]
    )  # fmt: skip
    assert {piece.item.attributes["gender"] for piece in look.pieces.values()} == {"Men"}
    assert look.missing["shoes"] == "This catalogue has no shoes."


def test_a_look_around_a_picture_goes_by_what_is_seen(dressing):
    look = dressing.complete_the_look(RED_DRESS)
    assert look.slots == ("top",) and {piece.item.attributes["gender"] for piece in look.pieces.values()} == {"Men"}


def test_pieces_of_a_look_are_kept_and_passed_over(dressing):
    first = {slot: piece.item.id for slot, piece in dressing.complete_the_look(item_id="p6").pieces.items()}
    again = dressing.complete_the_look(
        item_id="p6", locked={"bag": first["bag"]}, passed_over=[first["bottom"], first["accessory"]]
    )
    second = {slot: piece.item.id for slot, piece in again.pieces.items()}
    assert [slot for slot in first if first[slot] == second[slot]] == ["bag"]


def test_a_look_takes_a_picture_or_an_item(dressing):
    for around in ({}, {"image": RED_DRESS, "item_id": "p6"}):
        with pytest.raises(QueryError, match="give image or item_id, and not both"):
            dressing.complete_the_look(**around)
    with pytest.raises(QueryError, match="Ids look like"):
        dressing.complete_the_look(item_id="nope")


def test_a_picture_of_unknown_things_has_no_look():
    with pytest.raises(QueryError, match="not known as part of a look"):
        fake_shop().complete_the_look(RED_DRESS)


def test_the_card_and_its_plots_are_those_of_the_index():
    shop = fake_shop()
    shop.assets = Pictures(card="# Ours", plots={"a.png": b"1"})
    assert (shop.assets.card, shop.assets.plots) == ("# Ours", {"a.png": b"1"})


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
    with pytest.raises(QueryError, match="Its values are: 'Caps'"):
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
    types = ["Answer", "Encoder", "Guess", "Item", "Match", "Reason", "Recommender", "RecsysError"]
    assert recsys.__all__ == types
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
