import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from recsys.errors import EncoderError, IndexFolderError, RecsysError
from recsys.hub import push
from recsys.recommend.recommender import Recommender
from recsys.serving import lazy_encoder
from recsys.serving.lazy_encoder import BackgroundEncoder
from recsys.serving.open import open_recommender
from recsys.settings import Settings
from testkit.fake_shop import draw

ROOT = Path(__file__).parents[2]
FAULTS = {
    "refused": lambda hub: hub.stop(),
    "failing": lambda hub: hub.fault(".*", "status", times=-1),
    "silent": lambda hub: hub.fault(".*", "slow", times=-1, delay=60),
    "corrupt": lambda hub: hub.fault("GET /cdn/", "corrupt", times=-1),
    "truncated": lambda hub: hub.fault("GET /cdn/", "truncate", times=-1),
    "token refused": lambda hub: hub.fault(".*", "status", times=-1, status=401),
}


@pytest.fixture
def published(index, hub):
    """An index on the Hub that has been served once."""
    name = hub.new_name()
    commit = push(index, name)
    settings = Settings(index_repo=name, index_dir=index, token="hf_test")
    shop = open_recommender(settings)
    assert shop.origin.notice is None
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5
    return settings, commit.revision


def test_the_folder_is_served_where_no_repository_is_named(built):
    shop = open_recommender(Settings(index_dir=built))
    assert (shop.origin.name, shop.origin.revision, shop.origin.notice) == ("shop", None, None)
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5


def test_a_repository_is_served_pinned_to_its_commit(published):
    settings, revision = published
    shop = open_recommender(settings)
    assert (shop.origin.name, shop.origin.revision) == (settings.index_repo, revision)
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5


@pytest.mark.parametrize("fault", FAULTS)
def test_the_last_good_copy_is_served_when_the_hub_fails_and_it_is_said(published, hub, built, tmp_path, fault):
    settings, revision = published
    if fault in ("corrupt", "truncated"):
        hub.seed("datasets", settings.index_repo, {"vectors.ann": b"new " * 9999})
    FAULTS[fault](hub)
    shop = open_recommender(settings)
    assert shop.origin.revision == revision
    assert f"the copy of {settings.index_repo} that last worked ({revision[:7]})" in shop.origin.notice
    assert "hf_test" not in shop.origin.notice
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5


def test_a_damaged_revision_is_refused_and_the_last_good_one_served(published, hub):
    settings, revision = published
    hub.seed("datasets", settings.index_repo, {"vectors.ann": b"nothing of the kind"})
    shop = open_recommender(settings)
    assert shop.origin.revision == revision
    assert "vectors.ann has 19 bytes where" in shop.origin.notice


def test_a_revision_whose_encoder_does_not_load_never_counts_as_good(published, hub, monkeypatch):
    from recsys.encoder import Encoder

    settings, revision = published
    hub.seed("datasets", settings.index_repo, {"new.txt": b"a new revision"})

    def fail(*_, **__):
        raise EncoderError("does not load")

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "from_spec", fail)
        shop = open_recommender(settings)
        assert shop.origin.revision != revision
        with pytest.raises(EncoderError, match="does not load"):
            shop.embed(draw("Caps", "#b3262e"))
    hub.stop()
    assert open_recommender(settings).origin.revision == revision


def test_the_folder_is_served_where_the_hub_never_answered(built, hub):
    shop = open_recommender(Settings(index_repo="me/not-there", index_dir=built))
    assert shop.origin.name == "shop"
    assert "the index that came with this app instead of me/not-there" in shop.origin.notice


def test_nothing_is_served_where_there_is_nothing(tmp_path, hub):
    with pytest.raises(IndexFolderError, match=r"me/not-there.* And there is no index to show.*has no index.json"):
        open_recommender(Settings(index_repo="me/not-there", index_dir=tmp_path))


def test_a_repository_that_is_no_index_is_named(hub, tmp_path):
    name = hub.new_name()
    hub.seed("datasets", name, {"notes.txt": b"hello"})
    with pytest.raises(IndexFolderError, match=rf"{name} has no index.json"):
        Recommender.from_pretrained(name, device="cpu")


def test_weights_on_the_hub_are_in_the_cache_before_an_index_counts_as_good(hub, pictures, tmp_path, encoder_folder):
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.encoder import Encoder

    model, name = hub.new_name(), hub.new_name()
    hub.seed("models", model, {path.name: path.read_bytes() for path in encoder_folder.iterdir()})
    build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(model), tmp_path / "shop")
    assert not list((tmp_path / "shop").glob("encoder/model.safetensors"))
    push(tmp_path / "shop", name)
    settings = Settings(index_repo=name, index_dir=tmp_path / "nothing", token="hf_test")
    first = open_recommender(settings)
    assert first.origin.notice is None
    first.embed(draw("Caps", "#b3262e"))
    hub.stop()
    shop = open_recommender(settings)
    assert "last worked" in shop.origin.notice
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5


def test_an_encoder_in_the_background_answers_once_it_is_there_and_passes_its_error_on(encoder_folder):
    from recsys.encoder import Encoder

    gate = threading.Event()

    def load():
        gate.wait(10)
        return Encoder.from_pretrained(encoder_folder)

    encoder = BackgroundEncoder(load)
    threading.Timer(0.1, gate.set).start()
    assert encoder.encode([draw("Caps", "#b3262e")]).shape == (1, 16)

    def fail():
        raise EncoderError("no weights")

    with pytest.raises(EncoderError, match="no weights"):
        BackgroundEncoder(fail).encode([draw("Caps", "#b3262e")])


def test_an_encoder_in_the_background_tells_all_that_the_encoder_does(encoder_folder):
    from recsys.encoder import Encoder

    encoder = Encoder.from_pretrained(encoder_folder)
    waited = BackgroundEncoder(lambda: encoder)
    image = draw("Caps", "#b3262e")
    vectors = encoder.encode([image])
    assert waited.values == encoder.values and "label" in waited.values
    assert (waited.logits(vectors)["label"] == encoder.logits(vectors)["label"]).all()
    assert (waited.heat(image, vectors[0]) == encoder.heat(image, vectors[0])).all()


def test_an_encoder_that_did_not_load_fails_whatever_is_asked():
    def fail():
        raise EncoderError("no weights")

    encoder, vectors = BackgroundEncoder(fail), np.zeros((1, 16), np.float32)
    for ask in (
        lambda: encoder.values,
        lambda: encoder.logits(vectors),
        lambda: encoder.heat(draw("Caps", "#b3262e"), vectors[0]),
    ):
        with pytest.raises(EncoderError, match="no weights"):
            ask()


@pytest.fixture
def second_time_lucky(encoder_folder):
    """An encoder that does not load the first time."""
    from recsys.encoder import Encoder

    tries = iter([EncoderError("the Hub is down"), None])

    def load():
        if error := next(tries):
            raise error
        return Encoder.from_pretrained(encoder_folder)

    return BackgroundEncoder(load)


def test_an_encoder_that_did_not_load_is_tried_again_in_a_while(second_time_lucky, monkeypatch):
    for _ in range(2):
        with pytest.raises(EncoderError, match="the Hub is down"):
            second_time_lucky.encode([draw("Caps", "#b3262e")])
    monkeypatch.setattr(lazy_encoder, "RETRY_AFTER_S", 0.0)
    assert second_time_lucky.encode([draw("Caps", "#b3262e")]).shape == (1, 16)


def test_it_is_tried_again_too_where_all_that_asks_is_who_waits_for_it_to_be_ready(second_time_lucky, monkeypatch):
    with pytest.raises(EncoderError, match="the Hub is down"):
        second_time_lucky.encode([draw("Caps", "#b3262e")])
    assert not second_time_lucky.is_ready
    monkeypatch.setattr(lazy_encoder, "RETRY_AFTER_S", 0.0)
    end = time.monotonic() + 20
    while not second_time_lucky.is_ready and time.monotonic() < end:
        time.sleep(0.05)
    assert second_time_lucky.is_ready


def test_settings_come_from_the_environment_and_keep_the_token_out_of_sight():
    settings = Settings.from_env({"INDEX_REPO": "me/shop", "INDEX_REVISION": "", "HF_TOKEN": "hf_secret"})
    assert settings == Settings("me/shop", None, None, "hf_secret")
    assert "hf_secret" not in repr(settings)
    assert Settings.from_env({}) == Settings()


def test_importing_the_library_loads_no_heavy_library():
    heavy = ("torch", "timm", "gradio", "datasets", "annoy", "pyarrow")
    code = f"import sys, recsys, recsys.errors; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=os.environ)
    assert done.stdout.strip() == "[]"


def test_only_origins_may_embed_the_page():
    assert Settings.from_env({}).embed_origins == ()
    settings = Settings.from_env({"EMBED_ORIGINS": " https://shop.example  http://*.shop.example:8080 "})
    assert settings.embed_origins == ("https://shop.example", "http://*.shop.example:8080")
    for wrong in (
        "shop.example",
        "https://shop.example/path",
        "*",
        "https://a.b; script-src *",
        "https://shop.example,",
    ):
        with pytest.raises(RecsysError, match="EMBED_ORIGINS are origins"):
            Settings.from_env({"EMBED_ORIGINS": wrong})
