"""The tasks, on drawn products: their figures with encoders whose quality is known beforehand."""

import numpy as np
import pytest

from recsys.catalog import Catalog
from recsys.core.linalg import unit
from recsys.errors import CatalogError
from recsys.evaluate.clutter import PIPELINE, evaluate_clutter, evaluate_empty_clutter
from recsys.evaluate.confidence import calibrate
from recsys.evaluate.drawn_shop import evaluate_drawn_shop
from recsys.evaluate.grounds import DRAWN, empty, place
from recsys.evaluate.memory_shop import memory_shop
from recsys.evaluate.pool import Pool, embed, thumbnail_vectors
from recsys.evaluate.same_name import evaluate_same_name
from recsys.evaluate.search_task import SearchTask
from recsys.evaluate.task_inputs import THUMBNAILS, Contender, TaskInputs
from recsys.evaluate.tasks import TaskRun, run_tasks, sample_inputs, task_names
from recsys.evaluate.very_product import evaluate_very_product, ranks
from recsys.images.decode import decode
from recsys.types import Item, Product
from testkit.fake_shop import ThumbnailEncoder, draw, encoded
from tests.support.evaluation_shop import items, picture, write_shop

COUNT = 300


@pytest.fixture(scope="module")
def inputs():
    encoder = ThumbnailEncoder()
    products = [Product(item, picture(item)) for item in items(COUNT)]
    pool = embed(products, encoder.encode)
    rows = np.flatnonzero(TaskInputs(pool, (), np.arange(0), ()).held)
    pictures = [decode(products[row].picture) for row in rows]
    return TaskInputs(
        pool, [Contender("eight", encoder.encode, pool.vectors), Contender.thumbnails(pool)], rows, pictures
    )


def by_case(report):
    return {(score.case, score.encoder): score for score in report.scores}


def named(inputs, names):
    """The inputs with these names of the products; the vectors say which name a product has."""
    found = [Item(item.id, name, item.attributes) for item, name in zip(inputs.pool.items, names, strict=True)]
    number = {name: place for place, name in enumerate(names)}
    rng = np.random.default_rng(0)
    directions = unit(rng.normal(size=(len(names), 64)).astype(np.float32))
    vectors = directions[[number[name] for name in names]]
    pool = Pool(found, vectors, np.zeros((len(names), 768), np.uint8))
    return TaskInputs(pool, [Contender("knows names", thumbnail_vectors, vectors)], inputs.rows, inputs.pictures)


def test_the_rank_of_a_product_counts_those_that_are_more_similar_but_not_its_equals():
    gallery = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert ranks(np.array([[1, 0], [1, 0]], np.float32), gallery, np.array([1, 2])).tolist() == [0, 2]


def test_very_product_has_a_light_and_a_wild_case_for_each_encoder(inputs):
    report = evaluate_very_product(inputs)
    assert set(by_case(report)) == {(case, name) for case in ("light", "wild") for name in ("eight", THUMBNAILS)}
    light, wild = by_case(report)["light", "eight"], by_case(report)["wild", "eight"]
    assert light.queries == len(inputs.rows)
    assert list(light.measures) == ["R@1", "R@5", "R@10", "P@5 of articleType", "its loss"]
    assert light.measures["R@10"].value > wild.measures["R@10"].value
    assert "in a gallery of all 300 products" in report.note
    assert "| light | eight | " in report.to_markdown()


def test_very_product_is_the_same_each_time(inputs):
    assert evaluate_very_product(inputs) == evaluate_very_product(inputs)


def test_same_name_asks_held_out_products_whose_name_one_to_five_others_have(inputs):
    names = [f"name {number % 100}" for number in range(COUNT)]
    report = evaluate_same_name(named(inputs, names))
    (score,) = report.scores
    assert (score.queries, score.measures["R@1"].value) == (inputs.held.sum(), 1.0)
    for count, name in ((0, "one {}"), (0, "all")):
        assert len(evaluate_same_name(named(inputs, [name.format(n) for n in range(COUNT)])).scores) == count


def test_same_name_does_not_find_the_query_itself(inputs):
    pairs = named(inputs, [f"name {number % 150}" for number in range(COUNT)])
    blind = Contender("blind", thumbnail_vectors, unit(np.random.default_rng(1).normal(size=(COUNT, 64))).astype("f4"))
    (score,) = evaluate_same_name(TaskInputs(pairs.pool, [blind], pairs.rows, pairs.pictures)).scores
    assert score.measures["R@1"].value < 0.2


def test_a_product_is_placed_at_its_share_of_the_height():
    shirt = draw("Trousers", "#b3262e", (90, 120))
    white = [draw("Tshirts", "#ffffff", (400, 400)).point(lambda level: 255)]
    photo = place(shirt, 0.5, white, [shirt], np.random.default_rng(0))
    rows = np.flatnonzero((np.asarray(photo).min(2) < 200).any(1))
    assert 0.45 < (rows[-1] - rows[0] + 1) / photo.height < 0.52
    assert photo.width == round(0.75 * photo.height)
    assert place(shirt.point(lambda level: 9), 0.5, white, [shirt], np.random.default_rng(0)) is None
    assert empty((30, 40), (), [shirt], np.random.default_rng(0)).size == (30, 40)


def test_clutter_is_measured_for_the_whole_picture_and_for_the_query_pipeline(inputs):
    kept = inputs.pool.take(inputs.kept)
    calibration = calibrate(SearchTask.disjoint(inputs.pool.take(inputs.held), kept))
    shop, grounds = memory_shop(kept, ThumbnailEncoder(), calibration), {DRAWN: (), "white": [draw("Caps", "#fff")]}
    found = by_case(evaluate_clutter(inputs, grounds, shop))
    names = ["eight", THUMBNAILS, PIPELINE]
    assert list(found) == [(f"{h:g} of the height on {g}", n) for h in (0.3, 0.5, 0.8) for g in grounds for n in names]
    score = found["0.8 of the height on white", "eight"]
    assert list(score.measures) == ["P@5", "any of 5"]
    assert score.measures["any of 5"].value >= score.measures["P@5"].value > 0
    empty_ones = by_case(evaluate_empty_clutter(inputs, grounds, shop))
    if calibration:
        assert list(empty_ones) == [(ground, way) for ground in grounds for way in ("whole picture", PIPELINE)]
    assert evaluate_empty_clutter(inputs, grounds, memory_shop(kept, ThumbnailEncoder(), None)).scores == ()


def test_the_drawn_shop_is_asked_for_products_of_a_kind_and_colour_that_it_has(inputs):
    shop = [Product(item, picture(item)) for item in items(12)]  # twelve products: two of the five colours
    report = evaluate_drawn_shop(inputs, shop)
    score = by_case(report)["articleType and baseColour", "eight"]
    shown = {(item.attributes["articleType"], item.attributes["baseColour"]) for item in items(12)}
    held = [inputs.pool.items[row] for row in np.flatnonzero(inputs.held)]
    assert score.queries == sum((i.attributes["articleType"], i.attributes["baseColour"]) in shown for i in held)
    assert score.measures["first has both"].value == 1.0
    nameless = [Product(Item(product.item.id, None, {}), product.picture) for product in shop]
    assert "no such queries" in evaluate_drawn_shop(inputs, nameless).to_markdown()


def test_the_tasks_are_chosen_by_name():
    assert task_names("names, clutter") == ("names", "clutter")
    assert task_names("none") == ()
    assert task_names("all") == ("products", "names", "clutter", "drawn", "words")
    with pytest.raises(CatalogError, match="no task 'colours'. The tasks are: products, names"):
        task_names("colours")


def test_queries_are_made_of_larger_pictures_with_the_ratio_of_the_catalogues(tmp_path):
    catalog = Catalog.open(str(write_shop(tmp_path / "small", 120)))
    pool = embed(catalog, thumbnail_vectors)
    for item in pool.items[::2]:
        path = tmp_path / "large" / f"{item.id}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(draw("Caps", "#123456", (96, 96))))
    plain = sample_inputs(pool, [], catalog, None, 500)
    assert {image.size for image in plain.pictures} == {(24, 32)}
    larger = sample_inputs(pool, [], catalog, Catalog.open(str(tmp_path / "large")), 500)
    assert 0 < len(larger.rows) < len(plain.rows)
    assert {image.size for image in larger.pictures} == {(96, 128)}
    assert len(sample_inputs(pool, [], catalog, None, 2).rows) == 2


def test_without_held_out_products_no_task_is_run(inputs):
    nothing = TaskInputs(inputs.pool.take(inputs.kept), inputs.contenders, np.arange(0), [])
    assert run_tasks(("products", "names"), TaskRun(nothing, None)) == ()


def test_without_larger_pictures_of_the_held_out_products_the_other_tasks_are_still_run(inputs, tmp_path):
    bare = TaskInputs(inputs.pool, inputs.contenders, np.arange(0), [])
    shop = write_shop(tmp_path / "shop", 12)
    products, names, drawn = run_tasks(("products", "names", "drawn"), TaskRun(bare, None, str(shop)))
    assert (products.scores, names.scores, drawn.scores) == ((), (), ())
    assert "The catalogue has no such queries." in products.to_markdown()
