"""A folder is uploaded as one commit."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from recsys.errors import HubDownError, HubError, HubTokenError
from recsys.hub import pull, push
from testkit.hub_double import HubDouble
from tests.support.hub_shop import FILES, commits, content


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
    with pytest.raises(HubError, match=r"refuses the README.md .*fix the YAML(.|\n)*line"):
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
