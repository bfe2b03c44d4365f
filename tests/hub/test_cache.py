"""The copy that last worked is remembered in the cache."""

from __future__ import annotations

import os

import pytest
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import OfflineModeIsEnabled

from recsys.errors import HubDownError
from recsys.hub import last_good, pull, remember
from testkit.hub_double import HubDouble
from tests.support.hub_shop import VECTORS, blob, content


def test_the_last_good_copy_is_the_one_remembered_not_the_one_pulled_last(hub: HubDouble, shop: str) -> None:
    good = pull(shop)
    remember(good)
    hub.seed("datasets", shop, {"vectors.ann": b"newer, and never proved"})
    pull(shop)
    hub.stop()
    found = last_good(shop)
    assert found and (found.folder, found.revision) == (good.folder, good.revision)
    assert found.stale and "last worked" in found.stale


def test_a_repository_never_remembered_has_no_good_copy(shop: str) -> None:
    assert last_good(shop) is None
    remember(pull(shop))
    assert last_good(shop, revision="next") is None
    assert last_good(shop, repo_type="model") is None


def test_a_good_copy_of_a_few_files_is_whole_with_these(hub: HubDouble) -> None:
    name = hub.new_name()
    hub.seed("models", name, {"config.json": b"{}", "model.safetensors": b"weights"})
    remember(pull(name, repo_type="model", files=["model.safetensors"]))
    hub.stop()
    found = last_good(name, repo_type="model")
    assert found and content(found.folder) == {"model.safetensors": b"weights"}


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_good_copy_that_is_damaged_is_not_given(shop: str, damage: str) -> None:
    good = pull(shop)
    remember(good)
    if damage == "gone":
        blob(good).unlink()
    else:
        blob(good).write_bytes(VECTORS[:-1] + b"?")
    assert last_good(shop) is None


def test_a_damaged_record_counts_as_none(shop: str) -> None:
    good = pull(shop)
    remember(good)
    (good.folder.parent.parent / "recsys.json").write_text("[{")
    assert last_good(shop) is None
    remember(pull(shop))
    assert last_good(shop)


def test_a_cache_that_cannot_be_written_is_used_all_the_same(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    good = pull(shop)
    monkeypatch.setattr(os, "replace", refuse)
    remember(good)
    assert last_good(shop) is None
    assert pull(shop, revision=good.revision).folder == good.folder


def test_offline_the_pulled_copy_is_used_and_called_stale(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pull(shop)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.requests.clear()
    again = pull(shop)
    assert (again.folder, again.revision) == (first.folder, first.revision)
    assert again.stale and "HF_HUB_OFFLINE" in again.stale
    with pytest.raises(HubDownError, match="HF_HUB_OFFLINE is set. Unset it"):
        pull("me/never-pulled")
    with pytest.raises(OfflineModeIsEnabled):  # for other libraries too
        HfApi().repo_info(shop, repo_type="dataset")
    assert hub.requests == []
