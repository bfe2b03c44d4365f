from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest

from tests.support.catalog_sources import pictures, write_repository


@pytest.fixture(autouse=True)
def quiet_datasets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No progress bars, and no calls to the dataset viewer or to the counter of downloads."""
    monkeypatch.setattr(datasets.config, "USE_PARQUET_EXPORT", False)
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Eight shirts with ids, names, attributes and pictures."""
    columns = {
        "id": range(101, 109),
        "gender": ["Men", "Women"] * 4,
        "colour": ["Red", "Blue", None, "Red", " ", "Blue", "Red", "Blue"],
        "productDisplayName": [f"Shirt {number}" for number in range(7)] + [None],
        "image": pictures(8),
    }
    return write_repository(tmp_path / "shirts", columns)
