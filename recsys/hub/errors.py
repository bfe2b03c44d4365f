"""What huggingface_hub raises, in our words: what failed, where, and what to do next. Never the token."""

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
from recsys.hub.client import PASSING, GaveUpError, root

BAD_CARD = "Invalid metadata in README.md."  # how huggingface_hub begins that ValueError


@contextmanager
def translated(what: str, token: str | None) -> Iterator[None]:
    """Turn every error of huggingface_hub and its HTTP client into a HubError about `what`."""
    try:
        yield
    except HubError:
        raise
    except (OSError, ValueError, httpx2.HTTPError, EntryNotFoundError, CachedRepoTreeNotFoundError) as error:
        raise _explain(root(error), what, token) from error
    except RuntimeError as error:
        if isinstance(root(error), RuntimeError):
            raise
        raise _explain(root(error), what, token) from error


def _explain(error: BaseException, what: str, token: str | None) -> HubError:
    hub = constants.ENDPOINT
    match error:
        case HfHubHTTPError():
            return _explain_answer(error, what, token)
        case CachedRepoTreeNotFoundError():
            return HubDownError(
                f"{hub} does not tell what is in {what}, and the cache has only a part. Try again later."
            )
        case LocalEntryNotFoundError() | OfflineModeIsEnabled() if not isinstance(error, GaveUpError):
            return HubDownError(f"The cache has no complete {what}, and HF_HUB_OFFLINE is set. Unset it to ask {hub}.")
        case OSError() | httpx2.TransportError():
            return _explain_silence(error, what)
        case json.JSONDecodeError():
            return HubDownError(f"{hub} did not answer as the Hub does about {what}. Check HF_ENDPOINT and any proxy.")
        case HFValidationError():
            form = "owner/name, of letters, digits, - _ and ."
            return HubNotFoundError(f"No repository can be called so: {what}. A name has the form {form}")
        case _ if str(error).startswith(BAD_CARD):
            reason = str(error).removeprefix(BAD_CARD).strip()
            return HubError(f"{hub} refuses the README.md for {what}: mend the YAML between its --- lines. {reason}")
    return HubError(f"Something failed for {what}: {error}")


def _explain_answer(error: HfHubHTTPError, what: str, token: str | None) -> HubError:
    hub = constants.ENDPOINT
    match error:
        case GatedRepoError():
            how = "Ask for it there, and set HF_TOKEN to your token."
            return HubTokenError(f"{hub} gives {what} only to those who asked for access. {how}")
        case RepositoryNotFoundError():
            known = token or get_token()
            hint = "that this token may see" if known else "for all to see; if it is private, set HF_TOKEN"
            return HubNotFoundError(f"{hub} has no {what} {hint}. Check the name and the kind of repository.")
        case RevisionNotFoundError():
            return HubNotFoundError(f"{hub} has no {what}. Check the branch, tag or commit.")
    return _explain_status(error, what, token)


def _explain_status(error: HfHubHTTPError, what: str, token: str | None) -> HubError:
    hub, status, said = constants.ENDPOINT, error.response.status_code, error.server_message or "no reason given"
    source = "the token given" if token else "the token of HF_TOKEN or `hf auth login`"
    if status == 401 and (token or get_token()):
        return HubTokenError(
            f"{hub} does not accept {source} (401: {said}), not even for what is public. Renew it, or unset it."
        )
    if status == 401:
        return HubTokenError(f"{hub} wants a token for {what} (401: {said}). Set HF_TOKEN, or run `hf auth login`.")
    if status == 403:
        return HubTokenError(
            f"{hub} does not allow this for {what} with {source} (403: {said}). Use a token with write access."
        )
    if status in PASSING:
        return HubDownError(f"{hub} failed on {what}: it answers {status} {PASSING[status]}. Try again later.")
    if status == 412:
        return HubError(f"Somebody else keeps changing {what} (412: {said}). Run it again when they are done.")
    return HubError(f"{hub} refused {what} ({status}: {said}).")


def _explain_silence(error: BaseException, what: str) -> HubError:
    hub, cause = constants.ENDPOINT, error.__cause__ if isinstance(error, GaveUpError) else error
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return HubTimeoutError(f"{hub} is connected but silent about {what}. Try again later.")
    if isinstance(cause, httpx2.TransportError):
        reason = str(cause).rstrip(".")
        return HubDownError(f"{hub} cannot be reached for {what}: {reason}. Check the network, or try again later.")
    if isinstance(error, GaveUpError):
        return HubDownError(f"{hub} failed on {what}: {error}. Try again later.")
    return HubError(f"Could not read or save {what}: {error}")
