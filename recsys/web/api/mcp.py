"""The API as tools of agents (Model Context Protocol), without access to the files of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from recsys.web.server.uploads import without_file_marks


@asynccontextmanager
async def without_files(app: Any) -> AsyncIterator[None]:
    """While the app runs, remove from agents' arguments the marks by which Gradio recognizes files.

    Gradio's MCP server passes the arguments to a client of its own, which would upload any file of this machine that
    they name, and the agent could then download it. An agent gives a picture as a link or as an earlier upload.
    """
    server = app.get_blocks().mcp_server_obj
    server.convert_strings_to_filedata = lambda arguments, _positions: without_file_marks(arguments)
    yield
