from dataclasses import asdict

import numpy as np
import pytest

from recsys.core.crops import PHOTO_MARGIN, CropCalibration, part_score


def test_few_pictures_without_a_product_reach_the_threshold():
    scores = np.random.default_rng(0).normal(0.8, 0.05, 1000).astype(np.float32)
    fitted = CropCalibration.fit(scores)
    assert (scores >= fitted.threshold - PHOTO_MARGIN).mean() == pytest.approx(fitted.wrong, abs=0.002)
    assert (scores >= fitted.threshold).mean() < fitted.wrong
    assert fitted.pictures == 1000
    assert CropCalibration.from_json(asdict(fitted)) == fitted


def test_a_small_part_needs_a_higher_similarity_than_a_large_one():
    fitted = CropCalibration(0.9, 0.03, 120)
    assert fitted.is_close(0.9, 1.0) and not fitted.is_close(0.9, 0.5)
    assert part_score(0.9, 0.35) < part_score(0.9, 0.5) < part_score(0.9, 1.0) == 0.9


@pytest.mark.parametrize("change", [{"threshold": 7}, {"threshold": None}, {"wrong": 2}, {"pictures": 1.5}])
def test_numbers_that_no_fit_gives_are_refused(change):
    with pytest.raises((TypeError, ValueError)):
        CropCalibration.from_json(asdict(CropCalibration(0.9, 0.03, 120)) | change)
