"""The interface: a page and an API over a recommender. The only part of the project that knows Gradio."""

from recsys.web.page.page import build_page
from recsys.web.server.server import launch

__all__ = ["build_page", "launch"]
