"""A public link: how long it lives is said where it is printed."""

from recsys.web import launch
from testkit.fake_shop import fake_shop


def test_a_public_link_comes_with_how_long_it_lives(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("gradio.networking.setup_tunnel", lambda *_, **__: "https://0123abcd.gradio.live")
    page = launch(fake_shop(), share=True, prevent_thread_lock=True)
    page.close()
    printed = capsys.readouterr().out
    assert "https://0123abcd.gradio.live works while this program runs, and for a week at most" in printed
    assert "run `recsys publish`" in printed
