from pathlib import Path

from recsys.format import layout
from recsys.format.layout import MANIFEST, sample_index

ROOT = Path(__file__).parents[2]


def test_the_sample_index_of_a_checkout_is_beside_the_package():
    assert sample_index() == ROOT / "index"
    assert (sample_index() / MANIFEST).is_file()


def test_the_sample_index_of_an_installed_package_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "_PACKAGE", tmp_path / "site-packages" / "recsys")
    assert sample_index() == tmp_path / "site-packages" / "recsys" / "sample_index"
