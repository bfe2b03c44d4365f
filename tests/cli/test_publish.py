"""`recsys publish` sends what git tracks and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from recsys.cli.publish import main

ROOT = Path(__file__).parents[2]


def git(folder, *arguments):
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.invalid"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("app.py", "README.md", "requirements.txt", "requirements-serve.txt", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "index").mkdir()
    (folder / "index" / "vectors.ann").write_bytes(b"vectors")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "First")
    (folder / ".env").write_text("HF_TOKEN=secret")
    (folder / "runs").mkdir()
    (folder / "runs" / "model.safetensors").write_bytes(b"weights")
    monkeypatch.chdir(folder)
    return folder


def test_only_tracked_files_are_sent_with_the_serving_requirements(hub, clone, capsys):
    name = hub.new_name()
    assert main([name, "--index", "me/my-index", "--private"]) == 0
    sent = hub.files("spaces", name)
    serve = (ROOT / "requirements-serve.txt").read_bytes()
    assert sent.keys() == {
        *("app.py", "README.md", "requirements.txt", "requirements-serve.txt", ".gitignore"),
        *("index/vectors.ann", ".gitattributes"),
    }
    assert sent["requirements.txt"] == serve and b"\ntorch==" not in serve
    assert sent[".gitattributes"] != (ROOT / ".gitattributes").read_bytes()
    space = hub.repo("spaces", name)
    assert space.private and space.variables == {"INDEX_REPO": "me/my-index"}
    printed = capsys.readouterr().out
    assert "Sent the 6 files" in printed and "INDEX_REPO = me/my-index" in printed and "not committed" not in printed


def test_a_second_publish_deletes_what_git_no_longer_tracks(hub, clone, capsys):
    name = hub.new_name()
    assert main([name]) == 0
    git(clone, "rm", "-q", "index/vectors.ann")
    assert main([name]) == 0
    assert "index/vectors.ann" not in hub.files("spaces", name)
    assert hub.repo("spaces", name).variables == {}


def test_uncommitted_changes_are_sent_and_named(hub, clone, capsys):
    name = hub.new_name()
    (clone / "README.md").write_text("---\nsdk: gradio\n---\n# Mine\n")
    assert main([name]) == 0
    assert "1 of them have changes that are not committed: README.md" in capsys.readouterr().out
    assert hub.files("spaces", name)["README.md"].endswith(b"# Mine\n")


def test_a_folder_that_is_no_clone_is_refused(hub, tmp_path, monkeypatch, capsys):
    (tmp_path / "app.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert main([hub.new_name()]) == 1
    assert "Run `recsys publish` in the root of a clone" in capsys.readouterr().err
    assert hub.requests == []


def test_a_token_without_write_access_is_refused(hub, clone, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_read")
    assert main([hub.new_name()]) == 1
    assert "Use a token with write access" in capsys.readouterr().err
