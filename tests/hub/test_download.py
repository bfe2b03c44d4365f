"""Downloads are verified against the hashes that the Hub announces."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from recsys.errors import HubCorruptError, HubNotFoundError, HubTokenError
from recsys.hub import pull
from testkit.hub_double import HubDouble
from tests.support.hub_shop import FILES, VECTORS, blob, content


def test_a_repository_is_pulled_at_one_commit(hub: HubDouble, shop: str) -> None:
    snapshot = pull(shop)
    assert content(snapshot.folder) == FILES
    assert (snapshot.repo, snapshot.requested, snapshot.stale) == (shop, "main", None)
    assert snapshot.revision == hub.repo("datasets", shop).branches["main"]


def test_a_download_is_held_in_memory_in_small_pieces(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def record(response: httpx2.Response, chunk_size: int | None = None) -> Iterator[bytes]:
        sizes.extend([chunk_size] if chunk_size else [])
        return usual(response, chunk_size)

    usual = httpx2.Response.iter_bytes
    monkeypatch.setattr(httpx2.Response, "iter_bytes", record)
    assert content(pull(shop).folder) == FILES
    assert len(sizes) >= len(FILES) and max(sizes) <= 2**18


def test_a_branch_can_be_asked_for(hub: HubDouble, shop: str) -> None:
    sha = hub.seed("datasets", shop, {"vectors.ann": b"other"}, branch="next")
    snapshot = pull(shop, revision="next")
    assert (snapshot.revision, snapshot.requested) == (sha, "next")
    assert content(snapshot.folder)["vectors.ann"] == b"other"


def test_a_commit_that_is_complete_in_the_cache_takes_no_request_and_is_not_read_again(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pull(shop)
    hub.stop()
    monkeypatch.setattr("recsys.hub.cache._matches_its_name", lambda *_: pytest.fail("a file was read again"))
    assert pull(shop, revision=first.revision).folder == first.folder


def test_a_new_commit_fetches_only_what_changed(hub: HubDouble, shop: str) -> None:
    pull(shop)
    hub.seed("datasets", shop, {"README.md": b"# New"})
    hub.requests.clear()
    pull(shop)
    fetched = [request.split("/")[-1] for request in hub.requests if re.match("GET .*/(resolve|cdn)/", request)]
    assert fetched == ["README.md"]


def test_only_the_files_asked_for_are_fetched(hub: HubDouble) -> None:
    name = hub.new_name()
    hub.seed("models", name, {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"other"})
    snapshot = pull(name, repo_type="model", files=["config.json", "*.safetensors"])
    assert sorted(content(snapshot.folder)) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"repo_id": "me/nothing"}, "has no dataset 'me/nothing'"),
        ({"repo_type": "model"}, "has no model"),
        ({"revision": "no-such-branch"}, "no-such-branch"),
        ({"revision": "0" * 40}, "0" * 40),
        ({"files": ["model.safetensors"]}, "has no file 'model.safetensors'"),
        ({"repo_id": "not/a/name"}, "owner/name"),
    ],
    ids=["repository", "kind", "branch", "commit", "file", "malformed name"],
)
def test_what_the_hub_does_not_have_is_named(shop: str, options: dict[str, str], named: str) -> None:
    with pytest.raises(HubNotFoundError, match=re.escape(named)):
        pull(**{"repo_id": shop, **options})


def test_a_private_repository_takes_a_token_that_may_see_it(hub: HubDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, FILES, private=True)
    with pytest.raises(HubNotFoundError, match="that this token may read"):
        pull(name, token="hf_other")
    assert content(pull(name, token="hf_read").folder) == FILES
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubNotFoundError, match="if it is private, set HF_TOKEN"):
        pull(name)


def test_a_gated_repository_says_that_access_must_be_asked_for(hub: HubDouble) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, FILES, gated=True)
    with pytest.raises(HubTokenError, match="only to users who were granted access"):
        pull(name, token="hf_other")


def test_a_stale_token_is_told_to_be_renewed_or_unset_and_never_shown(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    with pytest.raises(HubTokenError, match="HF_TOKEN.*Renew it, or unset it") as caught:
        pull(shop)
    assert "hf_expired" not in str(caught.value)
    with pytest.raises(HubTokenError, match="the token given"):
        pull(shop, token="hf_gone")


@pytest.mark.parametrize("name", ["vectors.ann", "README.md"], ids=["LFS", "regular"])
def test_a_file_altered_on_the_way_is_fetched_once_more(hub: HubDouble, shop: str, name: str) -> None:
    hub.fault(f"GET .*{name}", "corrupt")
    assert content(pull(shop).folder) == FILES


def test_a_file_altered_twice_is_refused_and_leaves_nothing_bad_in_the_cache(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "corrupt", times=2)
    with pytest.raises(HubCorruptError, match=r"vectors\.ann .* arrived twice with another hash"):
        pull(shop)
    assert content(pull(shop).folder) == FILES


def test_a_copy_damaged_on_the_disk_is_mended(hub: HubDouble, shop: str) -> None:
    first = pull(shop)
    blob(first).write_bytes(VECTORS[:-1] + b"?")
    assert content(pull(shop, revision=first.revision).folder) == FILES
