"""The web interface: a page for visitors, an API for programs, and their server. Only this package uses Gradio."""

from recsys.web.launch import build_page, launch

__all__ = ["build_page", "launch"]
