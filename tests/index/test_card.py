"""The card of an index, from its template."""

import re
from pathlib import Path

from recsys.index.annoy import SearchPoint
from recsys.index.card import render_card
from recsys.index.folder import IndexFolder

SHIPPED = Path(__file__).parents[2] / "index"


def test_the_card_of_the_shipped_index_is_reproduced_to_the_byte():
    folder = IndexFolder.open(SHIPPED)
    card = (SHIPPED / "README.md").read_bytes()
    scores = re.search(r"## How well it finds\n\n(.*?)\n\n## What a confidence means", card.decode(), re.S)[1]
    measured = re.findall(r"^\| (\d+) \| (\d+) \| (0\.\d{4}|1\.0000) \|$", card.decode(), re.M)
    curve = [SearchPoint(int(n_trees), int(search_k), float(recall)) for n_trees, search_k, recall in measured]
    assert (curve[-1].n_trees, curve[-1].search_k) == (folder.manifest.search.n_trees, folder.manifest.search.search_k)
    assert render_card(SHIPPED, folder.manifest, folder.items, curve, scores).encode() == card
