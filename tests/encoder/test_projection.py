import numpy as np

from recsys.core.linalg import unit
from recsys.encoder.projection import Projection


def test_a_projection_keeps_the_neighbours_of_data_that_lies_in_few_dimensions(tmp_path):
    rng = np.random.default_rng(0)
    features = unit(rng.normal(size=(300, 5)) @ rng.normal(size=(5, 64)) + 0.01 * rng.normal(size=(300, 64)) + 1)
    projection = Projection.fit([features[:100], features[100:]], 6)
    small = projection(features)
    assert small.shape == (300, 6)
    np.testing.assert_allclose(np.linalg.norm(small, axis=1), 1, atol=1e-5)
    centred = unit(features - features.mean(0))
    kept = np.argsort(-(small @ small.T), axis=1)[:, 1] == np.argsort(-(centred @ centred.T), axis=1)[:, 1]
    assert kept.mean() > 0.9


def test_a_projection_is_what_was_saved(tmp_path):
    features = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    projection = Projection.fit([features], 3)
    projection.save(tmp_path / "projection.safetensors")
    loaded = Projection.load(tmp_path / "projection.safetensors")
    np.testing.assert_array_equal(loaded(features), projection(features))
    assert loaded.sha256 == projection.sha256
    assert Projection.fit([features], 3).sha256 == projection.sha256


def test_rows_that_vary_in_too_few_directions_are_not_projected():
    features = np.repeat(np.eye(3, 8, dtype=np.float32), 10, axis=0)
    assert Projection.fit([features], 4) is None
    assert Projection.fit([features[:1]], 1) is None
    assert Projection.fit([features], 2) is not None
