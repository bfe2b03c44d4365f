"""The Hub: what is pulled is what was announced, what is pushed is one commit, and an outage costs seconds."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from recsys.errors import HubCorruptError, HubDownError, HubError, HubNotFoundError, HubTimeoutError, HubTokenError
from recsys.hub import Snapshot, client, last_good, limit_waiting, pull, push, remember
from testkit.hub_double import HubDouble

VECTORS, CARD = b"\x00\x01" * 200_000, b"---\nlicense: mit\n---\n# A shop\n"
FILES = {"README.md": CARD, "vectors.ann": VECTORS, "encoder/config.json": b"{}"}
EVERY_STEP = ["GET .*/revision/", "GET .*/tree/", "HEAD ", "GET .*/resolve/", "GET /cdn/"]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience of a test. What huggingface_hub sleeps between its own tries stays: one second, then two."""
    monkeypatch.setattr(client, "SILENCE", 5.0)
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    monkeypatch.setattr(client, "WAITS", (0.05, 0.1))


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed soon, at the risk of noticing it in a machine that is merely busy."""
    monkeypatch.setattr(client, "SILENCE", 0.5)
    monkeypatch.setattr(client, "PATIENCE", 0.4)


@pytest.fixture
def shop(hub: HubDouble) -> str:
    """A dataset repository with a small index in it."""
    name = hub.new_name()
    hub.seed("datasets", name, FILES)
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local folder with the same content."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if name != ".gitattributes"}


def blob(snapshot: Snapshot, name: str = "vectors.ann") -> Path:
    return (snapshot.folder / name).resolve()


# ---- pull


def test_a_repository_is_pulled_at_one_commit(hub: HubDouble, shop: str) -> None:
    snapshot = pull(shop)
    assert content(snapshot.folder) == FILES
    assert (snapshot.repo, snapshot.asked, snapshot.stale) == (shop, "main", None)
    assert snapshot.revision == hub.repo("datasets", shop).branches["main"]


def test_a_branch_can_be_asked_for(hub: HubDouble, shop: str) -> None:
    sha = hub.seed("datasets", shop, {"vectors.ann": b"other"}, branch="next")
    snapshot = pull(shop, revision="next")
    assert (snapshot.revision, snapshot.asked) == (sha, "next")
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
    with pytest.raises(HubNotFoundError, match="that this token may see"):
        pull(name, token="hf_other")
    assert content(pull(name, token="hf_read").folder) == FILES
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubNotFoundError, match="if it is private, set HF_TOKEN"):
        pull(name)


def test_a_gated_repository_says_that_access_must_be_asked_for(hub: HubDouble) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, FILES, gated=True)
    with pytest.raises(HubTokenError, match="only to those who asked for access"):
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


# ---- bytes that are not those announced


@pytest.mark.parametrize("name", ["vectors.ann", "README.md"], ids=["LFS", "regular"])
def test_a_file_altered_on_the_way_is_fetched_once_more(hub: HubDouble, shop: str, name: str) -> None:
    hub.fault(f"GET .*{name}", "corrupt")
    assert content(pull(shop).folder) == FILES


def test_a_file_altered_twice_is_refused_and_leaves_nothing_bad_in_the_cache(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "corrupt", times=2)
    with pytest.raises(HubCorruptError, match=r"vectors\.ann .* came twice with other bytes"):
        pull(shop)
    assert content(pull(shop).folder) == FILES


def test_a_copy_damaged_on_the_disk_is_mended(hub: HubDouble, shop: str) -> None:
    first = pull(shop)
    blob(first).write_bytes(VECTORS[:-1] + b"?")
    assert content(pull(shop, revision=first.revision).folder) == FILES


# ---- a Hub that fails


@pytest.mark.parametrize("kind", ["status", "drop"])
@pytest.mark.slow
def test_a_single_failure_at_every_step_is_survived(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 4.5)
    for step in EVERY_STEP:
        hub.fault(step, kind)
    assert content(pull(shop).folder) == FILES
    assert all(fault["times"] == 0 for fault in hub.faults)


@pytest.mark.slow
def test_a_long_download_that_breaks_off_is_resumed(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "truncate", delay=0.35)
    assert content(pull(shop).folder) == FILES


@pytest.mark.parametrize("step", ["GET .*/revision/", "HEAD ", "GET /cdn/"])
@pytest.mark.slow
def test_a_server_that_keeps_failing_is_reported_as_down(hub: HubDouble, shop: str, step: str) -> None:
    hub.fault(step, "status", times=-1)
    with pytest.raises(HubDownError, match="it answers 503 Service Unavailable. Try again later"):
        pull(shop)


@pytest.mark.parametrize("step", ["GET .*/revision/", "HEAD ", "GET /cdn/"])
@pytest.mark.slow
def test_a_server_that_is_silent_is_reported_as_such(hub: HubDouble, shop: str, restless: None, step: str) -> None:
    hub.fault(step, "slow", times=-1)
    began = time.monotonic()
    with pytest.raises(HubTimeoutError, match="connected but silent about dataset 'me/shop"):
        pull(shop)
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_a_body_that_stops_is_reported_as_silence(hub: HubDouble, shop: str, restless: None) -> None:
    hub.fault("GET /cdn/", "stall", times=-1)
    with pytest.raises(HubTimeoutError):
        pull(shop)


@pytest.mark.slow
def test_a_body_that_always_breaks_off_is_reported_as_down(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "truncate", times=-1)
    with pytest.raises(HubDownError, match="cannot be reached"):
        pull(shop)


def test_a_hub_that_refuses_connections_is_reported_as_down(hub: HubDouble, shop: str) -> None:
    hub.stop()
    with pytest.raises(HubDownError, match=f"{hub.url} cannot be reached .*refused. Check the network"):
        pull(shop)


def test_a_hub_whose_name_is_unknown_is_reported_as_down(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    with pytest.raises(HubDownError, match=r"http://hub\.invalid cannot be reached .*Name or service not known"):
        pull(shop)


@pytest.mark.slow
def test_a_part_of_a_commit_in_the_cache_does_not_pass_for_the_whole(hub: HubDouble, shop: str) -> None:
    sha = hub.repo("datasets", shop).branches["main"]
    hf_hub_download(shop, "README.md", repo_type="dataset", revision=sha)
    hub.stop()
    with pytest.raises(HubDownError, match="the cache has only a part"):
        pull(shop, revision=sha)


@pytest.mark.slow
def test_a_hub_that_asks_for_a_long_wait_is_not_waited_for(hub: HubDouble, shop: str) -> None:
    hub.fault("GET .*/tree/", "status", times=-1, status=429, headers={"Retry-After": "600"})
    with pytest.raises(HubDownError, match="429 Too Many Requests"):
        pull(shop)


def test_the_next_repository_does_not_wait_again_for_a_hub_that_is_down(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "WAITS", (0.3,) * 9)
    hub.stop()
    with pytest.raises(HubDownError):
        pull(shop)
    began = time.monotonic()
    with pytest.raises(HubDownError):
        pull("timm/resnet50", repo_type="model")
    assert time.monotonic() - began < 0.9


@pytest.mark.slow
def test_the_next_repository_hardly_waits_for_a_hub_that_is_silent(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENCE", 2.0)
    monkeypatch.setattr(client, "SUSPICION", 0.1)
    hub.fault(".*", "slow", times=-1)
    with pytest.raises(HubTimeoutError):
        pull(shop)
    began = time.monotonic()
    with pytest.raises(HubTimeoutError):
        pull("timm/resnet50", repo_type="model")
    assert time.monotonic() - began < 1.5


@pytest.mark.slow
def test_a_slow_download_is_never_cut_off_while_bytes_come(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENCE", 1.0)
    hub.fault("GET /cdn/", "trickle", times=-1, delay=0.25)
    began = time.monotonic()
    assert content(pull(shop).folder) == FILES
    assert time.monotonic() - began > client.SILENCE


@pytest.mark.slow
def test_other_libraries_are_limited_too_and_still_fall_back_on_their_cache(
    hub: HubDouble, shop: str, restless: None
) -> None:
    limit_waiting()
    hf_hub_download(shop, "README.md", repo_type="dataset")
    hub.fault(".*", "slow", times=-1)
    began = time.monotonic()
    assert Path(hf_hub_download(shop, "README.md", repo_type="dataset")).read_bytes() == CARD
    with pytest.raises(LocalEntryNotFoundError):
        hf_hub_download(shop, "vectors.ann", repo_type="dataset")
    assert time.monotonic() - began < 3


# ---- the copy that last worked


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


# ---- push


def commits(hub: HubDouble, name: str) -> list[str]:
    return [request for request in hub.requests if request.startswith(f"POST /api/datasets/{name}/commit/")]


def test_a_folder_becomes_a_new_repository_byte_for_byte_in_one_commit(hub: HubDouble, folder: Path) -> None:
    name = hub.new_name()
    commit = push(folder, name, message="First index")
    pushed = hub.files("datasets", name)
    assert pushed.pop(".gitattributes")
    assert pushed == FILES
    assert hub.repo("datasets", name).titles == ["initial commit", "First index"]
    assert commit.revision == hub.repo("datasets", name).branches["main"]
    assert commit.url.startswith(hub.url) and commit.revision in commit.url
    assert content(pull(name).folder) == FILES


def test_files_that_the_folder_lacks_are_deleted_in_the_same_commit(hub: HubDouble, folder: Path) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, {"old.parquet": b"old", "assets/plot.png": b"plot", "README.md": b"# Old"})
    push(folder, name)
    assert hub.files("datasets", name).keys() == {".gitattributes", *FILES}
    assert len(commits(hub, name)) == 1


def test_an_unchanged_folder_makes_no_commit(hub: HubDouble, folder: Path) -> None:
    name = hub.new_name()
    first = push(folder, name)
    hub.requests.clear()
    assert push(folder, name) == first
    assert commits(hub, name) == []


def test_a_repository_is_private_only_where_asked(hub: HubDouble, folder: Path) -> None:
    public, private = hub.new_name(), hub.new_name()
    push(folder, public)
    push(folder, private, private=True)
    assert not hub.repo("datasets", public).private
    assert hub.repo("datasets", private).private


def test_a_token_that_may_not_write_is_told(hub: HubDouble, shop: str, folder: Path) -> None:
    (folder / "README.md").write_text("# Changed")
    with pytest.raises(HubTokenError, match="403: You don't have the rights.*Use a token with write access"):
        push(folder, shop, token="hf_read")
    with pytest.raises(HubTokenError, match="403"):
        push(folder, hub.new_name(), token="hf_read")


def test_without_a_token_nothing_is_asked(hub: HubDouble, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubTokenError, match="Set HF_TOKEN"):
        push(folder, hub.new_name())
    assert hub.requests == []


def test_a_card_that_is_not_yaml_is_refused_with_the_place(hub: HubDouble, shop: str, folder: Path) -> None:
    (folder / "README.md").write_text("---\ntags: [open\n---\n")
    with pytest.raises(HubError, match=r"refuses the README.md .*mend the YAML(.|\n)*line"):
        push(folder, shop)
    assert commits(hub, shop) == []


def test_an_empty_folder_is_not_pushed(hub: HubDouble, shop: str, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="nothing to push"):
        push(tmp_path, shop)
    assert hub.files("datasets", shop).keys() >= FILES.keys()


@pytest.mark.parametrize("kind", ["status", "drop", "lost"])
def test_a_commit_that_fails_once_or_whose_answer_is_lost_lands_exactly_once(
    hub: HubDouble, folder: Path, kind: str
) -> None:
    name = hub.new_name()
    hub.fault(f"POST .*/{name}/commit/", kind)
    commit = push(folder, name)
    assert hub.repo("datasets", name).titles == ["initial commit", "Update the index"]
    assert commit.revision == hub.repo("datasets", name).branches["main"]


def test_a_hub_that_never_takes_the_commit_is_reported_as_down(hub: HubDouble, folder: Path) -> None:
    hub.fault("POST .*/commit/", "status", times=-1)
    with pytest.raises(HubDownError, match="it answers 503"):
        push(folder, hub.new_name())


@pytest.mark.parametrize("kind", ["status", "drop"])
@pytest.mark.slow
def test_a_hub_that_takes_no_large_file_is_reported_as_down(hub: HubDouble, folder: Path, kind: str) -> None:
    (folder / "new.bin").write_bytes(secrets.token_bytes(100))
    hub.fault("PUT /lfs/", kind, times=-1)
    with pytest.raises(HubDownError, match="Try again later|try again later"):
        push(folder, hub.new_name())


def test_a_commit_that_another_one_overtakes_is_made_again_on_top_of_it(
    hub: HubDouble, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, create_commit = hub.new_name(), HfApi.create_commit

    def overtaken(*args: Any, **options: Any) -> Any:
        if "overtaker.txt" not in hub.files("datasets", name):
            hub.seed("datasets", name, {"overtaker.txt": b"not ours"})
        return create_commit(*args, **options)

    monkeypatch.setattr(HfApi, "create_commit", overtaken)
    push(folder, name)
    assert hub.files("datasets", name).keys() == {".gitattributes", *FILES}


def test_commits_that_are_always_overtaken_end_in_a_report(hub: HubDouble, shop: str, folder: Path) -> None:
    (folder / "README.md").write_text("# Changed")
    hub.fault("POST .*/commit/", "status", status=412, times=-1)
    with pytest.raises(HubError, match="Somebody else keeps changing"):
        push(folder, shop)


def test_nothing_is_printed_where_there_is_no_terminal(hub: HubDouble, folder: Path, tmp_path: Path) -> None:
    name = hub.new_name()
    code = f"import pathlib, recsys.hub as hub; hub.push(pathlib.Path({str(folder)!r}), {name!r}); hub.pull({name!r})"
    env = {key: value for key, value in os.environ.items() if key != "HF_HUB_DISABLE_PROGRESS_BARS"}
    env |= {"HF_HUB_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
