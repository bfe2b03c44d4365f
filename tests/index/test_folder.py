from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from recsys import Recommender
from recsys.errors import IndexDamagedError, IndexFolderError, IndexFormatError, IndexMismatchError
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.index.replace import check_replaceable, replace_folder
from recsys.index.writer import ItemsWriter
from recsys.types import Item
from testkit.manifests import rewrite, vouch_for

FILES = ["vectors.ann", "items.parquet", "README.md", "encoder/config.json", "encoder/model.safetensors"]
REMEDY = "rebuild it with build_index.py"


def test_an_index_opens_with_its_items_thumbnails_and_vectors(index, pictures):
    folder = IndexFolder.open(index)
    assert len(folder.items) == folder.manifest.count == 30
    row = folder.items.row("Caps/Black")
    assert folder.items[row].attributes == {"label": "Caps"}
    assert folder.thumbnail(row) == (pictures / "Caps" / "Black.png").read_bytes()
    assert folder.searcher.vectors([row]).shape == (1, 16)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(index, name):
    (index / name).unlink()
    with pytest.raises(IndexDamagedError, match=f"{name} is missing.*{REMEDY}"):
        IndexFolder.open(index)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_is_named_with_both_sizes(index, name):
    path = index / name
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2])
    with pytest.raises(IndexDamagedError, match=f"{name} has {size // 2} bytes where {size} were written.*{REMEDY}"):
        IndexFolder.open(index)


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_one_other_byte_is_refused(index, name):
    path = index / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexDamagedError, match=f"{name} is not the file that was written.*{REMEDY}"):
        IndexFolder.open(index)


def test_an_annoy_file_cut_at_a_node_and_vouched_for_is_refused(index):
    path = index / "vectors.ann"
    path.write_bytes(path.read_bytes()[: 20 * (12 + 4 * 16)])
    vouch_for(index, "vectors.ann")
    with pytest.raises(IndexDamagedError, match="vectors.ann is too small for 30 vectors of 16 dimensions"):
        IndexFolder.open(index)


def test_the_items_of_another_index_are_refused(index):
    table = pq.read_table(index / "items.parquet")
    pq.write_table(table.slice(0, 29), index / "items.parquet")
    vouch_for(index, "items.parquet")
    with pytest.raises(IndexDamagedError, match="29 rows .* states 30 of"):
        IndexFolder.open(index)


def test_items_with_other_columns_are_refused(index):
    table = pq.read_table(index / "items.parquet").rename_columns(["id", "name", "kind", "thumbnail"])
    pq.write_table(table, index / "items.parquet")
    vouch_for(index, "items.parquet")
    with pytest.raises(IndexDamagedError, match="rows of id, name, kind, thumbnail, but .* id, name, label"):
        IndexFolder.open(index)


def test_items_that_are_no_parquet_are_refused(index):
    (index / "items.parquet").write_bytes(b"PAR1 nothing of the kind PAR1")
    vouch_for(index, "items.parquet")
    with pytest.raises(IndexDamagedError, match=r"items.parquet cannot be read"):
        IndexFolder.open(index)


@pytest.mark.parametrize("name", ["encoder/config.json", "encoder/model.safetensors"])
def test_the_files_of_another_encoder_are_refused_with_both_hashes(index, name):
    with (index / name).open("ab") as file:
        file.write(b" ")
    vouch_for(index, name)
    with pytest.raises(
        IndexMismatchError, match=rf"another encoder.*{name} has sha256 \w+…, .* made with \w+….*{REMEDY}"
    ):
        IndexFolder.open(index)


def test_an_encoder_of_another_dimension_is_refused(index):
    rewrite(index, lambda body: body["encoder"].update(dim=32))
    with pytest.raises(IndexMismatchError, match="32 dimensions.*16"):
        IndexFolder.open(index)


@pytest.mark.parametrize("number", [0, 2, 99])
def test_another_format_is_refused_by_its_number(index, number):
    rewrite(index, lambda body: body.update(format=number))
    with pytest.raises(IndexFormatError, match=f"format {number}; this program reads format 1.*rebuild the index"):
        IndexFolder.open(index)


def test_a_manifest_that_was_altered_is_refused(index):
    path = index / "index.json"
    path.write_text(path.read_text().replace('"count": 30', '"count": 31'))
    with pytest.raises(IndexDamagedError, match=r"index.json was altered"):
        IndexFolder.open(index)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', "\x00"])
def test_a_manifest_that_is_no_manifest_is_refused(index, text):
    (index / "index.json").write_text(text)
    with pytest.raises(IndexDamagedError, match=r"index.json cannot be read"):
        IndexFolder.open(index)


def test_a_manifest_that_lacks_a_field_is_refused(index):
    rewrite(index, lambda body: body.pop("search"))
    with pytest.raises(IndexDamagedError, match="not valid for format 1"):
        IndexFolder.open(index)


def test_a_manifest_cannot_name_files_outside_the_index(index):
    rewrite(index, lambda body: body["files"].update({"../secret": {"size": 1, "sha256": ""}}))
    with pytest.raises(IndexDamagedError, match="outside the index"):
        IndexFolder.open(index)


def test_a_folder_that_does_not_exist_is_said_to_be_missing(tmp_path):
    with pytest.raises(IndexFolderError, match=r"The folder nowhere does not exist. Check its path"):
        IndexFolder.open(tmp_path / "nowhere")


def test_a_folder_without_a_manifest_is_no_index(tmp_path):
    with pytest.raises(IndexFolderError, match=r"has no index.json"):
        IndexFolder.open(tmp_path)


def test_thumbnails_come_from_the_right_row_across_row_groups(tmp_path):
    writer = ItemsWriter(tmp_path / "items.parquet", ["size", "name"])
    for number in range(600):
        writer.add(Item(str(number), None, {"size": None, "name": "x"}), str(number).encode())
    writer.close()
    table = pq.read_table(tmp_path / "items.parquet")
    assert table.column_names == ["id", "name", "size", "name_", "thumbnail"]
    assert [row["bytes"] for row in table["thumbnail"].to_pylist()] == [str(number).encode() for number in range(600)]
    assert pq.ParquetFile(tmp_path / "items.parquet").num_row_groups >= 3


def test_the_hub_viewer_is_told_that_thumbnails_are_pictures(index):
    metadata = pq.read_schema(index / "items.parquet").metadata
    features = json.loads(metadata[b"huggingface"])["info"]["features"]
    assert features["thumbnail"] == {"_type": "Image"}
    assert pa.types.is_struct(pq.read_schema(index / "items.parquet").field("thumbnail").type)


def test_what_is_no_index_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"dear")
    with pytest.raises(IndexFolderError, match="exists and is not an index"):
        check_replaceable(tmp_path / "photos")
    check_replaceable(tmp_path / "nothing-there")


def test_an_index_is_replaced_whole(index, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    (new / "index.json").write_text("new")
    replace_folder(new, index)
    assert sorted(path.name for path in index.parent.iterdir() if path.name.startswith((".", "shop"))) == ["shop"]
    assert (index / "index.json").read_text() == "new"


def test_stored_pictures_of_odd_kinds_can_be_shown(index):
    folder = IndexFolder.open(index)
    assert isinstance(decode(folder.thumbnail(0)), Image.Image)
    assert np.asarray(decode(folder.thumbnail(0))).shape == (120, 90, 3)


@pytest.mark.parametrize("name", ["format-1"])
def test_an_index_of_every_format_so_far_still_answers(name):
    shop = Recommender.from_pretrained(str(Path(__file__).parents[1] / "data" / name))
    best = shop.recommend(decode(shop.thumbnail("Caps/Red")), k=3)[0]
    assert best.similarity == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["files"].pop("vectors.ann"),
        lambda body: body.update(files=[]),
        lambda body: body["files"]["vectors.ann"].pop("size"),
        lambda body: body["search"].update(search_k="many"),
        lambda body: body.update(count=0),
        lambda body: body["encoder"].update(unknown=1),
    ],
    ids=["vectors not listed", "files a list", "no size", "search_k a word", "no items", "unknown field"],
)
def test_a_manifest_that_says_something_impossible_is_refused(index, change):
    rewrite(index, change)
    with pytest.raises(IndexDamagedError, match="not valid for format 1"):
        IndexFolder.open(index)


@pytest.mark.parametrize(
    ("name", "value"), [("input_size", [3, 64, 64]), ("crop_pct", 0.5), ("architecture", "test_vit")]
)
def test_a_recipe_that_the_encoders_own_config_contradicts_is_refused(index, name, value):
    rewrite(index, lambda body: body["encoder"].update({name: value}))
    with pytest.raises(
        IndexMismatchError, match=rf"another encoder.*{name} .* against .* in encoder/config.json.*{REMEDY}"
    ):
        IndexFolder.open(index)


def test_vectors_that_are_not_numbers_are_refused_wherever_they_are(index):
    path = index / "vectors.ann"
    content = bytearray(path.read_bytes())
    start = 7 * (12 + 4 * 16) + 12
    content[start : start + 4] = np.float32("nan").tobytes()
    path.write_bytes(content)
    vouch_for(index, "vectors.ann")
    with pytest.raises(IndexDamagedError, match="not of length one"):
        IndexFolder.open(index)


@pytest.mark.parametrize("ids", [["same"] * 30, list(range(30))], ids=["repeated", "numbers"])
def test_ids_that_are_no_ids_are_refused(index, ids):
    table = pq.read_table(index / "items.parquet")
    column = pa.array(ids)
    field = pa.field("id", column.type)
    pq.write_table(table.set_column(0, field, column), index / "items.parquet")
    vouch_for(index, "items.parquet")
    with pytest.raises(IndexDamagedError, match=r"items.parquet (does not hold a catalogue|has 30 rows of)"):
        IndexFolder.open(index)


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": [0.9, 0.1], "similarity": [0.1, 0.9]},
        {"similarity": [0.1]},
        {"threshold": 7},
        {"threshold": "high"},
        {"unknown": 1},
    ],
)
def test_a_calibration_that_says_something_impossible_is_refused(index, change):
    rewrite(index, lambda body: body["calibration"].update(change))
    with pytest.raises(IndexDamagedError, match="not valid for format 1"):
        IndexFolder.open(index)


def test_an_index_without_the_heads_of_its_encoder_is_refused(index):
    (index / "encoder" / "heads.safetensors").unlink()
    rewrite(index, lambda body: body["files"].pop("encoder/heads.safetensors"))
    with pytest.raises(IndexDamagedError, match="heads.safetensors is missing"):
        IndexFolder.open(index)


def test_an_index_without_a_calibration_opens(index):
    rewrite(index, lambda body: body.pop("calibration"))
    assert IndexFolder.open(index).manifest.calibration is None


def test_new_products_at_the_top_leave_most_row_groups_as_they_were(tmp_path):
    """The Hub then has these bytes already, and an update does not send them."""

    def groups(items, path):
        with ItemsWriter(path, []) as writer:
            for item_id in items:
                writer.add(Item(item_id, item_id, {}), item_id.encode() * 100)
        metadata, data, starts = pq.read_metadata(path), path.read_bytes(), []
        for number in range(metadata.num_row_groups):
            column = metadata.row_group(number).column(0)
            starts.append(column.dictionary_page_offset or column.data_page_offset)
        return {data[start:end] for start, end in pairwise([*starts, len(data)])}

    ids = [f"S{number:05}" for number in range(5_000)]
    before = groups(ids, tmp_path / "before.parquet")
    after = groups([f"N{number}" for number in range(50)] + ids, tmp_path / "after.parquet")
    assert len(after & before) >= 0.85 * len(before) > 20
