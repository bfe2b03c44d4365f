"""Pictures that come in with a request: every way a visitor or a program can give one, and what is refused.

Gradio opens any file of the server that a request names, downloads any link without a limit, and keeps what it got. So
on this page no component reads a file. `GuardedBlocks` takes from each request what would make Gradio act on a file,
and `bytes_of` opens what is left: an upload, once and by its exact place, or a link, through `recsys.images.fetch`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder
from PIL import Image

from recsys.errors import PictureError
from recsys.images.decode import ACCEPTED, MAX_BYTES
from recsys.images.decode import decode as decode_untimed
from recsys.images.fetch import fetch
from recsys.web.server.metrics import stage

UPLOAD_LIFE = 20.0
"""Seconds from use to removal: the page still draws an upload then, and equal uploads share one file."""

GIVE_ONE = f"Give a picture: upload a file or send an http(s) link. It may be a {ACCEPTED}."
NOT_HERE = "This picture was not uploaded here, or it is gone by now. Upload it again."
NO_DATA_URLS = "A picture inside a data: URL is not accepted. Upload the file or give an http(s) link."
UNREADABLE = "This request cannot be read. The API page lists the parameters and their types."

decode = stage("decode", decode_untimed)
logger = logging.getLogger(__name__)


class GuardedBlocks(gr.Blocks):
    """Blocks that disarm the file references of a request, and remove a visitor's upload soon after its use."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Read a request. Values missing at its end take their defaults; what cannot be read is said in a sentence."""
        try:
            inputs = [*inputs, *(block.value for block in block_fn.inputs[len(inputs) :])]
            self._remove_later(inputs)
            return await super().preprocess_data(block_fn, [disarmed(value) for value in inputs], state, explicit_call)
        except gr.Error:
            raise
        except Exception as error:  # whatever Gradio raises here is about the request, and would name our paths
            logger.info("A request to %r was not readable: %s", block_fn.name, type(error).__name__)
            raise gr.Error(UNREADABLE, title="bad_request", print_exception=False) from error

    async def call_function(self, block_fn: Any, processed_input: list[Any], *args: Any, **kwargs: Any) -> Any:
        """Call a handler. An event that names a file, which Gradio would look for, tells nothing."""
        for given in (*args, *kwargs.values()):
            if isinstance(given, gr.EventData) and any(_references(given._data)):
                given._data = {}
        return await super().call_function(block_fn, processed_input, *args, **kwargs)

    def queue(self, *args: Any, **kwargs: Any) -> gr.Blocks:
        """Set up the queue, which on a visit whose name is empty would write to one name and read from another."""
        super().queue(*args, **kwargs)
        push = self._queue.push

        async def push_named(body: Any, **more: Any) -> Any:
            body.session_hash = body.session_hash or None
            return await push(body=body, **more)

        self._queue.push = push_named
        return self

    def _remove_later(self, inputs: list[Any]) -> None:
        loop = asyncio.get_running_loop()
        for upload in filter(None, map(_upload_path, _references(inputs))):
            loop.call_later(UPLOAD_LIFE, self._forget, upload, upload.stat().st_ctime)

    def _forget(self, upload: Path, used: float) -> None:
        with contextlib.suppress(OSError):
            if upload.stat().st_ctime > used:
                return  # uploaded again meanwhile: that request removes it
            upload.unlink()
            upload.parent.rmdir()
        self.upload_file_set.discard(str(upload))


def bytes_of(payload: Any) -> bytes:
    """The file of a request's picture. Raises PictureError, also where there is none or it is refused."""
    if payload is None or payload == "":
        raise PictureError(GIVE_ONE)
    place = payload
    if isinstance(payload, dict):
        place = payload.get("path") or payload.get("url")
    if not isinstance(place, str):
        raise PictureError(GIVE_ONE)
    if place.startswith("data:"):
        raise PictureError(NO_DATA_URLS)
    if place.lower().startswith(("http://", "https://")):
        return stage("fetch", fetch)(place)
    return _read(_upload_path(payload))


def picture_of(payload: Any) -> Image.Image:
    """The picture of a request. Raises PictureError, which says what is wrong and what is accepted."""
    return decode(bytes_of(payload))


def _read(upload: Path | None) -> bytes:
    try:
        if upload is None:
            raise PictureError(NOT_HERE)
        with upload.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(NOT_HERE) from error


def _upload_path(payload: Any) -> Path | None:
    """The file behind a reference, where it is one that Gradio's upload route wrote: folder/<sha256>/<name>."""
    path = payload.get("path") if isinstance(payload, dict) else None
    if not isinstance(path, str):
        return None
    with contextlib.suppress(OSError, ValueError):
        file, folder = Path(path).resolve(), Path(get_upload_folder()).resolve()
        if file.parent.parent == folder and len(file.parent.name) == 64 and file.is_file():
            return file
    return None


def _references(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if "path" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


def disarmed(value: Any) -> Any:
    """The value without the marks by which Gradio knows a file and copies or downloads it."""
    if isinstance(value, list):
        return [disarmed(part) for part in value]
    if isinstance(value, dict):
        return {key: disarmed(part) for key, part in value.items() if not (key == "meta" and "path" in value)}
    return value
