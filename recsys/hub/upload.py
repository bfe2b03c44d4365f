"""Uploads a folder to the Hub as one commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import RepositoryNotFoundError

from recsys.errors import HubError, HubNotFoundError, HubTokenError
from recsys.format.encoder_spec import is_repo_id
from recsys.hub.cache import files_of
from recsys.hub.client import configure_client, retry
from recsys.hub.errors import translate_errors

KEPT_FILE = ".gitattributes"


@dataclass(frozen=True)
class Commit:
    """The commit at which a repository equals a folder: its URL and its 40-digit id."""

    url: str
    revision: str


def push(
    folder: Path,
    repo_id: str,
    *,
    repo_type: str = "dataset",
    private: bool = False,
    token: str | None = None,
    message: str = "Update the index",
) -> Commit:
    """Make a repository equal to the folder in one commit. A missing repository is created, `private` or not.

    Files that the folder does not have are deleted, except .gitattributes. If nothing differs, there is no new commit.

    Raises HubTokenError without a token that may write, HubError for a README.md that the Hub refuses, and
    HubDownError or HubTimeoutError, after which the call can be repeated.
    """
    files = files_of(folder)
    if not files:
        raise HubError(f"There is nothing to push to {repo_id!r}: the folder {folder.name!r} is missing or empty.")
    with _writing(repo_type, repo_id, token) as api:
        return retry(lambda: _synchronize(api, files, repo_id, repo_type, private, message))


def publish_space(
    files: Mapping[str, Path | bytes],
    repo_id: str,
    *,
    variables: Mapping[str, str],
    private: bool = False,
    token: str | None = None,
) -> Commit:
    """Make a Gradio Space equal to these files in one commit. A missing Space is created, `private` or not.

    The Space's variables are set before the commit, so that its first start already reads them. Raises as `push`.
    """
    with _writing("space", repo_id, token) as api:
        retry(lambda: _head(api, repo_id, "space", private))
        for name, value in variables.items():
            retry(lambda name=name, value=value: api.add_space_variable(repo_id, name, value))  # type: ignore[misc]
        return retry(lambda: _synchronize(api, files, repo_id, "space", private, "Update the app"))


def check_push(repo_id: str, token: str | None = None) -> None:
    """Check before anything costly that a push can succeed: the token is valid and the name is well-formed.

    Raises HubTokenError, HubNotFoundError for a name that no repository can have, HubDownError or HubTimeoutError.
    """
    with _writing("dataset", repo_id, token) as api:
        if not is_repo_id(repo_id):
            raise HubNotFoundError(f"{repo_id!r} is not a repository name. A name has the form owner/name.")
        retry(api.whoami)


@contextmanager
def _writing(repo_type: str, repo_id: str, token: str | None) -> Iterator[HfApi]:
    """The API of the Hub for writing to a repository; its errors become HubErrors. Raises HubTokenError."""
    configure_client()
    if not (token or get_token()):
        raise HubTokenError(
            f"Pushing to {repo_id!r} requires a token with write access. Set HF_TOKEN, or run `hf auth login`."
        )
    with translate_errors(f"{repo_type} {repo_id!r}", token):
        yield HfApi(token=token)


def _synchronize(
    api: HfApi, files: Mapping[str, Path | bytes], repo_id: str, repo_type: str, private: bool, message: str
) -> Commit:
    """Make one commit that turns the current head into these files.

    If an earlier attempt succeeded and only its response was lost, there is no difference left and no second commit.
    """
    head = _head(api, repo_id, repo_type, private)
    gone = set(api.list_repo_files(repo_id, repo_type=repo_type, revision=head)) - set(files) - {KEPT_FILE}
    changes: list[Any] = [CommitOperationDelete(name) for name in sorted(gone)]
    changes += [CommitOperationAdd(name, path) for name, path in files.items()]
    commit = api.create_commit(repo_id, changes, commit_message=message, repo_type=repo_type, parent_commit=head)
    return Commit(commit.commit_url, commit.oid)


def _head(api: HfApi, repo_id: str, repo_type: str, private: bool) -> str:
    try:
        return str(api.repo_info(repo_id, repo_type=repo_type).sha)
    except RepositoryNotFoundError:
        sdk = "gradio" if repo_type == "space" else None
        api.create_repo(repo_id, repo_type=repo_type, private=private, exist_ok=True, space_sdk=sdk)
        return str(api.repo_info(repo_id, repo_type=repo_type).sha)
