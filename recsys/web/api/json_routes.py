"""`POST /api/NAME`: each endpoint of the API in one request, with its parameters as JSON or as a form.

The parameters are those of the endpoint's signature, so a new one is understood here without a change. A picture is a
link, the base64 text of a `data:` URL, or a file of a form.
"""

from __future__ import annotations

import asyncio
import binascii
import inspect
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from recsys.errors import PictureError, QueryError, RecsysError
from recsys.serving.live import LiveRecommender
from recsys.web.api.arguments import MAX_PICTURES
from recsys.web.api.endpoints import CONCURRENCY, Endpoints
from recsys.web.server.admission import JSON_ROUTES
from recsys.web.server.error_responses import failure_from
from recsys.web.server.limits import BAD_REQUEST
from recsys.web.server.metrics import record_answer
from recsys.web.server.request_log import ARRIVED, CLIENT
from recsys.web.server.unmet import asked_by

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
PICTURES = ("image", "images")
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
MAX_FORM_FIELDS = 50
STATUS = {PictureError: 422, QueryError: 422, RecsysError: 503}
"""Kind of error → HTTP status: what the request asks for is wrong, or a part of the server does not work."""
NOT_BASE64 = "The picture is not base64. Send 'data:image/jpeg;base64,' followed by the file in base64."


def routes(shop: LiveRecommender, max_concurrent_calls: int) -> list[Route]:
    """The routes. Each endpoint answers at most `max_concurrent_calls` requests at a time; others wait."""
    endpoints = {
        name: JsonEndpoint(function, asyncio.Semaphore(CONCURRENCY.get(name, max_concurrent_calls)))
        for name, function in Endpoints(shop).by_name().items()
    }

    async def answer(request: Request) -> Response:
        endpoint = endpoints.get(request.path_params["name"])
        if endpoint is None:
            names = ", ".join(f"{JSON_ROUTES}{name}" for name in endpoints)
            return _error(404, BAD_REQUEST, f"There is no such endpoint. The endpoints are: {names}.")
        if request.method != "POST":
            return _error(405, BAD_REQUEST, "Send a POST request.", {"Allow": "POST"})
        return await endpoint.answer(request)

    return [Route(f"{JSON_ROUTES}{{name:path}}", answer, methods=METHODS)]


class BadRequest(Exception):
    """The request cannot be read: HTTP status and message."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, eq=False)
class JsonEndpoint:
    """An endpoint of the API behind its route."""

    function: Callable[..., Any]
    places: asyncio.Semaphore

    async def answer(self, request: Request) -> Response:
        """Read the parameters and answer in a thread."""
        try:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            body = await self._form(request) if kind in FORM_TYPES else await request.body()
        except BadRequest as error:
            return _error(error.status, BAD_REQUEST, str(error))
        async with self.places:
            return await run_in_threadpool(self._answer, request, body)

    def _answer(self, request: Request, body: Mapping[str, Any] | bytes) -> Response:
        name = self.function.__name__
        try:
            with record_answer(name, request.scope.get(ARRIVED)), asked_by(request.scope.get(CLIENT, "")):
                given = _parsed(body) if isinstance(body, bytes) else body
                self._check(given)
                given = {key: _pictures(value) if key in PICTURES else value for key, value in given.items()}
                return JSONResponse(self.function(gr.Request(request=request), **given))
        except BadRequest as error:
            return _error(error.status, BAD_REQUEST, str(error))
        except Exception as error:
            facts = failure_from(error, name)["error"]
            status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
            return _error(status, facts["code"], facts["message"])

    @property
    def _parameters(self) -> dict[str, inspect.Parameter]:
        found = inspect.signature(self.function).parameters
        return {name: parameter for name, parameter in found.items() if name != "request"}

    def _check(self, given: Mapping[str, Any]) -> None:
        """Raise BadRequest for unknown and missing parameters."""
        required = {name for name, parameter in self._parameters.items() if parameter.default is parameter.empty}
        if given.keys() <= self._parameters.keys() and required <= given.keys():
            return
        names = ", ".join(f"{name} (required)" if name in required else name for name in self._parameters)
        raise BadRequest(422, f"This request does not fit {JSON_ROUTES}{self.function.__name__}, which takes: {names}.")

    async def _form(self, request: Request) -> dict[str, Any]:
        """The parameters of a form: files are pictures, and other values are JSON, or else text."""
        try:
            async with request.form(max_files=MAX_PICTURES, max_fields=MAX_FORM_FIELDS) as form:
                return {name: await self._form_value(name, form) for name in form}
        except HTTPException as error:
            raise BadRequest(400, f"The form cannot be read: {error.detail}") from error

    async def _form_value(self, name: str, form: FormData) -> Any:
        values = [await value.read() if isinstance(value, UploadFile) else value for value in form.getlist(name)]
        if name == "images":
            return values
        value, parameter = values[-1], self._parameters.get(name)
        is_text = parameter is not None and parameter.annotation in (str, str | None)
        if isinstance(value, bytes) or is_text or name in PICTURES:
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(400, "The body of the request is not JSON.") from error
    if not isinstance(given, dict):
        raise BadRequest(400, 'The body is a JSON object with the parameters, such as {"item_id": "S0005", "k": 3}.')
    return given


def _pictures(value: Any) -> Any:
    """The value with `data:` URLs as bytes. Raises BadRequest for one that is not base64."""
    if isinstance(value, list):
        return [_pictures(entry) for entry in value]
    if not (isinstance(value, str) and value.startswith("data:")):
        return value
    head, _, text = value.partition(",")
    try:
        if not head.endswith(";base64"):
            raise ValueError("it is percent-encoded")
        return b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadRequest(422, NOT_BASE64) from error


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": message, "title": code}, status, headers)
