"""The table of embeddings that an index has for other programs."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.index.annoy import AnnoySearcher, build
from recsys.index.annoy.graph import write_graph
from recsys.index.embeddings_table import write_embeddings
from recsys.index.folder import IndexFolder

QUERIES = 1_000
COUNT, DIM = 3_000, 32
QUERY = """
    SELECT query.id, array_agg(product.id ORDER BY array_cosine_similarity(
        product.embedding::FLOAT[{dim}], query.embedding::FLOAT[{dim}]) DESC)[:10]
    FROM query, '{table}' product GROUP BY query.id
"""


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    """Products in clusters, of which the first five show nearly the same picture."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, DIM))
    vectors = unit(centres[rng.integers(40, size=COUNT)] + rng.normal(size=(COUNT, DIM)))
    vectors[1:5] = unit(vectors[:1] + rng.normal(scale=1e-3, size=(4, DIM)))
    items = Items([f"S{row:05}" for row in range(COUNT)], [None] * COUNT, {})
    path = tmp_path_factory.mktemp("index") / "vectors.ann"
    build(vectors, path, 10)
    write_graph(path, COUNT, DIM)
    write_embeddings(path.parent, items, AnnoySearcher(path, items, DIM, 100))
    return AnnoySearcher(path, items, DIM, 100), path.with_name("embeddings.parquet")


def test_its_columns_are_those_that_other_programs_need(searcher):
    table = pq.read_table(searcher[1])
    assert table.schema.field("embedding").type == pa.list_(pa.float16(), DIM)
    assert table.schema.field("x").type == table.schema.field("y").type == pa.float32()
    assert table["id"].to_pylist() == searcher[0].items.ids
    assert np.abs(np.stack(table["embedding"].to_numpy()) - searcher[0].vectors(np.arange(COUNT))).max() < 5e-4


def test_numbers_are_written_as_they_are(searcher):
    """As places in a dictionary they would all differ after an update, and the Hub would receive them again."""
    group = pq.read_metadata(searcher[1]).row_group(0)
    kinds = {group.column(place).path_in_schema: group.column(place) for place in range(group.num_columns)}
    assert not any(kinds[name].has_dictionary_page for name in ("embedding.list.element", "x", "y"))


def test_products_with_nearly_the_same_picture_are_a_family(searcher):
    families = pq.read_table(searcher[1])["family"].to_pylist()
    assert families[:5] == ["S00000"] * 5
    assert set(families[5:]) == {None}


def test_the_map_has_the_directions_of_largest_variance(searcher):
    table, vectors = pq.read_table(searcher[1]), searcher[0].vectors(np.arange(COUNT))
    variances = np.linalg.svd(vectors - vectors.mean(0))[1][:2] ** 2 / COUNT
    assert np.var([table["x"], table["y"]], axis=1) == pytest.approx(variances, rel=1e-3)


def test_duckdb_finds_the_ten_products_that_exact_search_finds(searcher, tmp_path):
    """Two products change places only where float16 rounds the difference of their cosines away."""
    rows = np.random.default_rng(1).choice(COUNT, QUERIES, replace=False)
    found, cosines = searcher[0].exact(searcher[0].vectors(rows), 11)
    ids, vectors = np.array(searcher[0].items.ids), searcher[0].vectors(rows)
    pq.write_table(
        pa.table({"id": ids[rows], "embedding": pa.FixedSizeListArray.from_arrays(vectors.ravel(), DIM)}),
        tmp_path / "query.parquet",
    )
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW query AS FROM '{tmp_path}/query.parquet'")
        answers = dict(database.execute(QUERY.format(dim=DIM, table=searcher[1])).fetchall())
    expected = [set(ids[nearest[:10]]) for nearest in found]
    is_tie = cosines[:, 9] - cosines[:, 10] < 1e-3
    same = np.array([set(answers[ids[row]]) == nearest for row, nearest in zip(rows, expected, strict=True)])
    assert same[~is_tie].all() and same.mean() > 0.98


def test_a_built_index_has_it_as_a_configuration_of_its_repository(built):
    folder, card = IndexFolder.open(built), DatasetCard.load(built / "README.md")
    assert [config["config_name"] for config in card.data.to_dict()["configs"]] == ["default", "embeddings"]
    table = pq.read_table(built / "embeddings.parquet")
    assert table["id"].to_pylist() == folder.items.ids
    assert "embeddings.parquet" in folder.manifest.files
