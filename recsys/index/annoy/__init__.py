"""Approximate nearest neighbours by Annoy, and exact ones. Only this package imports annoy."""

from recsys.index.annoy.exact import ranked
from recsys.index.annoy.file import METRIC, build
from recsys.index.annoy.searcher import AnnoySearcher
from recsys.index.annoy.trial import require_annoy
from recsys.index.annoy.tuning import RECALL_K, SearchPoint, build_for_recall

__all__ = [
    "METRIC",
    "RECALL_K",
    "AnnoySearcher",
    "SearchPoint",
    "build",
    "build_for_recall",
    "ranked",
    "require_annoy",
]
