"""How an error is told: to a visitor as a sentence, to a program with a code that stays the same."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypedDict, TypeVar

import gradio as gr
from gradio.context import LocalContext
from starlette.requests import Request
from starlette.responses import JSONResponse

from recsys.errors import RecsysError
from recsys.runtime.json_log import request_context
from recsys.web.server.limits import BAD_REQUEST
from recsys.web.server.metrics import INTERNAL, answering
from recsys.web.server.request_log import ARRIVED, REQUEST_ID

P = ParamSpec("P")
T = TypeVar("T")

OUR_FAULT = "Something went wrong here, not with what you did. Please try again."
MOST_TOLD = 1000
PAGE = "page"
"""How the answers to the page are counted, whatever was clicked."""
API_CALLS = "/gradio_api/call/"

logger = logging.getLogger(__name__)


class ErrorFacts(TypedDict):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class Failure(TypedDict):
    """In place of an answer."""

    error: ErrorFacts


def user_errors(handler: Callable[P, T]) -> Callable[P, T]:
    """The handler, with errors that a visitor can read; a fault of ours goes to the log in full."""

    @functools.wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        with _of_the_request() as arrived:
            try:
                with answering(PAGE, arrived):
                    return handler(*args, **kwargs)
            except Exception as error:
                message = failure(error, handler.__name__)["error"]["message"]
                raise gr.Error(message, print_exception=False) from error

    return guarded


def replied(endpoint: Callable[Concatenate[gr.Request, P], T]) -> Callable[..., T | str]:
    """The endpoint, with errors that a program can read: the code is the title of Gradio's error.

    An agent, who asks through Gradio's MCP server, gets the answer or the `Failure` as JSON; Gradio itself would hand
    it Python's `repr`.
    """

    @functools.wraps(endpoint)
    def guarded(request: gr.Request, *args: P.args, **kwargs: P.kwargs) -> T | str:
        by_agent = request.headers.get("x-gradio-user") == "mcp"
        with _of_the_request() as arrived:
            try:
                with answering(endpoint.__name__, arrived):
                    answer = endpoint(request, *args, **kwargs)
            except Exception as error:
                failed = failure(error, endpoint.__name__)
                if by_agent:
                    raise gr.Error(_json(failed), title="", print_exception=False) from error
                code, message = failed["error"]["code"], failed["error"]["message"]
                raise gr.Error(message, title=code, print_exception=False) from error
        return _json(answer) if by_agent else answer

    return guarded


def failure(error: Exception, where: str) -> Failure:
    """What to tell of this error; one that is a fault of ours goes to the log in full."""
    if not isinstance(error, RecsysError):
        logger.error("%s failed", where, exc_info=error)
        return {"error": {"code": INTERNAL, "message": OUR_FAULT}}
    message = str(error)
    if len(message) > MOST_TOLD:
        message = f"{message[:MOST_TOLD]}…"
    return {"error": {"code": error.code, "message": message}}


def refused(request: Request, error: Exception) -> JSONResponse:
    """The answer to a call of no endpoint, or with names that it does not take; Gradio itself would answer with 500."""
    if API_CALLS not in request.url.path:
        raise error
    endpoints = request.app.get_blocks().get_api_info()["named_endpoints"]
    name = f"/{request.path_params['api_name']}"
    if name not in endpoints:
        message = f"There is no endpoint {name!r:.100}. There are: {', '.join(endpoints)}."
        return JSONResponse({"error": message, "title": BAD_REQUEST}, 404)
    taken = [(entry["parameter_name"], entry["parameter_has_default"]) for entry in endpoints[name]["parameters"]]
    names = ", ".join(parameter if optional else f"{parameter} (required)" for parameter, optional in taken)
    message = f"This request does not fit {name}, which takes: {names}."
    return JSONResponse({"error": message, "title": BAD_REQUEST}, 422)


@contextmanager
def _of_the_request() -> Iterator[float | None]:
    """What is logged inside belongs to the request that Gradio has in work. Gives when that came, if it is known."""
    request = LocalContext.request.get(None)
    scope = request.request.scope if request and request.request else {}
    with request_context(scope.get(REQUEST_ID)):
        yield scope.get(ARRIVED)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
