"""Where Annoy ends its process, exact search serves, and a build says so before it begins."""

import logging
import threading

import numpy as np
import pytest

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import SearchLibraryError
from recsys.evaluate.speed import time_search
from recsys.index.annoy import trial
from recsys.index.folder import IndexFolder

KILL = "import os, signal\nos.kill(os.getpid(), signal.{signal})\n"
SEARCHED = "class AnnoyIndex:\n  def __init__(self, *_): pass\n  def __getattr__(self, name):\n    import os, signal\n"
STAND_INS = {
    "SIGILL at import": (KILL.format(signal="SIGILL"), "SIGILL"),
    "SIGSEGV in a search": (SEARCHED + "    os.kill(os.getpid(), signal.SIGSEGV)\n", "SIGSEGV"),
    "a library that is not found": ("raise ImportError('libstdc++.so.6 is missing')\n", "libstdc++.so.6 is missing"),
}


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Put a module in place of Annoy, in the child processes of this one."""

    def put(code):
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "annoy.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path / "modules")
        monkeypatch.setattr(trial, "_has_run", threading.Event())

    return put


@pytest.mark.parametrize("case", STAND_INS)
def test_exact_search_serves_where_annoy_ends_its_process(built, stand_in, caplog, case):
    healthy = IndexFolder.open(built)
    code, reason = STAND_INS[case]
    stand_in(code)
    caplog.set_level(logging.WARNING)
    folder = IndexFolder.open(built)
    assert reason in folder.searcher.problem and reason in caplog.text
    assert "docs/operations.md" in caplog.text
    queries = healthy.searcher.vectors([3, 7])
    for found, exact in zip(folder.searcher.search(queries, 5), healthy.searcher.exact(queries, 5), strict=True):
        np.testing.assert_array_equal(found, exact)
    np.testing.assert_array_equal(folder.searcher.approximate(queries, 5)[0], healthy.searcher.exact(queries, 5)[0])
    assert time_search(folder.searcher, queries) == ()


def test_a_build_ends_before_it_begins_where_annoy_does_not_run(pictures, encoder_folder, stand_in, tmp_path):
    stand_in(KILL.format(signal="SIGILL"))
    catalog, encoder = Catalog.open(str(pictures)), Encoder.from_pretrained(encoder_folder)
    with pytest.raises(SearchLibraryError, match=r"ended with SIGILL\. Install Annoy again .* docs/operations.md"):
        build_index(catalog, encoder, tmp_path / "shop")
    assert not (tmp_path / "shop").exists()


def test_annoy_is_tried_once_a_process(built, monkeypatch):
    assert IndexFolder.open(built).searcher.problem is None
    monkeypatch.setattr(trial.subprocess, "run", lambda *_, **__: pytest.fail("tried again"))
    assert IndexFolder.open(built).searcher.problem is None


def test_an_annoy_that_never_ends_is_given_up(built, stand_in, monkeypatch):
    stand_in("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(trial, "TRIAL_TIMEOUT_S", 0.5)
    assert "did not answer within" in IndexFolder.open(built).searcher.problem
