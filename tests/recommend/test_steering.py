from itertools import product

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.recommend.steering import Steering
from recsys.types import Item
from testkit.fake_shop import ExactSearcher

KINDS, COLOURS, STYLES = ("Tshirts", "Dresses", "Watches"), ("Red", "Blue", "Green"), range(8)
WATCH_COLOUR = "Green"


def shop(kind="articleType"):
    """Products as the sum of a kind, a colour and a style. Most of what is green is a watch."""
    rng = np.random.default_rng(3)
    parts = {part: rng.normal(size=48) for part in (*KINDS, *COLOURS)} | {
        (name, style): rng.normal(size=48) for name in KINDS for style in STYLES
    }
    items, vectors = [], []
    for name, colour, style in product(KINDS, COLOURS, STYLES):
        if colour == WATCH_COLOUR and name != "Watches" and style % 4:
            continue
        attributes = {kind: name, "baseColour": colour, "season": "Summer" if style % 2 else None}
        items.append(Item(f"{name}/{colour}/{style}", None, attributes))
        vectors.append(1.5 * parts[name] + 1.5 * parts[colour] + parts[name, style] + 0.2 * rng.normal(size=48))
    columns = Items.from_items(items, list(items[0].attributes))
    return columns, ExactSearcher(unit(np.array(vectors)), columns)


def found(columns, searcher, query, where):
    return columns.ids[searcher.search(query, 1, where)[0][0, 0]]


def cosine_gain(columns, searcher, wanted, present):
    """How much closer the same product in the wanted colour comes by steering."""
    steering, gains = Steering(columns, searcher), []
    for item_id in [item_id for item_id in columns.ids if f"/{present}/" in item_id]:
        target = item_id.replace(present, wanted)
        if target in columns.ids:
            query, goal = searcher.vectors([columns.row(item_id)]), searcher.vectors([columns.row(target)])[0]
            gains.append(((steering.steer(query, "baseColour", wanted, present) - query) @ goal).item())
    return np.array(gains)


def test_the_same_in_another_colour_comes_first():
    columns, searcher = shop()
    steering = Steering(columns, searcher)
    red = [item_id for item_id in columns.ids if "/Red/" in item_id]
    for item_id in red:
        query = searcher.vectors([columns.row(item_id)])
        moved = steering.steer(query, "baseColour", "Blue", "Red")
        assert moved.shape == query.shape and moved.dtype == np.float32
        assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-6)
        assert found(columns, searcher, moved, {"baseColour": "Blue"}) == item_id.replace("Red", "Blue")


def test_steering_comes_nearer_to_the_product_wanted_in_every_case():
    columns, searcher = shop()
    assert (cosine_gain(columns, searcher, "Blue", "Red") > 0.1).all()


def test_a_colour_that_mostly_one_kind_has_does_not_pull_towards_that_kind():
    columns, searcher = shop()
    watches = searcher.vectors(columns.passing({"articleType": "Watches"})).mean(axis=0)
    dress = searcher.vectors([columns.row("Dresses/Red/0")])
    moved = Steering(columns, searcher).steer(dress, "baseColour", WATCH_COLOUR, "Red")
    unaware, blind = shop(kind="department")
    plain = Steering(unaware, blind).steer(dress, "baseColour", WATCH_COLOUR, "Red")
    assert (moved @ watches).item() < (plain @ watches).item() - 0.1


def test_the_kind_itself_can_be_steered():
    columns, searcher = shop()
    shirt = searcher.vectors([columns.row("Tshirts/Blue/1")])
    moved = Steering(columns, searcher).steer(shirt, "articleType", "Dresses", "Tshirts")
    assert "Dresses/Blue/" in found(columns, searcher, moved, {"articleType": "Dresses"})
    assert "Dresses/Blue/" in found(columns, searcher, moved, None)


@pytest.mark.parametrize("present", [None, "Ultraviolet"])
def test_a_present_value_that_is_not_known_leaves_the_wanted_one(present):
    columns, searcher = shop()
    query = searcher.vectors([columns.row("Dresses/Red/2")])
    goal = searcher.vectors([columns.row("Dresses/Blue/2")])[0]
    steering = Steering(columns, searcher)
    moved = [steering.steer(query, "baseColour", "Blue", value) for value in (present, "Red")]
    assert (query @ goal).item() < (moved[0] @ goal).item() < (moved[1] @ goal).item()


def test_to_want_what_is_there_changes_nothing():
    columns, searcher = shop()
    query = searcher.vectors([7])
    assert np.allclose(Steering(columns, searcher).steer(query, "baseColour", "Red", "Red"), query, atol=1e-6)


def test_a_value_of_a_single_product_does_not_stand_for_that_product():
    items = [Item(str(row), None, {"label": "Caps", "colour": "Rust" if row == 0 else "Red"}) for row in range(20)]
    columns = Items.from_items(items, ["label", "colour"])
    searcher = ExactSearcher(unit(np.random.default_rng(0).normal(size=(20, 32))), columns)
    moved = Steering(columns, searcher).steer(searcher.vectors([0]), "colour", "Red", "Rust")
    assert (moved @ searcher.vectors([0])[0]).item() > 0.9


def test_an_attribute_or_a_value_that_the_catalogue_does_not_have_is_refused():
    steering = Steering(*shop())
    query = np.eye(1, 48, dtype=np.float32)
    with pytest.raises(QueryError, match="no attribute 'fit'"):
        steering.steer(query, "fit", "Slim", None)
    with pytest.raises(QueryError, match="No product has baseColour 'Pink'"):
        steering.steer(query, "baseColour", "Pink", "Red")
