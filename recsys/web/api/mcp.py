"""The API as tools of agents (MCP): Gradio's server, kept from the files of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from recsys.web.server.uploads import disarmed


@asynccontextmanager
async def without_files(app: Any) -> AsyncIterator[None]:
    """While the app runs, take from an agent's arguments the marks by which Gradio knows a file.

    Its server passes them on through a client of its own, which would upload any file of this machine that they name,
    for the agent to download. A picture is a link, or was uploaded before.
    """
    app.get_blocks().mcp_server_obj.convert_strings_to_filedata = lambda arguments, _positions: disarmed(arguments)
    yield
