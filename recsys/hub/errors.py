"""Converts errors of huggingface_hub to HubErrors that say what failed, where, and what to do, without the token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from recsys.errors import HubDownError, HubError, HubNotFoundError, HubTimeoutError, HubTokenError
from recsys.hub.client import TRANSIENT_STATUSES, HubOutageError, root_cause

BAD_CARD = "Invalid metadata in README.md."
"""The ValueError of huggingface_hub begins like this."""
HUB_FAILURES = (OSError, RuntimeError, ValueError, httpx2.HTTPError, EntryNotFoundError, CachedRepoTreeNotFoundError)


@contextmanager
def translate_errors(what: str, token: str | None) -> Iterator[None]:
    """Convert every error of huggingface_hub and its HTTP client to a HubError about `what`."""
    try:
        yield
    except HUB_FAILURES as error:
        cause = root_cause(error)
        if isinstance(error, HubError) or isinstance(cause, RuntimeError):
            raise
        raise _explain(cause, what, token) from error


def _explain(error: BaseException, what: str, token: str | None) -> HubError:
    hub = constants.ENDPOINT
    match error:
        case HfHubHTTPError():
            return _explain_response(error, what, token)
        case CachedRepoTreeNotFoundError():
            return HubDownError(
                f"{hub} did not list the files of {what}, and the cache has only some of them. Try again later."
            )
        case LocalEntryNotFoundError() | OfflineModeIsEnabled() if not isinstance(error, HubOutageError):
            return HubDownError(f"The cache has no complete {what}, and HF_HUB_OFFLINE is set. Unset it to ask {hub}.")
        case OSError() | httpx2.TransportError():
            return _explain_no_response(error, what)
        case json.JSONDecodeError():
            return HubDownError(f"{hub} did not answer like the Hub about {what}. Check HF_ENDPOINT and any proxy.")
        case HFValidationError():
            form = "owner/name, of letters, digits, - _ and ."
            return HubNotFoundError(f"Not a repository name: {what}. A name has the form {form}")
        case _ if str(error).startswith(BAD_CARD):
            reason = str(error).removeprefix(BAD_CARD).strip()
            return HubError(f"{hub} refuses the README.md for {what}: fix the YAML between its --- lines. {reason}")
    return HubError(f"An operation on {what} failed: {error}")


def _explain_response(error: HfHubHTTPError, what: str, token: str | None) -> HubError:
    hub = constants.ENDPOINT
    match error:
        case GatedRepoError():
            how = "Request access there, and set HF_TOKEN to your token."
            return HubTokenError(f"{hub} gives {what} only to users who were granted access. {how}")
        case RepositoryNotFoundError():
            known = token or get_token()
            hint = "that this token may read" if known else "that is public; if it is private, set HF_TOKEN"
            return HubNotFoundError(f"{hub} has no {what} {hint}. Check the name and the kind of repository.")
        case RevisionNotFoundError():
            return HubNotFoundError(f"{hub} has no {what}. Check the branch, tag or commit.")
    return _explain_status(error, what, token)


def _explain_status(error: HfHubHTTPError, what: str, token: str | None) -> HubError:
    hub, status, said = constants.ENDPOINT, error.response.status_code, error.server_message or "no reason given"
    source = "the token given" if token else "the token of HF_TOKEN or `hf auth login`"
    if status == 401 and (token or get_token()):
        return HubTokenError(
            f"{hub} does not accept {source} (401: {said}), not even for public repositories. Renew it, or unset it."
        )
    if status == 401:
        return HubTokenError(f"{hub} requires a token for {what} (401: {said}). Set HF_TOKEN, or run `hf auth login`.")
    if status == 403:
        return HubTokenError(
            f"{hub} does not allow this for {what} with {source} (403: {said}). Use a token with write access."
        )
    if status in TRANSIENT_STATUSES:
        return HubDownError(
            f"{hub} failed on {what}: it answers {status} {TRANSIENT_STATUSES[status]}. Try again later."
        )
    if status == 412:
        return HubError(f"Somebody else keeps changing {what} (412: {said}). Run the command again later.")
    return HubError(f"{hub} refused {what} ({status}: {said}).")


def _explain_no_response(error: BaseException, what: str) -> HubError:
    hub, cause = constants.ENDPOINT, error.__cause__ if isinstance(error, HubOutageError) else error
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return HubTimeoutError(f"{hub} accepts connections but does not answer about {what}. Try again later.")
    if isinstance(cause, httpx2.TransportError):
        reason = str(cause).rstrip(".")
        return HubDownError(f"{hub} cannot be reached for {what}: {reason}. Check the network, or try again later.")
    if isinstance(error, HubOutageError):
        return HubDownError(f"{hub} failed on {what}: {error}. Try again later.")
    return HubError(f"Could not read or save {what}: {error}")
