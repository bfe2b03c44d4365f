"""Indexes made by a hostile hand, whose manifest vouches for all that is in them: refused, or harmless."""

from __future__ import annotations

import json
import resource
import struct
from pathlib import Path
from unittest.mock import Mock

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys import Recommender
from recsys.encoder import Encoder
from recsys.errors import EncoderError, IndexDamagedError, RecsysError
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from recsys.index.items_table import PICTURE_TYPE
from recsys.runtime.hashing import file_sha256, sha256
from recsys.web.server import about
from testkit.fake_shop import HOSTILE_NAME, Pictures, fake_shop
from testkit.manifests import rewrite, vouch_for

NODE = 16 + 4 * 16
"""Bytes of a node of the index of `conftest`."""
SECRET = "the secret of this machine"


def put(index, name, data):
    """Write a file of the index and have the manifest vouch for it, in the encoder's spec too."""
    path = index / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    vouch_for(index, name)
    field = {"encoder/model.safetensors": "weights", "encoder/config.json": "config"}.get(name)
    if field:
        rewrite(index, lambda body: body["encoder"].update({field: file_sha256(path)}))


def change_config(index, change):
    config = json.loads((index / "encoder/config.json").read_text())
    change(config)
    put(index, "encoder/config.json", json.dumps(config).encode())


def without_compiled(index):
    for name in ("compiled.xml", "compiled.bin"):
        (index / "encoder" / name).unlink()
        rewrite(index, lambda body, name=name: body["files"].pop(f"encoder/{name}"))


def write_items(index, **columns):
    """Replace columns of items.parquet."""
    table = pq.read_table(index / "items.parquet")
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), values)
    pq.write_table(table, index / "items.parquet", compression="zstd")
    vouch_for(index, "items.parquet")


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class TestManifest:
    @pytest.mark.parametrize(
        "text",
        [
            "[" * 100_000,
            '{"a":' * 100_000,
            '{"format": 1, "sha256": "", "x": "\\ud800"}',
            '{"format": 1, "sha256": "", "count": ' + "9" * 5000 + "}",
            " " * 4_000_001,
        ],
        ids=["deep lists", "deep objects", "half a character", "a huge number", "huge"],
    )
    def test_json_that_would_break_its_reader_is_refused(self, index, text):
        (index / "index.json").write_text(text)
        with pytest.raises(IndexDamagedError, match=r"index.json cannot be read"):
            IndexFolder.open(index)

    @pytest.mark.parametrize(
        "change",
        [
            lambda body: body.update(count=10**12),
            lambda body: body["search"].update(dim=10**9),
            lambda body: body["search"].update(search_k=2**40),
            lambda body: body["search"].update(metric=["euclidean"]),
            lambda body: body.update(attributes=[1]),
            lambda body: body["dataset"].update(id={"a": 1}),
            lambda body: body["files"]["vectors.ann"].update(size="1"),
            lambda body: body["encoder"].update(input_size=[3, 100_000, 100_000]),
            lambda body: body["encoder"].update(input_size=[3, 0, 32]),
            lambda body: body["encoder"].update(input_size=["a", "b", "c"]),
            lambda body: body["encoder"].update(crop_pct=1e-9),
            lambda body: body["encoder"].update(crop_pct="1"),
            lambda body: body["encoder"].update(std=[0, 0, 0]),
            lambda body: body["encoder"].update(mean=[float("nan")] * 3),
            lambda body: body["encoder"].update(interpolation=["bicubic"]),
            lambda body: body["encoder"].update(source={"repo": "../../secret", "revision": "main"}),
        ],
    )
    def test_a_number_or_word_that_would_take_the_machine_down_is_refused(self, index, change):
        rewrite(index, change)
        with pytest.raises(IndexDamagedError, match="not valid for format 1"):
            IndexFolder.open(index)


class TestFilesOfOthers:
    @pytest.mark.parametrize(
        "name", ["README.md", "assets/x.png", "encoder/heads.safetensors", "vectors.neighbours.npy"]
    )
    def test_a_link_to_a_file_of_this_machine_is_not_read(self, index, tmp_path, name):
        """A link that the manifest states has to have the sha256 of a file that its maker never saw."""
        secret = tmp_path / "secret"
        secret.write_text(SECRET)
        (index / name).unlink(missing_ok=True)
        (index / name).symlink_to(secret)
        rewrite(index, lambda body: body["files"].pop(name, None))
        with pytest.raises(IndexDamagedError, match=f"{name} is in the index folder but not listed in index.json"):
            IndexFolder.open(index)
        rewrite(index, lambda body: body["files"].update({name: {"size": len(SECRET), "sha256": "0" * 64}}))
        with pytest.raises(IndexDamagedError, match="not the file that was written"):
            IndexFolder.open(index)

    def test_a_link_to_a_folder_of_this_machine_is_not_read(self, index, tmp_path):
        (tmp_path / "album").mkdir()
        (tmp_path / "album" / "photo.png").write_text(SECRET)
        for plot in (index / "assets").iterdir():
            plot.unlink()
        (index / "assets").rmdir()
        (index / "assets").symlink_to(tmp_path / "album")
        rewrite(index, lambda body: body["files"].pop("assets/confidence.png"))
        with pytest.raises(IndexDamagedError, match=r"photo.png is in the index folder but not listed"):
            IndexFolder.open(index)

    @pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "encoder/../../secret", "a\x00b", ""])
    def test_a_name_that_leads_out_is_refused(self, index, name):
        (index.parent / "secret").write_text(SECRET)
        facts = {"size": len(SECRET), "sha256": sha256(SECRET.encode())}
        rewrite(index, lambda body: body["files"].update({name: facts}))
        with pytest.raises(IndexDamagedError, match="outside the index|is missing"):
            IndexFolder.open(index)


def tree_nodes(index):
    """The nodes of the trees as (offset, size), and the bytes of the file."""
    data = bytearray((index / "vectors.ann").read_bytes())
    nodes = range(30 * NODE, len(data), NODE)
    return [(offset, struct.unpack_from("<i", data, offset)[0]) for offset in nodes], data


SPLIT, LEAF = (lambda size: size > 18), (lambda size: size <= 18)
TREES = {
    "a child beyond the file": (SPLIT, 8, 10**9),
    "a child before the file": (SPLIT, 8, -1),
    "a node that is its own child": (SPLIT, 8, None),
    "an item that is none": (LEAF, 8, 10**9),
    "an item before the first": (LEAF, 12, -5),
    "fewer than no items": (LEAF, 0, -7),
    "no items": (LEAF, 0, 0),
    "items that are not its own": (SPLIT, 0, 29),
}


class TestVectors:
    @pytest.mark.parametrize("attack", TREES)
    def test_trees_that_lead_out_of_the_file_or_round_in_it_are_refused(self, index, attack):
        """Annoy follows them: the process dies, or never answers."""
        which, at, value = TREES[attack]
        nodes, data = tree_nodes(index)
        offset = next(offset for offset, size in nodes if which(size))
        struct.pack_into("<i", data, offset + at, offset // NODE if value is None else value)
        put(index, "vectors.ann", data)
        with pytest.raises(IndexDamagedError, match="trees that cannot be searched"):
            IndexFolder.open(index)

    def test_trees_without_their_roots_are_refused(self, index):
        data = (index / "vectors.ann").read_bytes()
        for end in (30 * NODE, 31 * NODE):
            put(index, "vectors.ann", data[:end])
            with pytest.raises(IndexDamagedError, match="trees that cannot be searched"):
                IndexFolder.open(index)

    @pytest.mark.parametrize("number", ["inf", "-inf", "nan", "3e38"])
    def test_vectors_of_no_length_are_refused(self, index, number):
        data = bytearray((index / "vectors.ann").read_bytes())
        data[7 * NODE + 16 : 7 * NODE + 20] = np.float32(number).tobytes()
        put(index, "vectors.ann", data)
        with pytest.raises(IndexDamagedError, match="not of length one"):
            IndexFolder.open(index)


def npy(header):
    head = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head


class TestNeighbours:
    @pytest.mark.parametrize("kind", ["pickle", "archive", "python", "huge", "wide", "deep"])
    def test_what_is_no_plain_table_is_refused(self, index, tmp_path, kind):
        path = tmp_path / "made"
        if kind == "pickle":
            with path.open("wb") as file:
                np.save(file, np.array([{"a": 1}] * 30, dtype=object), allow_pickle=True)
        elif kind == "archive":
            with path.open("wb") as file:
                np.savez_compressed(file, np.zeros((30, 16), np.int32))
        else:
            header = {
                "python": "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (30, 16)}",
                "huge": "{'descr': '<i4', 'fortran_order': False, 'shape': (30, 4611686018427387904)}",
                "wide": "{'descr': '<i4', 'fortran_order': False, 'shape': (30, 400)}",
                "deep": "{'descr': " + "(" * 90,
            }[kind]
            path.write_bytes(npy(header) + bytes(30 * 400 * 4))
        put(index, "vectors.neighbours.npy", path.read_bytes())
        with pytest.raises(IndexDamagedError, match=r"neighbours.npy (cannot be read|does not hold)"):
            IndexFolder.open(index)


def repeated(value, count=30):
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), [value]).cast(pa.string())


class TestItems:
    def test_more_text_than_products_have_is_refused_before_it_is_unpacked(self, index):
        write_items(index, name=pa.array(["x" * 2_000_000 + str(row) for row in range(30)]))
        assert (index / "items.parquet").stat().st_size < 200_000
        before = peak_mb()
        with pytest.raises(IndexDamagedError, match=r"its text takes more than 1,120,000 bytes"):
            IndexFolder.open(index)
        assert peak_mb() - before < 40

    def test_one_long_value_is_refused(self, index):
        write_items(index, name=repeated("x" * 30_000))
        with pytest.raises(IndexDamagedError, match="a value has more than 20,000 bytes"):
            IndexFolder.open(index)

    def test_a_picture_that_every_row_repeats_is_kept_once(self, index):
        table = pq.read_table(index / "items.parquet")
        pictures = pa.array([{"bytes": b"\xff\xd8\xff" + bytes(5_000_000), "path": None}] * 30, PICTURE_TYPE)
        pq.write_table(table.set_column(3, table.schema.field("thumbnail"), pictures), index / "items.parquet")
        del pictures
        vouch_for(index, "items.parquet")
        folder = IndexFolder.open(index)
        before = pa.total_allocated_bytes()
        assert len(folder.thumbnail(29)) == 5_000_003
        assert pa.total_allocated_bytes() - before < 40_000_000

    def test_pictures_of_any_size_are_refused_before_they_are_unpacked(self, index):
        large = [{"bytes": bytes([row]) * 3_000_000, "path": None} for row in range(30)]
        write_items(index, thumbnail=pa.array(large, PICTURE_TYPE))
        with pytest.raises(IndexDamagedError, match="the pictures of a row group take more than 64,000,000 bytes"):
            IndexFolder.open(index)

    def test_a_product_without_an_id_is_refused(self, index):
        write_items(index, id=pa.array([None, *map(str, range(29))], pa.string()))
        with pytest.raises(IndexDamagedError, match="a product has no id"):
            IndexFolder.open(index)

    def test_text_that_is_no_unicode_is_refused(self, index):
        bad = pa.Array.from_buffers(
            pa.string(), 30, [None, pa.py_buffer(np.arange(31, dtype=np.int32)), pa.py_buffer(b"\xff" * 30)]
        )
        write_items(index, name=bad)
        with pytest.raises(IndexDamagedError, match="does not hold a catalogue"):
            IndexFolder.open(index)

    def test_an_id_is_never_a_path(self, index, tmp_path):
        (tmp_path / "secret.png").write_text(SECRET)
        ids = ["../secret.png", str(tmp_path / "secret.png"), "%2e%2e/secret.png", *map(str, range(27))]
        write_items(index, id=pa.array(ids))
        shop = Recommender.from_pretrained(str(index))
        for item_id in ids[:3]:
            assert shop.thumbnail(item_id) == shop.assets.thumbnail(ids.index(item_id))

    def test_a_product_without_a_picture_takes_nothing_down(self, index):
        pictures = [{"bytes": None, "path": "/etc/passwd"}, None, *[{"bytes": b"<svg/>", "path": None}] * 28]
        write_items(index, thumbnail=pa.array(pictures, PICTURE_TYPE))
        folder = IndexFolder.open(index)
        assert [folder.thumbnail(row) for row in range(3)] == [b"", b"", b"<svg/>"]


class TestEncoder:
    @pytest.mark.parametrize(
        "change",
        [
            lambda config: config.update(architecture="hf-hub:evil/model"),
            lambda config: config.update(architecture="local-dir:/etc"),
            lambda config: config.update(architecture=["a"]),
            lambda config: config["model_args"].update(pretrained_cfg={"url": "http://127.0.0.1:9/x.pth"}),
            lambda config: config["model_args"].update(checkpoint_path="/etc/passwd"),
            lambda config: config["pretrained_cfg"].update(input_size=[3, 100_000, 100_000]),
            lambda config: config["pretrained_cfg"].update(crop_pct=1e-9),
        ],
    )
    def test_a_config_that_leads_elsewhere_is_refused(self, index, change):
        without_compiled(index)
        change_config(index, change)
        with pytest.raises(RecsysError):
            IndexFolder.open(index)
            Encoder.from_pretrained(index, device="cpu")
        with pytest.raises(EncoderError):
            Encoder.from_pretrained(index / "encoder", device="cpu")

    def test_weights_come_from_the_checked_file_whatever_the_config_names(self, index, monkeypatch):
        """timm would take a link, a file of this machine or a repository of the config for its weights."""
        without_compiled(index)
        elsewhere = {"url": "http://127.0.0.1:9/x.pth", "file": "/etc/passwd", "hf_hub_id": "evil/model"}
        change_config(index, lambda config: config["pretrained_cfg"].update(elsewhere, custom_load=True))
        (index / "encoder" / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
        with pytest.raises(IndexDamagedError, match=r"pytorch_model.bin is in the index folder but not listed"):
            IndexFolder.open(index)
        (index / "encoder" / "pytorch_model.bin").unlink()
        folder = IndexFolder.open(index)
        encoder = Encoder.from_pretrained(index, device="cpu")
        found = encoder.encode([decode(folder.thumbnail(3))])
        assert found @ folder.searcher.vectors([3])[0] == pytest.approx(1, abs=1e-3)

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff" * 8 + b"{}",
            (100_000_000).to_bytes(8, "little") + b"{",
            (2).to_bytes(8, "little") + b"{}",
            (68).to_bytes(8, "little")
            + b'{"label":{"dtype":"F16","shape":[4611686018427387904,16],"data_offsets":[0,0]}}',
            b"cos\nsystem\n(S'true'\ntR.",
        ],
        ids=["a header without end", "a long header", "no tensors", "a huge tensor", "a pickle"],
    )
    @pytest.mark.parametrize("name", ["heads", "model"])
    def test_tensors_that_are_none_are_refused(self, index, name, data):
        without_compiled(index)
        put(index, f"encoder/{name}.safetensors", data)
        with pytest.raises(EncoderError):
            Encoder.from_pretrained(index, device="cpu")

    @pytest.mark.parametrize(
        "entity", ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;">']
    )
    def test_a_compiled_network_reads_no_other_file(self, index, entity):
        text = (index / "encoder/compiled.xml").read_text()
        start = text.index("<net ")
        text = f"<!DOCTYPE net [{entity}]>" + text[start:].replace('<net name="', '<net name="&x;', 1)
        put(index, "encoder/compiled.xml", text.encode())
        encoder = Encoder.from_pretrained(index, device="cpu")
        name = encoder.network.model.get_friendly_name() if encoder.runtime == "openvino" else ""
        assert Path("/etc/hostname").read_text().strip() not in name and "aaaa" not in name

    @pytest.mark.parametrize("change", [('"size": [32, 32]', '"size": [99999, 99999]'), ("[64, 64]", "[99999, 99999]")])
    def test_a_compiled_network_of_another_size_is_not_made_room_for(self, index, change, caplog):
        text = (index / "encoder/compiled.xml").read_text()
        quoted = [part.replace('"', "&quot;") for part in change]
        assert quoted[0] in text
        put(index, "encoder/compiled.xml", text.replace(*quoted).encode())
        assert Encoder.from_pretrained(index, device="cpu").runtime == "torch-cpu"
        assert "compiled.xml of encoder cannot be read" in caplog.text

    def test_a_projection_of_other_features_is_refused(self, index):
        from safetensors.numpy import save

        bad = {
            "other": {"mean": np.zeros(5, np.float32), "components": np.eye(5, 16, dtype=np.float32)},
            "nan": {"mean": np.full(16, np.nan, np.float32), "components": np.eye(16, dtype=np.float32)},
            "flat": {"mean": np.zeros(16, np.float32), "components": np.zeros(16, np.float32)},
        }
        for tensors in bad.values():
            put(index, "encoder/projection.safetensors", save(tensors))
            rewrite(
                index,
                lambda body: body["encoder"].update(
                    projection=body["files"]["encoder/projection.safetensors"]["sha256"]
                ),
            )
            with pytest.raises(EncoderError, match=r"projection.safetensors of encoder"):
                Encoder.from_pretrained(index, device="cpu")


@pytest.fixture(scope="module")
def shop():
    """A shop whose index says hostile things of itself."""
    card = (
        f"# {HOSTILE_NAME}\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1))"
        " [b](data:text/html,<script>1</script>) [c](vbscript:x) ![d](data:image/svg+xml;base64,PHN2Zz4=) ![e](https://evil.example/track.gif)"
        ' ![f](x" onerror="alert(1)) <img src=x onerror=alert(1)>\n\n| a |\n| --- |\n| <b onclick=x>c |\n'
    )
    shop = fake_shop()
    shop.assets = Pictures(shop.assets.encoded, card, {"x.png": b"<html><script>alert(1)</script>"})
    return shop


class TestWhatIsShown:
    def test_a_card_runs_nothing_and_leads_to_no_script(self, server):
        answer = httpx.get(f"{server.local_url}about")
        assert "<script" not in answer.text and "<img src=x" not in answer.text and "<b onclick" not in answer.text
        assert (
            'href="javascript' not in answer.text and 'href="data:' not in answer.text and "vbscript:x)" in answer.text
        )
        assert 'onerror="' not in answer.text
        assert "default-src 'none'; img-src 'self'" in answer.headers["content-security-policy"]

    def test_a_card_without_end_is_read_in_part_and_made_a_page_of_once(self, index, monkeypatch):
        """A million brackets take ten seconds, for whoever asks for the page about the shop."""
        put(index, "README.md", b"![" * 500_000)
        assert len(IndexFolder.open(index).card) == 200_000
        monkeypatch.setattr(about.MarkdownIt, "render", Mock(return_value="<h1>Another shop</h1>"))
        assert about.page("# Another shop", "A") == about.page("# Another shop", "A", accept_language="de")
        assert about.MarkdownIt.render.call_count == 1

    def test_a_plot_is_a_picture_whatever_it_holds(self, server):
        answer = httpx.get(f"{server.local_url}about/x.png")
        assert answer.headers["content-type"] == "image/png" and answer.headers["x-content-type-options"] == "nosniff"

    def test_a_card_that_is_no_text_is_shown_as_far_as_it_is(self, index):
        put(index, "README.md", b"# Shop \xff\xfe")
        assert IndexFolder.open(index).card == "# Shop \ufffd\ufffd"

    @pytest.mark.parametrize("data", [b"<svg onload='alert(1)'/>", b"<html>", b"GIF89a/*<script>alert(1)</script>"])
    def test_a_picture_of_a_product_is_never_a_page(self, server, shop, monkeypatch, data):
        monkeypatch.setattr(shop, "assets", Pictures([data] * 60))
        answer = httpx.get(f"{server.local_url}thumbs/p7")
        assert answer.headers["content-type"] in ("image/gif", "text/plain; charset=utf-8")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert data not in answer.content or answer.headers["content-type"] == "image/gif"
