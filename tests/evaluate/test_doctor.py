"""The doctor finds planted faults: equal pictures, wrong values and missing ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.cli.doctor import main
from recsys.core.items import Items
from recsys.evaluate.doctor import MISSING, NEAR, PLACEHOLDER, SAME, WRONG, Examination, examine
from recsys.format.layout import sample_index

COUNT, KINDS, COLOURS = 1_500, ("Shirt", "Shoe", "Watch", "Bag", "Belt", "Dress"), ("Red", "Blue", "Black")


class Exact:
    """Exact search, as the protocol `Searcher` asks for."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def vectors(self, rows: object) -> np.ndarray:
        return self._vectors[rows]

    def search(self, vectors: np.ndarray, k: int, where: object = None) -> tuple[np.ndarray, np.ndarray]:
        cosines = vectors @ self._vectors.T
        rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return rows, np.take_along_axis(cosines, rows, 1)


class Shop:
    """Products of six kinds, whose embeddings and names say their kind and whose colour is a matter of taste."""

    def __init__(self) -> None:
        self.chance = np.random.default_rng(3)
        self.kinds = self.chance.integers(0, len(KINDS), COUNT)
        centres = self.chance.normal(size=(len(KINDS), 32))
        self.vectors = (centres[self.kinds] + 0.7 * self.chance.normal(size=(COUNT, 32))).astype(np.float32)
        self.values: list[str | None] = [KINDS[kind] for kind in self.kinds]
        self.names = [f"{KINDS[kind]} of Acme {number % 40}" for number, kind in enumerate(self.kinds)]

    def examine(self) -> Examination:
        colours = [COLOURS[place] for place in np.random.default_rng(5).integers(0, 3, COUNT)]
        ids = [f"p{number}" for number in range(COUNT)]
        return examine(Items(ids, self.names, {"kind": self.values, "colour": colours}), Exact(self.vectors))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_clean_shop_has_nearly_no_findings(shop: Shop) -> None:
    assert len(shop.examine().findings) <= 0.002 * COUNT


def test_wrong_values_are_found_with_what_is_right(shop: Shop) -> None:
    wrong = shop.chance.permutation(COUNT)[: COUNT // 100]
    for row in wrong:
        shop.values[row] = KINDS[(shop.kinds[row] + shop.chance.integers(1, len(KINDS))) % len(KINDS)]

    found = shop.examine().of(WRONG)

    right = [one for one in found if one.proposed == KINDS[shop.kinds[int(one.id[1:])]] and int(one.id[1:]) in wrong]
    assert len(right) >= 0.9 * len(found) and len(right) >= 0.8 * len(wrong)
    assert all(one.attribute == "kind" and one.value != one.proposed for one in found)


def test_an_attribute_that_is_a_matter_of_taste_is_not_checked(shop: Shop) -> None:
    examination = shop.examine()

    assert set(examination.checked) == {"kind"} and examination.unchecked == ("colour",)


def test_missing_values_get_a_proposal(shop: Shop) -> None:
    for row in range(100):
        shop.values[row] = None

    found = shop.examine().of(MISSING)

    assert len(found) >= 90 and {one.attribute for one in found} == {"kind"}
    assert sum(one.proposed == KINDS[shop.kinds[int(one.id[1:])]] for one in found) >= 0.9 * len(found)
    assert all(one.value is None and one.probability >= 0.9 for one in found)


def test_equal_pictures_are_found(shop: Shop) -> None:
    copies = range(0, 60, 4)
    for row in copies:
        shop.vectors[row + 1] = shop.vectors[row]

    assert {(one.id, one.other_id) for one in shop.examine().of(SAME)} == {(f"p{row + 1}", f"p{row}") for row in copies}


def test_nearly_equal_pictures_are_found(shop: Shop) -> None:
    for row in range(0, 60, 4):
        shop.vectors[row + 1] = shop.vectors[row] + 0.01 * shop.chance.normal(size=32)

    found = {(one.id, one.other_id) for one in shop.examine().of(NEAR)}

    assert found == {(f"p{row + 1}", f"p{row}") for row in range(0, 60, 4)}


def test_a_picture_in_place_of_a_missing_one_is_found(shop: Shop) -> None:
    shop.vectors[:30] = shop.vectors[0]

    examination = shop.examine()

    assert {one.id for one in examination.of(PLACEHOLDER)} == {f"p{row}" for row in range(30)}
    assert not examination.of(SAME)


def test_the_command_writes_a_page_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(sample_index()), "--output", str(tmp_path)]) == 0

    table, page = pd.read_parquet(tmp_path / "findings.parquet"), (tmp_path / "index.html").read_text("utf-8")
    assert {"problem", "id", "other_id", "attribute", "value", "proposed", "probability"} <= set(table)
    assert "480 products" in page and all(f"{id}" in page for id in table["id"][:50])
    assert f"{(table['problem'] == NEAR).sum():,}  {NEAR}" in capsys.readouterr().out


def test_a_folder_that_is_no_index_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "error:" in capsys.readouterr().err
