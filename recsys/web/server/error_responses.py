"""Error responses: a message for visitors, and a stable code with a message for programs."""

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
from recsys.web.server.metrics import INTERNAL, record_answer
from recsys.web.server.request_log import ARRIVED, CLIENT, REQUEST_ID
from recsys.web.server.unmet import asked_by

P = ParamSpec("P")
T = TypeVar("T")

INTERNAL_MESSAGE = "Something went wrong here, on the server. Please try again."
MAX_MESSAGE_CHARS = 1000
PAGE = "page"
"""The endpoint under which all answers to the page are counted."""
API_CALLS = "/gradio_api/call/"

logger = logging.getLogger(__name__)


class ErrorFacts(TypedDict):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class Failure(TypedDict):
    """An error in place of an answer."""

    error: ErrorFacts


def user_errors(handler: Callable[P, T]) -> Callable[P, T]:
    """Decorate a handler of the page: errors are shown as messages, and unexpected ones are logged with traceback."""

    @functools.wraps(handler)
    def handle(*args: P.args, **kwargs: P.kwargs) -> T:
        with _gradio_request() as arrived:
            try:
                with record_answer(PAGE, arrived):
                    return handler(*args, **kwargs)
            except Exception as error:
                message = failure_from(error, handler.__name__)["error"]["message"]
                raise gr.Error(message, print_exception=False) from error

    return handle


def api_errors(endpoint: Callable[Concatenate[gr.Request, P], T]) -> Callable[..., T | str]:
    """Decorate an endpoint of the API: errors have a code, which is the title of Gradio's error.

    An agent, which calls through Gradio's MCP server, gets the answer or the `Failure` as JSON text. Without this,
    Gradio would send the `repr` of the Python object.
    """

    @functools.wraps(endpoint)
    def handle(request: gr.Request, *args: P.args, **kwargs: P.kwargs) -> T | str:
        by_agent = request.headers.get("x-gradio-user") == "mcp"
        with _gradio_request() as arrived:
            try:
                with record_answer(endpoint.__name__, arrived):
                    answer = endpoint(request, *args, **kwargs)
            except Exception as error:
                failure = failure_from(error, endpoint.__name__)
                if by_agent:
                    raise gr.Error(_json(failure), title="", print_exception=False) from error
                facts = failure["error"]
                raise gr.Error(facts["message"], title=facts["code"], print_exception=False) from error
        return _json(answer) if by_agent else answer

    return handle


def failure_from(error: Exception, where: str) -> Failure:
    """Code and message of an error raised in `where`. An unexpected error is logged, and its message is withheld."""
    if not isinstance(error, RecsysError):
        logger.error("%s failed", where, exc_info=error)
        return {"error": {"code": INTERNAL, "message": INTERNAL_MESSAGE}}
    message = str(error)
    if len(message) > MAX_MESSAGE_CHARS:
        message = f"{message[:MAX_MESSAGE_CHARS]}…"
    return {"error": {"code": error.code, "message": message}}


def unknown_call_response(request: Request, error: Exception) -> JSONResponse:
    """The response to a call of an unknown endpoint or with unknown parameters, for which Gradio would send a 500."""
    if API_CALLS not in request.url.path:
        raise error
    endpoints = request.app.get_blocks().get_api_info()["named_endpoints"]
    name = f"/{request.path_params['api_name']}"
    if name not in endpoints:
        message = f"There is no endpoint {name!r:.100}. The endpoints are: {', '.join(endpoints)}."
        return JSONResponse({"error": message, "title": BAD_REQUEST}, 404)
    parameters = [(entry["parameter_name"], entry["parameter_has_default"]) for entry in endpoints[name]["parameters"]]
    names = ", ".join(parameter if optional else f"{parameter} (required)" for parameter, optional in parameters)
    message = f"This request does not fit {name}, which takes: {names}."
    return JSONResponse({"error": message, "title": BAD_REQUEST}, 422)


@contextmanager
def _gradio_request() -> Iterator[float | None]:
    """Log with the id of the request that Gradio is handling. Yields the time of its arrival, or None if unknown."""
    request = LocalContext.request.get(None)
    scope = request.request.scope if request and request.request else {}
    with request_context(scope.get(REQUEST_ID)), asked_by(scope.get(CLIENT, "")):
        yield scope.get(ARRIVED)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
