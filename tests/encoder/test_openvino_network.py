"""The compiled form of an encoder: equal to PyTorch's, bound to what it was made of, and loaded without PyTorch."""

import json
import logging
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.encoder.openvino_network import CompiledNetwork
from recsys.errors import EncoderError, IndexMismatchError
from recsys.hub import cache_folder
from recsys.index.folder import IndexFolder
from testkit.fake_shop import draw
from testkit.small_shop import write_encoder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def images():
    return [draw("Tshirts", "#b3262e"), draw("Watches", "#222222"), draw("Caps", "#26355e", (60, 80))]


@pytest.fixture
def reference(encoder_folder):
    return Encoder.from_pretrained(encoder_folder, device="cpu")


def cosines(left, right):
    return (left * right).sum(-1) / np.linalg.norm(left, axis=-1) / np.linalg.norm(right, axis=-1)


def test_it_gives_what_pytorch_gives_whatever_the_batch(reference, images):
    compiled = reference.compiled()
    assert (reference.runtime, compiled.runtime) == ("torch-cpu", "openvino")
    for batch in (images, images[:1], images * 15):
        assert cosines(reference.encode(batch), compiled.encode(batch)).min() > 0.9999
    item = reference.encode(images[1:2])[0]
    theirs, ours = reference.heat(images[0], item), compiled.heat(images[0], item)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    assert compiled.logits(compiled.encode(images))["label"].shape == (3, 6)
    assert compiled.parameters == reference.parameters
    assert compiled.spec == reference.spec


def test_batches_at_once_give_the_same_features_to_the_last_bit(reference, images):
    compiled, pixels = reference.compiled(), reference.pixels(images * 11)
    batches = [pixels[start : start + size] for start, size in ((0, 8), (8, 2), (10, 3), (13, 20))]
    with ThreadPoolExecutor(4) as threads:
        found = np.concatenate(list(threads.map(compiled.features, batches)))
    np.testing.assert_array_equal(found, compiled.features(pixels))


def test_it_is_compiled_once(reference, images, monkeypatch):
    first = reference.compiled()
    monkeypatch.setattr("recsys.encoder.torch_network.compile_network", lambda *parts: pytest.fail("compiled again"))
    np.testing.assert_array_equal(reference.compiled().encode(images), first.encode(images))
    assert first.compiled() is first


@pytest.mark.slow
def test_an_index_is_asked_without_pytorch(built, tmp_path):
    picture = tmp_path / "picture.png"
    draw("Caps", "#26355e").save(picture)
    asked = (
        "import sys; from PIL import Image; from recsys import Recommender;"
        " shop = Recommender.from_pretrained(sys.argv[1]); picture = Image.open(sys.argv[2]);"
        " print(len(shop.recommend(picture, 3)), shop.heat(picture, shop.items.ids[0]) is not None);"
        " heavy = {'torch', 'timm', 'torchvision', 'matplotlib', 'datasets', 'openvino_telemetry'};"
        " print(sorted(name for name in heavy if sys.modules.get(name)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, str(built), str(picture)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split("\n")[:2] == ["3 True", "[]"], done.stderr


def test_an_index_has_it_and_one_without_is_served_by_pytorch(index, images):
    folder = IndexFolder.open(index)
    assert {"encoder/compiled.xml", "encoder/compiled.bin"} <= folder.manifest.files.keys()
    compiled = Encoder.from_pretrained(index)
    shutil.rmtree(cache_folder("compiled"), ignore_errors=True)
    (index / "encoder" / "compiled.bin").unlink()
    plain = Encoder.from_pretrained(index)
    assert (compiled.runtime, plain.runtime) == ("openvino", "torch-cpu")
    assert cosines(compiled.encode(images), plain.encode(images)).min() > 0.9999


def other_facts(text, **facts):
    start = text.index("{", text.index("<facts")) if "<facts" in text else text.index("{&quot;")
    end = text.index("}", start) + 1
    changed = json.loads(text[start:end].replace("&quot;", '"')) | facts
    return text[:start] + json.dumps(changed).replace('"', "&quot;") + text[end:]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[: len(text) // 2], "cannot be read"),
        (lambda text: "no network", "cannot be read"),
        (lambda text: other_facts(text, fingerprint="0" * 64), "made of another encoder"),
        (lambda text: other_facts(text, features=[1.0] * 16), "gives other features here"),
        (lambda text: other_facts(text, features=[1.0] * 3), "cannot be read"),
    ],
)
def test_what_is_not_right_is_refused_and_pytorch_runs_the_encoder(index, images, damage, reason, caplog):
    expected, path = Encoder.from_pretrained(index).encode(images), index / "encoder" / "compiled.xml"
    path.write_text(damage(path.read_text()))
    with caplog.at_level(logging.WARNING):
        encoder = Encoder.from_pretrained(index)
    assert reason in caplog.text
    assert encoder.runtime == "torch-cpu"
    assert cosines(encoder.encode(images), expected).min() > 0.9999
    with pytest.raises(EncoderError, match=reason):
        CompiledNetwork.load(index / "encoder", encoder.spec)


@pytest.mark.slow
def test_in_int8_it_is_another_encoder_and_an_index_says_so(pictures, reference, images, tmp_path):
    encoder = reference.in_int8(images)
    assert encoder.spec.int8
    assert encoder.spec.fingerprint != reference.spec.fingerprint
    assert reference.in_int8(images).spec == encoder.spec
    near = cosines(encoder.encode(images), reference.encode(images))
    assert 0.9 < near.min() < 0.99999
    build_index(Catalog.open(str(pictures)), reference, tmp_path / "index", int8=True)
    opened = Encoder.from_pretrained(tmp_path / "index")
    assert opened.spec == IndexFolder.open(tmp_path / "index").manifest.encoder
    assert opened.heat(images[0], opened.encode(images)[1]) is not None
    (tmp_path / "index" / "encoder" / "compiled.xml").unlink()
    with pytest.raises(IndexMismatchError, match=r"int8 \w+… against None"):
        Encoder.from_pretrained(tmp_path / "index")


@pytest.mark.slow
def test_an_int8_form_that_computes_other_features_here_gives_way_to_pytorch(
    pictures, reference, images, tmp_path, caplog
):
    build_index(
        Catalog.open(str(pictures)), reference, tmp_path / "index", int8=True, queries=Catalog.open(str(pictures))
    )
    assert Encoder.from_pretrained(tmp_path / "index").runtime == "openvino"
    compiled = tmp_path / "index" / "encoder" / "compiled.xml"
    compiled.write_text(other_facts(compiled.read_text(), features=[1.0] * 16))
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        encoder = Encoder.from_pretrained(tmp_path / "index")
    assert "gives other features here" in caplog.text and "differ slightly" in caplog.text
    assert (encoder.runtime, encoder.spec.int8) == ("torch-cpu", None)
    np.testing.assert_allclose(encoder.encode(images), reference.encode(images), atol=1e-3)


def test_int8_without_nncf_says_how_to_get_it(reference, images, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(EncoderError, match=r"pip install nncf==\d"):
        reference.in_int8(images[:2])


def test_what_openvino_cannot_compile_is_run_by_pytorch(tmp_path, images, monkeypatch, caplog):
    encoder = Encoder.from_pretrained(write_encoder(tmp_path / "odd", seed=5))
    monkeypatch.setattr("recsys.encoder.openvino_network.MIN_COSINE", 2.0)
    assert encoder.compiled() is encoder
    assert "PyTorch runs the encoder, which is slower" in caplog.text
    assert not list(cache_folder("compiled").glob(f"{encoder.spec.fingerprint}/compiled.*"))


def test_what_a_killed_compilation_left_is_removed(tmp_path):
    encoder = Encoder.from_pretrained(write_encoder(tmp_path / "another", seed=77))
    folder = cache_folder("compiled") / encoder.spec.fingerprint
    shutil.rmtree(folder, ignore_errors=True)
    left, running = folder / "unfinished-old", folder / "unfinished-new"
    for made in (left, running):
        made.mkdir(parents=True)
        (made / "compiled.bin").write_bytes(b"half")
    os.utime(left, (0, 0))
    encoder.compiled()
    assert not left.exists() and running.exists()
    shutil.rmtree(running)
