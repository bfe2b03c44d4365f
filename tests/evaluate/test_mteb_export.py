"""The export in the form of MTEB, as the library `datasets` reads it."""

import numpy as np
import pytest
from datasets import Image as ImageFeature
from datasets import load_dataset

from recsys.errors import CatalogError
from recsys.evaluate.mteb_export import check_export, export_tasks
from recsys.evaluate.pool import embed, thumbnail_vectors
from recsys.evaluate.task_inputs import TaskInputs
from recsys.images.decode import decode
from recsys.types import Item, Product
from tests.support.evaluation_shop import items, picture

COUNT = 200


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    described = [Item(item.id, f"name {int(item.id) % 100}", item.attributes) for item in items(COUNT)]
    products = [Product(item, picture(item)) for item in described]
    pool = embed(products, thumbnail_vectors)
    rows = np.flatnonzero(TaskInputs(pool, (), np.arange(0), ()).held)
    inputs = TaskInputs(pool, (), rows, [decode(products[row].picture) for row in rows])
    folder = tmp_path_factory.mktemp("export") / "benchmark"
    export_tasks(inputs, products, "drawn", folder)
    return inputs, folder


@pytest.fixture(scope="module")
def opened(exported, tmp_path_factory):
    cache = str(tmp_path_factory.mktemp("cache"))
    return {name: load_dataset(str(exported[1]), name, cache_dir=cache) for name in ("corpus", "queries", "qrels")}


@pytest.mark.slow
def test_datasets_opens_the_three_configurations(exported, opened):
    inputs, _ = exported
    splits = ["light", "wild", "same_name", "type_colour"]
    assert list(opened["corpus"]) == ["corpus"]
    assert list(opened["queries"]) == list(opened["qrels"]) == splits
    corpus = opened["corpus"]["corpus"]
    assert corpus["id"] == [item.id for item in inputs.pool.items]
    assert corpus.column_names == ["id", "image", "modality"]
    assert isinstance(corpus.features["image"], ImageFeature)
    assert (corpus[0]["image"].size, corpus[0]["modality"]) == ((24, 32), "image")
    assert opened["qrels"]["light"].column_names == ["query-id", "corpus-id", "score"]
    assert opened["queries"]["light"][0]["image"].size == (22, 29)


@pytest.mark.slow
def test_every_query_is_judged_and_every_judgement_is_of_a_product(opened):
    ids = set(opened["corpus"]["corpus"]["id"])
    for split, queries in opened["queries"].items():
        qrels = opened["qrels"][split]
        assert set(qrels["query-id"]) == set(queries["id"])
        assert set(qrels["corpus-id"]) <= ids
        assert not any(query == found for query, found in zip(qrels["query-id"], qrels["corpus-id"], strict=True))


@pytest.mark.slow
def test_what_is_relevant_has_the_product_name_or_kind_and_colour_of_the_query(exported, opened):
    inputs, _ = exported
    by_id = {item.id: item for item in inputs.pool.items}
    for judged in opened["qrels"]["wild"]:
        assert judged["query-id"] == f"wild-{judged['corpus-id']}"
    for judged in opened["qrels"]["same_name"]:
        assert by_id[judged["query-id"]].name == by_id[judged["corpus-id"]].name
    for judged in opened["qrels"]["type_colour"]:
        query, found = (by_id[judged[name]].attributes for name in ("query-id", "corpus-id"))
        assert query["articleType"] == found["articleType"]
        assert judged["score"] == (2 if query["baseColour"] == found["baseColour"] else 1)


def test_nothing_is_exported_into_a_folder_that_holds_something(tmp_path):
    check_export(tmp_path / "new")
    check_export(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CatalogError, match="is not an empty folder. Choose another one for --export"):
        check_export(tmp_path)
