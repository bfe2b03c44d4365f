"""Reads the pictures that come with a request, as an upload or as a link, and refuses every other file reference.

Gradio opens any file of the server that a request names, downloads any link without a limit, and keeps its copies. So
no component of this page reads files: `GuardedBlocks` removes from a request the marks by which Gradio knows files.
`picture_bytes` opens what is left: an upload, by its exact path, or a link, with `recsys.images.fetch`.
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
from recsys.web.server.metrics import timed_stage

USED_UPLOAD_LIFE_S = 20.0
"""Time from the use of an upload to its deletion: the page still shows it then, and equal uploads share one file."""

GIVE_ONE = f"Give a picture: upload a file or send an http(s) link. It may be a {ACCEPTED}."
NOT_HERE = "This picture was not uploaded here, or it has been deleted since. Upload it again."
NO_DATA_URLS = "A picture inside a data: URL is not accepted. Upload the file or give an http(s) link."
UNREADABLE = "The server cannot read this request. The API page lists the parameters and their types."

decode = timed_stage("decode", decode_untimed)
logger = logging.getLogger(__name__)


Translations = dict[str, list[tuple[bytes, bytes]]]
"""Language → parts of the page that Gradio sends, as JSON, in English and in that language."""


class GuardedBlocks(gr.Blocks):
    """Blocks that ignore the file references of a request, and delete an upload soon after its use."""

    translations: Translations

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """Read the inputs of a request, with defaults for missing values at the end.

        Raises gr.Error, with a message for the client, if the inputs are malformed.
        """
        try:
            inputs = [*inputs, *(block.value for block in block_fn.inputs[len(inputs) :])]
            self._delete_later(inputs)
            inputs = [without_file_marks(value) for value in inputs]
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except Exception as error:  # an error of Gradio about the request; its message would contain our paths
            logger.info("A request to %r was not readable: %s", block_fn.name, type(error).__name__)
            raise gr.Error(UNREADABLE, title="bad_request", print_exception=False) from error

    async def call_function(self, block_fn: Any, processed_input: list[Any], *args: Any, **kwargs: Any) -> Any:
        """Call a handler. The data of an event that names a file is removed, since Gradio would look for the file."""
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, gr.EventData) and any(_references(argument._data)):
                argument._data = {}
        return await super().call_function(block_fn, processed_input, *args, **kwargs)

    def queue(self, *args: Any, **kwargs: Any) -> gr.Blocks:
        """Set up the queue. An empty session name becomes None: Gradio would write and read under different names."""
        super().queue(*args, **kwargs)
        push = self._queue.push

        async def push_named(body: Any, **more: Any) -> Any:
            body.session_hash = body.session_hash or None
            return await push(body=body, **more)

        self._queue.push = push_named
        return self

    def _delete_later(self, inputs: list[Any]) -> None:
        loop = asyncio.get_running_loop()
        for upload in filter(None, map(_upload_path, _references(inputs))):
            loop.call_later(USED_UPLOAD_LIFE_S, self._delete, upload, upload.stat().st_ctime)

    def _delete(self, upload: Path, used: float) -> None:
        """Delete an upload unless it was uploaded again after `used`, a ctime: a later request then deletes it."""
        with contextlib.suppress(OSError):
            if upload.stat().st_ctime > used:
                return
            upload.unlink()
            upload.parent.rmdir()
        self.upload_file_set.discard(str(upload))


def picture_bytes(payload: Any) -> bytes:
    """The file that a request's picture refers to; bytes are the file itself.

    Raises PictureError if there is none or it is not accepted.
    """
    if isinstance(payload, bytes):
        return payload
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
        return timed_stage("fetch", fetch)(place)
    return _read(_upload_path(payload))


def read_picture(payload: Any) -> Image.Image:
    """The decoded picture of a request. Raises PictureError, with what is wrong and which formats are accepted."""
    return decode(picture_bytes(payload))


def _read(upload: Path | None) -> bytes:
    try:
        if upload is None:
            raise PictureError(NOT_HERE)
        with upload.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(NOT_HERE) from error


def _upload_path(payload: Any) -> Path | None:
    """The file of a reference if Gradio's upload route wrote it, to folder/<sha256>/<name>; else None."""
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


def without_file_marks(value: Any) -> Any:
    """The value without the `meta` entries by which Gradio recognizes a file and copies or downloads it."""
    if isinstance(value, list):
        return [without_file_marks(part) for part in value]
    if isinstance(value, dict):
        return {key: without_file_marks(part) for key, part in value.items() if not (key == "meta" and "path" in value)}
    return value
